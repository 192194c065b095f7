"""Train the user's own engine, and use it only when it reads better (VOC-14b, `ml.md` 2.6).

Each fold of the examples is classified by an engine trained on the others and by the engine without
labels. The trained one is used when its macro-F1 over all examples is higher; the report says so
either way, with the standard error of the lead. To ask for a lead of a standard error as well would
be unfair to few examples: the engine of a fold has seen fewer than the one that is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import pandas as pd

from ml.voice.engine import Engine, Read
from ml.voice.languages import CHINESE, ENGLISH
from ml.voice.learned import TrainedIntents, TrainedSentiment, train_intents, train_sentiment
from ml.voice.lessons import LANGUAGES, Example, Lessons
from ml.voice.readings import Reading
from ml.voice.seeds import ENGLISH_INTENTS
from ml.voice.sentiment import score_of
from ml.voice.vectors import MiniLM

FOLDS: Final = 5
FOLDS_OF_FEW: Final = 10
"""Folds of fewer than `FEW` examples: each engine then learns from nine tenths of them."""
FOLDS_OF_MANY: Final = 3
"""Folds of more than `MANY` examples, of which a third less teaches hardly less."""
FEW: Final = 1_000
MANY: Final = 5_000
RESAMPLES: Final = 200
"""Resampled sets of examples that the standard error is taken from."""
LEAST_EXAMPLES: Final = 30
"""Examples of a language below which nothing is trained."""
LEAST_PER_LABEL: Final = 5
"""Examples of each label; a label with fewer is not learned."""

Progress = Callable[[str], None]
"""Told one line per step of the training."""


@dataclass(frozen=True)
class Taught:
    """An engine and what the examples were good for.

    Attributes:
        engine: With the trained engines that are better than none.
        report: One row per language and kind of example: language, kind, example_count; macro_f1
            and accuracy (0 to 1) of the `default` engine that was taught nothing, of the
            `untrained` one that knows the user's words and names, and of the `trained` one, each
            on texts that it has not seen; standard_error (of the lead of the last macro_f1);
            is_used, reason (why not, or missing).
    """

    engine: Engine
    report: pd.DataFrame


def teach(
    lessons: Lessons, vectors: MiniLM | None = None, progress: Progress | None = None
) -> Taught:
    """Train on the examples of lessons whatever they are enough for.

    Args:
        lessons: What the user taught.
        vectors: Sentence vectors of English, where installed.
        progress: Told what is being done.
    """
    default = Engine(vectors=vectors)
    plain = Engine(lessons, vectors=vectors)
    untrained = plain if lessons.lexicon or lessons.aliases else default
    sentiments: dict[str, TrainedSentiment] = {}
    intents: dict[str, TrainedIntents] = {}
    rows = []
    for language in LANGUAGES:
        for kind, learn in (("sentiment", _sentiment), ("intent", _intents)):
            examples = [e for e in lessons.examples if (e.kind, e.language) == (kind, language)]
            if not examples:
                continue
            course = _Course(
                default, untrained, language, progress or _silence,
                f"{language} {kind}, {len(examples):,} examples",
            )  # fmt: skip
            trial, trained = learn(course, examples)
            rows.append((language, kind, len(examples), *trial))
            if isinstance(trained, TrainedSentiment):
                sentiments[language] = trained
            elif isinstance(trained, TrainedIntents):
                intents[language] = trained
    report = pd.DataFrame(rows, columns=pd.Index(REPORT))
    return Taught(Engine(lessons, sentiments, intents, vectors), report)


def _silence(_: str) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class _Course:
    """What is trained, and who is asked beside it."""

    default: Engine
    untrained: Engine
    language: str
    progress: Progress
    name: str

    def said(self, texts: Sequence[str], signal: str) -> tuple[list[Any], list[Any]]:
        """What the default engine and the one with the user's words say of texts."""
        frame = pd.DataFrame({"body": texts}, dtype=object)
        own = self.untrained.classify(frame)[signal].tolist()
        if self.untrained is self.default:
            return own, own
        return self.default.classify(frame)[signal].tolist(), own


class Trial(NamedTuple):
    """What the three engines were worth on examples they had not seen; the report's columns."""

    default_macro_f1: float | None = None
    untrained_macro_f1: float | None = None
    trained_macro_f1: float | None = None
    default_accuracy: float | None = None
    untrained_accuracy: float | None = None
    trained_accuracy: float | None = None
    standard_error: float | None = None
    is_used: bool = False
    reason: str | None = None


REPORT: Final = ("language", "kind", "example_count", *Trial._fields)


def _sentiment(
    course: _Course, examples: Sequence[Example]
) -> tuple[Trial, TrainedSentiment | None]:
    engine, language = course.untrained, course.language
    reads = [engine.read(example.text) for example in examples]
    labels = np.array([example.label for example in examples], object)
    wanted = _frequent(labels)
    kept = [
        n
        for n, (read, label) in enumerate(zip(reads, labels, strict=True))
        if read.cleaned.language == language and label in wanted
    ]
    problem = _shortage(len(kept), len(wanted))
    if problem:
        return problem, None
    readings = [reads[n].reading for n in kept]
    near = engine.vectors_of([reads[n] for n in kept]) if language == ENGLISH else None
    leanings = engine.leanings_of(near, [reads[n] for n in kept])
    scores = [
        score_of(reading, language == CHINESE, leaning)
        for reading, leaning in zip(readings, leanings, strict=True)
    ]

    def vectors_at(places: Sequence[int]) -> Any:
        return None if near is None else np.stack([near[n] for n in places])

    texts, truth = [examples[n].text for n in kept], labels[kept]
    default, before = course.said(texts, "sentiment")

    def trained_on(places: Sequence[int]) -> TrainedSentiment:
        return train_sentiment(
            language,
            [readings[n] for n in places],
            [scores[n] for n in places],
            [str(truth[n]) for n in places],
            vectors_at(places),
        )

    def predicted(train: Sequence[int], test: Sequence[int]) -> list[str]:
        found = trained_on(train).verdicts(
            [readings[n] for n in test], [scores[n] for n in test], vectors_at(test)
        )
        return [
            before[n] if any(hit.is_own for hit in readings[n].hits) else one.sentiment
            for n, one in zip(test, found, strict=True)
        ]

    trial = _compared(course, texts, truth, (default, before), predicted)
    return trial, trained_on(range(len(kept))) if trial.is_used else None


def _intents(course: _Course, examples: Sequence[Example]) -> tuple[Trial, TrainedIntents | None]:
    engine, language = course.untrained, course.language
    by_text: dict[str, set[str]] = {}
    for example in examples:
        by_text.setdefault(example.text, set()).update({example.label} - {""})
    counts = pd.Series([label for of in by_text.values() for label in of], dtype=object)
    wanted = _frequent(counts.to_numpy())
    reads: list[Read] = [engine.read(text) for text in by_text]
    kept = [
        (text, read.reading)
        for text, read in zip(by_text, reads, strict=True)
        if read.cleaned.language == language
    ]
    texts, readings = [text for text, _ in kept], [reading for _, reading in kept]
    problem = _shortage(len(texts), len(wanted) + 1 if wanted else 0)
    if problem:
        return problem, None
    truth = np.array([frozenset(by_text[text] & wanted) for text in texts], object)
    default, before = (
        [frozenset(one) & wanted for one in said] for said in course.said(texts, "intents")
    )
    seeds = _seeds(engine, wanted) if language == ENGLISH else []

    def trained_on(places: Sequence[int]) -> TrainedIntents:
        rows = [(readings[n], truth[n]) for n in places] + seeds
        return train_intents(language, [row[0] for row in rows], [row[1] for row in rows])

    def predicted(train: Sequence[int], test: Sequence[int]) -> list[Any]:
        return [frozenset(s) for s in trained_on(train).intents([readings[n] for n in test])]

    trial = _compared(course, texts, truth, (default, before), predicted)
    return trial, trained_on(range(len(texts))) if trial.is_used else None


def _seeds(engine: Engine, wanted: set[str]) -> list[tuple[Reading, frozenset[str]]]:
    """The seed sentences of the intents that are taught, and those of none."""
    return [
        (engine.read(text).reading, frozenset({name} & wanted))
        for name, texts in ENGLISH_INTENTS.items()
        if name in wanted or not name
        for text in texts
    ]


def _frequent(labels: Any) -> set[str]:
    counts = pd.Series(labels, dtype=object).value_counts()
    return {str(label) for label, count in counts.items() if count >= LEAST_PER_LABEL}


def _shortage(examples: int, labels: int) -> Trial | None:
    if examples >= LEAST_EXAMPLES and labels >= 2:
        return None
    reason = (
        f"{examples} usable examples of {labels} labels: {LEAST_EXAMPLES} are needed, of at least "
        f"two labels with {LEAST_PER_LABEL} each"
    )
    return Trial(reason=reason)


def _compared(
    course: _Course,
    texts: Sequence[str],
    truth: Any,
    said: tuple[list[Any], list[Any]],
    predicted: Callable[[Sequence[int], Sequence[int]], list[Any]],
) -> Trial:
    """Macro-F1 and accuracy of the three engines over the folds, and whether training pays."""
    from sklearn.model_selection import StratifiedGroupKFold

    # One text in two folds would be known before it is asked.
    groups = pd.factorize(pd.Series(texts, dtype=object))[0]
    strata = pd.factorize(pd.Series(["|".join(sorted(_labels(t))) for t in truth]))[0]
    number = FOLDS_OF_FEW if len(texts) < FEW else FOLDS if len(texts) <= MANY else FOLDS_OF_MANY
    folds = StratifiedGroupKFold(number, shuffle=True, random_state=0)
    default, before = said
    ours: list[Any] = list(before)
    for fold, (train, test) in enumerate(folds.split(np.zeros(len(texts)), strata, groups)):
        course.progress(f"{course.name}: fold {fold + 1} of {number}")
        for n, one in zip(test, predicted(train.tolist(), test.tolist()), strict=True):
            ours[n] = one
    names = sorted(set().union(*map(_labels, truth)))
    true, first, theirs, mine = (_indicators(of, names) for of in (truth, default, before, ours))
    draw = np.random.default_rng(0)
    times = draw.multinomial(len(texts), np.full(len(texts), 1 / len(texts)), size=RESAMPLES)
    leads = [_f1(true, mine, one) - _f1(true, theirs, one) for one in times]
    error = float(np.std(leads, ddof=1))
    once = np.ones(len(texts))
    quality = [_f1(true, of, once) for of in (first, theirs, mine)]
    right = [float((of == true).all(axis=1).mean()) for of in (first, theirs, mine)]
    used = quality[2] > quality[1]
    course.progress(f"{course.name}: macro-F1 {quality[1]:.3f} untrained, {quality[2]:.3f} trained")
    reason = None if used else "it reads no better than without these examples: not used"
    figures = [round(value, 4) for value in (*quality, *right, error)]
    return Trial._make([*figures, used, reason])


def _labels(of: Any) -> set[str]:
    return {of} if isinstance(of, str) else set(of)


def _indicators(said: Sequence[Any], names: Sequence[str]) -> Any:
    return np.array([[name in _labels(of) for name in names] for of in said], float)


def _f1(true: Any, said: Any, times: Any) -> float:
    """Macro-F1 of texts that count so many times; a label that does not occur counts as none."""
    both, either = times @ (true * said), times @ (true + said)
    return float(np.mean(2 * both / np.maximum(either, 1e-9)))


def macro_f1(truth: Sequence[Any], said: Sequence[Any]) -> float:
    """Return the mean F1 over the labels of the truth, 0 to 1.

    Args:
        truth: A label, or a set of labels, per text.
        said: The same, as an engine said it.
    """
    names = sorted(set().union(*map(_labels, truth)))
    if not names:
        return 0.0
    return _f1(_indicators(truth, names), _indicators(said, names), np.ones(len(truth)))
