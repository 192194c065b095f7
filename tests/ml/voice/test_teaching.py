"""Taught engines: used only when better for sure, never against the user's words (VOC-14)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ml.voice.engine import Engine
from ml.voice.engine_tables import digest_of, engine_from, tables_of
from ml.voice.lessons import LessonError, lessons_from
from ml.voice.teaching import macro_f1, teach
from tests.ml.voice.reading import lessons

THINGS = ["portal", "export", "login", "invoice", "report", "widget", "calendar", "licence"]


def taught_words(size: int, label_of: dict[str, str], language: str = "en") -> list[dict[str, Any]]:
    """Texts whose label hangs on a word that nobody else knows."""
    words = list(label_of)
    frame = "The {} is {} on day {}" if language == "en" else "今天{}{}第{}天"
    return [
        {
            "text": frame.format(THINGS[n % len(THINGS)], words[n % len(words)], n),
            "label": label_of[words[n % len(words)]],
            "language": language,
        }
        for n in range(size)
    ]


SENTIMENTS = {"glorpy": "positive", "snarfy": "negative", "plain": "neutral"}


def test_words_nobody_knew_are_learned() -> None:
    found = teach(lessons(examples=taught_words(90, SENTIMENTS)))
    report = found.report.iloc[0]
    assert (report["language"], report["kind"], report["example_count"]) == ("en", "sentiment", 90)
    assert report["is_used"]
    assert report["trained_macro_f1"] > 0.95 > 0.5 > report["untrained_macro_f1"]
    said = found.engine.classify(pd.DataFrame({"body": ["A snarfy thing", "One glorpy thing"]}))
    assert said["sentiment"].tolist() == ["negative", "positive"]
    assert said["engine"].tolist() == ["trained", "trained"]
    assert said["moved_by"][0][0][0] == "snarfy"
    assert said["engine_version"][0] != Engine().version
    learned = found.engine.sentiments["en"].table().set_index(["kind", "sentiment", "term"])
    learned = learned.sort_index()
    assert "glorpy" in learned["weight"]["word", "positive"].idxmax()
    assert "snarfy" in learned["weight"]["word", "negative"].idxmax()
    untaught = Engine().classify(pd.DataFrame({"body": ["A snarfy thing"]}))
    assert untaught["sentiment"].tolist() == ["neutral"]


def test_chinese_is_learned_from_characters() -> None:
    labels = {"咕噜": "positive", "哇啦": "negative"}
    found = teach(lessons(examples=taught_words(60, labels, "zh")))
    assert found.report["is_used"].tolist() == [True]
    said = found.engine.classify(pd.DataFrame({"body": ["登录哇啦", "The portal is excellent"]}))
    assert said["sentiment"].tolist() == ["negative", "positive"]
    assert said["engine"].tolist() == ["trained", "untrained"]


def test_labels_without_sense_are_not_used() -> None:
    draw = np.random.default_rng(5)
    good = ["excellent", "terrible", "on Thursday"]
    names = ["positive", "negative", "neutral"]
    examples = []
    for n in range(120):
        kind = n % 3
        # A fifth of the labels is wrong by chance: nothing is to be learned beyond the words.
        label = names[kind] if draw.random() > 0.2 else names[draw.integers(3)]
        # From 1,000 on: the lexicon takes 86 and 143 for opinions, which are unlearned.
        text = f"The {THINGS[n % 8]} is {good[kind]} {n + 1_000}"
        examples.append({"text": text, "label": label, "language": "en"})
    found = teach(lessons(examples=examples))
    report = found.report.iloc[0]
    assert not report["is_used"]
    assert report["trained_macro_f1"] <= report["untrained_macro_f1"]
    assert report["trained_accuracy"] <= report["untrained_accuracy"]
    assert "no better" in report["reason"]
    said = found.engine.classify(pd.DataFrame({"body": ["The portal is excellent"]}))
    assert said["engine"].tolist() == ["untrained"]


@pytest.mark.parametrize("size", [3, 29])
def test_too_few_examples_train_nothing(size: int) -> None:
    found = teach(lessons(examples=taught_words(size, SENTIMENTS)))
    assert found.report["is_used"].tolist() == [False]
    assert "30 are needed" in found.report["reason"][0]
    assert found.engine.sentiments == {}


def test_own_words_win_over_the_trained_engine() -> None:
    lexicon = [{"phrase": "snarfy", "weight": 4, "language": "en"}]
    found = teach(
        lessons(lexicon=lexicon, examples=taught_words(90, {**SENTIMENTS, "zib": "negative"}))
    )
    said = found.engine.classify(pd.DataFrame({"body": ["A snarfy thing", "One zib thing"]}))
    assert said["sentiment"].tolist() == ["positive", "negative"]
    assert said["engine"].tolist() == ["lexicon", "trained"]


def test_a_batch_of_the_trained_engine_is_its_rows() -> None:
    engine = teach(lessons(examples=taught_words(90, SENTIMENTS))).engine
    words = [*SENTIMENTS] * 3
    texts = [f"{thing} {words[n]} {n}" for n, thing in enumerate(THINGS)]
    together = engine.classify(pd.DataFrame({"body": texts}))
    alone = pd.concat([engine.classify(pd.DataFrame({"body": [text]})) for text in texts])
    pd.testing.assert_frame_equal(together, alone.reset_index(drop=True))
    backwards = engine.classify(pd.DataFrame({"body": texts[::-1]})).iloc[::-1]
    pd.testing.assert_frame_equal(together, backwards.reset_index(drop=True))


def test_own_intents_are_learned_beside_the_standard_ones() -> None:
    rows = taught_words(60, {"glorpy": "churn", "plain": ""})
    rows += [{**row, "label": "praise"} for row in rows[::4]]
    found = teach(lessons(examples=[{**row, "kind": "intent"} for row in rows]))
    assert found.report["is_used"].tolist() == [True]
    texts = ["A glorpy calendar", "A plain calendar", "How does the plain calendar work?"]
    said = found.engine.classify(pd.DataFrame({"body": texts}))["intents"]
    assert "churn" in said[0]
    assert "churn" not in said[1]
    assert "query" in said[2]


@pytest.mark.parametrize(
    ("table", "row", "told"),
    [
        ("lexicon", {"phrase": "x", "weight": 5, "language": "en"}, "row 1, weight: found 5"),
        ("lexicon", {"phrase": "x", "language": "en"}, "row 1, weight: it is missing"),
        ("lexicon", {"phrase": " ", "weight": 1, "language": "en"}, "row 1, phrase: it is missing"),
        ("lexicon", {"phrase": "x", "weight": 1, "language": "de"}, "allowed is en, zh"),
        ("lexicon", {"phrase": "x", "kind": "intent", "language": "en"},
         "row 1, label: it is missing"),
        ("examples", {"text": "x", "label": "good", "language": "en"},
         "row 1, label: found 'good'"),
        ("aliases", {"name": "x", "alias": "y", "needs_capital": "maybe"},
         "row 1, needs_capital: found 'maybe'; allowed is true or false"),
        ("aliases", {"name": "x", "alias": None}, "row 1, alias: it is missing"),
    ],
)  # fmt: skip
def test_a_row_that_teaches_nothing_is_told(table: str, row: dict[str, Any], told: str) -> None:
    with pytest.raises(LessonError, match=table) as caught:
        lessons_from(**{table: pd.DataFrame([row])})
    assert told in str(caught.value)


def test_contradicting_words_are_told() -> None:
    rows = [{"phrase": p, "weight": w, "language": "en"} for p, w in (("Wug", 1), ("wug", 2))]
    with pytest.raises(LessonError, match=r"row 2, phrase: 'wug' .* weighs 1 in .* and 2 here"):
        lessons(lexicon=rows)


def test_macro_f1_is_the_mean_over_labels() -> None:
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    sets = [frozenset({"a", "b"}), frozenset()], [frozenset({"a"}), frozenset({"b"})]
    assert macro_f1(*sets) == pytest.approx(0.5)


def test_texts_that_share_no_word_are_learned_all_the_same() -> None:
    letters = "bcdfghjklmnpqrstvwxz"
    words = [a + b + c for a in letters[:10] for b in letters[:8] for c in letters[:7]][:520]
    examples = [
        {"text": word, "label": SENTIMENTS["glorpy" if n % 2 else "snarfy"], "language": "en"}
        for n, word in enumerate(words)
    ]
    found = teach(lessons(examples=examples))
    assert found.report["example_count"].tolist() == [520]
    assert found.report["trained_macro_f1"].notna().all()


def test_a_report_has_the_default_engine_the_words_and_what_was_learned() -> None:
    told: list[str] = []
    lexicon = [{"phrase": "glorpy", "weight": 3, "language": "en"}]
    found = teach(lessons(lexicon=lexicon, examples=taught_words(90, SENTIMENTS)),
                  progress=told.append)  # fmt: skip
    report = found.report.iloc[0]
    default, own, trained = (report[f"{of}_macro_f1"] for of in ("default", "untrained", "trained"))
    assert default < own < trained
    accuracies = [report[f"{of}_accuracy"] for of in ("default", "untrained", "trained")]
    assert accuracies[:2] == pytest.approx([1 / 3, 2 / 3], abs=0.02)
    assert accuracies[2] > 0.95
    assert [line for line in told if "fold" in line][-1].endswith("fold 10 of 10")


def test_an_engine_of_its_tables_is_the_engine() -> None:
    examples = taught_words(90, SENTIMENTS)
    examples += taught_words(60, {"咕噜": "positive", "哇啦": "negative"}, "zh")
    examples += [{**row, "kind": "intent"} for row in
                 taught_words(60, {"glorpy": "churn", "plain": ""})]  # fmt: skip
    lexicon = [{"phrase": "wug", "weight": 0, "language": "en"}]
    aliases = [{"name": "Deskwell", "alias": "Deskwell", "needs_capital": True}]
    engine = teach(lessons(lexicon=lexicon, examples=examples, aliases=aliases)).engine
    assert set(engine.sentiments) == {"en", "zh"}
    assert set(engine.intents) == {"en"}
    tables = tables_of(engine)
    shuffled = {name: of.sample(frac=1, random_state=1) for name, of in tables.items()}
    texts = [row["text"] for row in examples] + ["wug is Deskwell", "deskwell", "很好", "?", None]
    said = engine.classify(pd.DataFrame({"body": texts}, dtype=object))
    for again in (engine_from(tables), engine_from(shuffled)):
        assert again.version == engine.version
        frame = again.classify(pd.DataFrame({"body": texts}, dtype=object))
        pd.testing.assert_frame_equal(frame, said)
    assert digest_of(tables) == digest_of(tables_of(engine_from(tables)))
    changed = {**tables, "learned": tables["learned"].assign(weight=1.0)}
    assert digest_of(changed) != digest_of(tables)
