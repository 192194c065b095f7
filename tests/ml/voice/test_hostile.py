"""Whatever a text is, it is read, alike alone and among others, in any order, again and again."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.voice.emotions import ROLL_UP
from ml.voice.engine import COLUMNS, Engine
from tests.ml.voice.reading import lessons

PIECES = st.sampled_from(
    ["Hello Deskwell,", "\n", "> ", "On Tue, X wrote:", "-- ", "Best regards", "Thanks", "<p>",
     "<blockquote>", "</blockquote>", "<!--", "&amp;", "@x", "😀", ":)", "!!!", "?", "but", "not",
     "excellent", "terrible", "很好", "不", "太差", "请问", "。", "Deskwell", "desk well", "wug",
     "please", "buy", "no", "n't", "'", "\x00", "\u202e", "ﬁ", "İ", "ß", "\ud800", "из", "は", " "]
)  # fmt: skip
TEXTS = st.one_of(
    st.none(),
    st.text(max_size=60),
    st.lists(PIECES, max_size=25).map("".join),
    st.lists(PIECES, max_size=25).map(" ".join),
)
TAUGHT = lessons(
    lexicon=[
        {"phrase": "wug", "weight": 3, "language": "en"},
        {"phrase": "not wug", "weight": -1, "language": "en"},
        {"phrase": "excellent", "weight": 0, "language": "en"},
        {"phrase": "太差", "weight": 2, "language": "zh"},
        {"phrase": ":)", "weight": -2, "language": "en"},
        {"kind": "keyword", "phrase": "不", "language": "zh"},
        {"kind": "intent", "phrase": "?", "label": "doubt", "language": "en"},
    ],
    aliases=[
        {"name": "Deskwell", "alias": "Deskwell"},
        {"name": "Deskwell", "alias": "desk well"},
        {"name": "C++", "alias": "C++"},
    ],
)
ENGINES = (Engine(), Engine(TAUGHT))


def rows(engine: Engine, texts: list[Any]) -> list[dict[str, Any]]:
    frame = pd.DataFrame({"body": [b for b, _ in texts], "subject": [s for _, s in texts]},
                         dtype=object)  # fmt: skip
    found = engine.classify(frame)
    assert list(found.columns) == list(COLUMNS)
    return found.astype(object).where(found.notna(), None).to_dict("records")


@given(texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=2, max_size=5), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_a_batch_is_its_rows_in_any_order(texts: list[Any], seed: int) -> None:
    engine = ENGINES[seed % 2]
    together = rows(engine, texts)
    assert together == [rows(engine, [text])[0] for text in texts]
    order = list(range(len(texts)))
    random.Random(seed).shuffle(order)
    assert rows(engine, [texts[n] for n in order]) == [together[n] for n in order]


@given(texts=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_every_text_is_read_and_every_row_makes_sense(texts: list[Any]) -> None:
    for engine in ENGINES:
        for row in rows(engine, texts):
            analysed = row["language"] is not None
            assert analysed == (row["sentiment"] is not None) == (row["unsupported_reason"] is None)
            if analysed:
                assert ROLL_UP[row["emotion"]] == row["sentiment"]
                assert 0 <= row["margin"] <= 1
                assert -2 <= row["sentiment_score"] <= 2
                assert {said for _, said in row["keywords"]} <= set(ROLL_UP.values())
                assert row["engine"] in ("untrained", "lexicon")


WORDS = st.lists(
    st.sampled_from(["portal", "export", "works", "today", "Deskwell", "desk well", "DESKWELL"]),
    min_size=1,
    max_size=6,
).map(" ".join)
OWN = st.lists(st.sampled_from(["portal", "export", "works", "today", "slow"]), min_size=2).map(
    lambda words: " ".join(words) + "."
)
AROUND = st.sampled_from(
    [
        "{own}\n\nBest regards,\n{foreign}",
        "{own}\n\nKind regards\nJane\n{foreign}\n{foreign}",
        "{own}\n-- \n{foreign}",
        "Hello {foreign},\n\n{own}",
        "Dear {foreign}:\n{own}",
        "{own}\n> {foreign}\n>> {foreign}",
        "> {foreign}\n\n{own}",
        "{own}\n\nOn Tue, {foreign} wrote:\n{foreign}\n\n{foreign}",
        "{own}\n-----Original Message-----\n{foreign}",
        "{own}\nFrom: {foreign}\nSent: Monday\n{foreign}",
        "<p>{own}</p><blockquote>{foreign}<br>{foreign}</blockquote>",
        "<div>{own}</div><div class='gmail_quote'>{foreign}</div>{foreign}",
        "{own}\n\n此致\n敬礼\n{foreign}",
        "{own}\n发件人：{foreign}\n{foreign}",
    ]
)


@given(own=OWN, foreign=WORDS, around=AROUND)
@settings(max_examples=80, deadline=None)
def test_quoted_and_signature_text_is_no_mention(own: str, foreign: str, around: str) -> None:
    body = around.format(own=own, foreign=foreign)
    assert rows(ENGINES[1], [(body, None)])[0]["competitors"] == ()
    mention = around.format(own=f"We also look at Deskwell. {own}", foreign=foreign)
    assert rows(ENGINES[1], [(mention, None)])[0]["competitors"] == (("Deskwell", "neutral"),)


def test_an_engine_made_again_says_the_same() -> None:
    texts = [("The portal is slow?", "Re: x"), ("服务很好", None), (None, None)]
    assert rows(Engine(TAUGHT), texts) == rows(ENGINES[1], texts)
    assert Engine(TAUGHT).version == ENGINES[1].version != ENGINES[0].version


def test_the_index_of_the_responses_is_kept() -> None:
    frame = pd.DataFrame({"body": ["Great work", "Terrible"]}, index=["b", "a"])
    found = Engine().classify(frame)
    assert found["sentiment"].to_dict() == {"b": "positive", "a": "negative"}
    assert Engine().classify(frame.iloc[:0]).columns.tolist() == list(COLUMNS)
