"""A taught engine as plain tables, and back: the same engine, to the last bit (VOC-14).

What was learned are weights of terms, so an engine is three tables that anyone can read: the
user's words, the names, and `learned`. Labelled texts are not among them: an engine does not need
them, and they are customers' words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.voice.engine import Engine
from ml.voice.learned import TrainedIntents, TrainedSentiment, fingerprint_of
from ml.voice.lessons import Entry, Lessons
from ml.voice.names import Alias
from ml.voice.terms import Terms
from ml.voice.vectors import WIDTH, MiniLM

LEARNED: Final = ("signal", "language", "kind", "place", "term", "rarity", "label", "weight")
"""Columns of `learned`: signal (`sentiment`, `intent`), kind (`word`, `characters`, `opinion`,
`vector`, `intercept`), place within its kind, rarity (inverse document frequency of a term)."""

Row = tuple[str, str, str, int, str, float, str, float]


def tables_of(engine: Engine) -> dict[str, pd.DataFrame]:
    """Return the tables of an engine: `lexicon`, `aliases`, `learned`."""
    rows = [
        *(row for of, model in engine.sentiments.items() for row in _sentiment_rows(of, model)),
        *(row for of, model in engine.intents.items() for row in _intent_rows(of, model)),
    ]
    return {
        "lexicon": _frame(engine.lessons.lexicon, Entry),
        "aliases": _frame(engine.lessons.aliases, Alias),
        "learned": pd.DataFrame(rows, columns=pd.Index(LEARNED)),
    }


def engine_from(tables: Mapping[str, pd.DataFrame], vectors: MiniLM | None = None) -> Engine:
    """Return the engine of its tables.

    Args:
        tables: As `tables_of` gave them, rows in any order.
        vectors: Sentence vectors, where the engine was taught with them.

    Raises:
        KeyError: a table or column is missing.
        ValueError: it was taught with sentence vectors and there are none, or with others.
    """
    lessons = Lessons(
        tuple(Entry(**_values(row)) for row in tables["lexicon"].to_dict("records")),
        (),
        tuple(Alias(**_values(row)) for row in tables["aliases"].to_dict("records")),
    )
    sentiments: dict[str, TrainedSentiment] = {}
    intents: dict[str, TrainedIntents] = {}
    learned = tables["learned"].sort_values(["label", "kind", "place"], kind="stable")
    for (signal, language), rows in learned.groupby(["signal", "language"], sort=True):
        if signal == "sentiment":
            sentiments[str(language)] = _sentiment(str(language), rows)
        else:
            intents[str(language)] = _intents(str(language), rows)
    return Engine(lessons, sentiments, intents, vectors)


def digest_of(tables: Mapping[str, pd.DataFrame]) -> str:
    """Return 12 hexadecimal digits of the content of tables, whatever files they lie in."""
    digest = hashlib.sha256()
    for name, frame in sorted(tables.items()):
        digest.update(name.encode())
        digest.update(frame.to_csv(index=False, float_format="%.17g").encode("utf-8", "replace"))
    return digest.hexdigest()[:12]


def _frame(rows: tuple[Any, ...], of: type[Any]) -> pd.DataFrame:
    names = [field.name for field in fields(of)]
    return pd.DataFrame([asdict(row) for row in rows], columns=pd.Index(names))


def _values(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items()}


def _sentiment_rows(language: str, model: TrainedSentiment) -> Iterator[Row]:
    count = sum(len(terms) for terms in model.terms.known().values())
    for place, label in enumerate(model.classes):
        yield from _term_rows("sentiment", language, model.terms, label, model.weights[place])
        for number, weight in enumerate(model.weights[place, count:]):
            yield _row("sentiment", language, "opinion", number, label, weight)
        if model.by_vector is not None:
            for number, weight in enumerate(model.by_vector[place]):
                yield _row("sentiment", language, "vector", number, label, weight)
        yield _row("sentiment", language, "intercept", 0, label, model.intercepts[place])


def _intent_rows(language: str, model: TrainedIntents) -> Iterator[Row]:
    for place, label in enumerate(model.names):
        yield from _term_rows("intent", language, model.terms, label, model.weights[place])
        yield _row("intent", language, "intercept", 0, label, model.intercepts[place])


def _term_rows(
    signal: str, language: str, terms: Terms, label: str, weights: npt.NDArray[Any]
) -> Iterator[Row]:
    start = 0
    for kind, known in terms.known().items():
        for place, (term, rarity) in enumerate(known):
            weight = float(weights[start + place])
            yield (signal, language, kind, place, term, rarity, label, weight)
        start += len(known)


def _row(signal: str, language: str, kind: str, place: int, label: str, weight: Any) -> Row:
    return (signal, language, kind, place, "", 0.0, label, float(weight))


def _sentiment(language: str, rows: pd.DataFrame) -> TrainedSentiment:
    terms, labels = _terms(language, rows)
    weights = np.hstack([_matrix(rows, kind) for kind in (*terms.kinds, "opinion")])
    intercepts = _matrix(rows, "intercept")[:, 0]
    by_vector = _weights_by_vector(rows) if (rows["kind"] == "vector").any() else None
    fingerprint = fingerprint_of(terms, labels, weights, intercepts, by_vector)
    return TrainedSentiment(terms, labels, weights, intercepts, fingerprint, by_vector)


def _weights_by_vector(rows: pd.DataFrame) -> npt.NDArray[Any]:
    weights = _matrix(rows, "vector")
    # Behind the vector stand the opinion features and the intercept.
    width = weights.shape[1] - _matrix(rows, "opinion").shape[1] - 1
    if width != WIDTH:
        raise ValueError(
            f"it was taught with sentence vectors of {width:,} numbers, today they have {WIDTH:,}"
        )
    return weights


def _intents(language: str, rows: pd.DataFrame) -> TrainedIntents:
    terms, labels = _terms(language, rows)
    weights = np.hstack([_matrix(rows, kind) for kind in terms.kinds])
    intercepts = _matrix(rows, "intercept")[:, 0]
    fingerprint = fingerprint_of(terms, labels, weights, intercepts)
    return TrainedIntents(terms, labels, weights, intercepts, fingerprint)


def _terms(language: str, rows: pd.DataFrame) -> tuple[Terms, tuple[str, ...]]:
    labels = tuple(sorted(str(label) for label in rows["label"].unique()))
    first = rows[rows["label"] == labels[0]]
    known = {
        str(kind): list(zip(of["term"].tolist(), of["rarity"].tolist(), strict=True))
        for kind, of in first.groupby("kind", sort=True)
    }
    return Terms(language, known), labels


def _matrix(rows: pd.DataFrame, kind: str) -> npt.NDArray[Any]:
    """Weights of one kind: a row per label, a column per place."""
    of = rows[rows["kind"] == kind]
    count = of["label"].nunique()
    weights: npt.NDArray[Any] = of["weight"].to_numpy(np.float64).reshape(count, -1)
    return weights
