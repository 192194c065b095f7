"""What is said of a competitor: of the clause that names it, whatever else the text says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.voice.names import PLACEHOLDER, Alias, Names, aliases_of
from models.voice_of_customer import Competitor
from tests.ml.voice.reading import lessons, signals
from tests.models.documents import problems

ALIASES: list[dict[str, Any]] = [
    {"name": "Deskwell", "alias": "Deskwell"},
    {"name": "Helpico", "alias": "Helpico"},
    {"name": "Ours", "alias": "Zylker", "is_competitor": False},
    {"name": "诚信", "alias": "诚信软件"},
]


def said(body: str, subject: str | None = None) -> dict[str, str]:
    return dict(signals(body, subject, lessons(aliases=ALIASES))["competitors"])


@pytest.mark.parametrize(
    ("body", "mentions"),
    [
        ("Deskwell is excellent.", {"Deskwell": "positive"}),
        ("Deskwell was terrible.", {"Deskwell": "negative"}),
        ("We also look at Deskwell.", {"Deskwell": "neutral"}),
        # What the rest of the text says is not said of the competitor.
        ("Your portal is terrible. We also look at Deskwell.", {"Deskwell": "neutral"}),
        ("Your portal is terrible, so we look at Deskwell.", {"Deskwell": "neutral"}),
        ("Your portal is excellent, but Deskwell is awful.", {"Deskwell": "negative"}),
        ("We looked at Deskwell, but your portal is excellent.", {"Deskwell": "neutral"}),
        ("Deskwell, on the other hand, is excellent.", {"Deskwell": "positive"}),
        # The other side of a comparison.
        ("Zylker is better than Deskwell.", {"Deskwell": "negative"}),
        ("Your portal is worse than Deskwell.", {"Deskwell": "positive"}),
        ("Unlike Deskwell, your portal is terrible.", {"Deskwell": "positive"}),
        ("Deskwell is better than Helpico.", {"Deskwell": "positive", "Helpico": "negative"}),
        # Several mentions are one: both kinds are neutral (VOC-5, VOC-10).
        ("Deskwell is great. Deskwell is awful.", {"Deskwell": "neutral"}),
        ("We tried Deskwell. Deskwell is awful.", {"Deskwell": "negative"}),
        ("Helpico is great, Deskwell is awful.", {"Deskwell": "negative", "Helpico": "positive"}),
        ("诚信软件很好用。你们的门户很糟糕。", {"诚信": "positive"}),
        ("你们的门户比诚信软件好用。", {"诚信": "negative"}),
        ("我们看过诚信软件，但是你们的服务很好。", {"诚信": "neutral"}),
        ("诚信软件Deskwell都很糟糕", {"Deskwell": "negative", "诚信": "negative"}),
    ],
)
def test_what_is_said_of_a_competitor_is_what_its_clause_says(
    body: str, mentions: dict[str, str]
) -> None:
    assert said(body) == mentions


def test_the_users_words_count_in_a_mention() -> None:
    rows = [{"phrase": "wug", "weight": -3, "language": "en"}]
    found = signals("Deskwell is wug", taught=lessons(lexicon=rows, aliases=ALIASES))
    assert found["competitors"] == (("Deskwell", "negative"),)


def test_the_subject_of_a_reply_names_but_says_nothing() -> None:
    assert said("Your portal is awful.", "Re: Deskwell is great") == {"Deskwell": "neutral"}
    assert said("Fine by me.", "Deskwell is great") == {"Deskwell": "positive"}


def test_a_language_that_is_not_read_names_and_nothing_is_known() -> None:
    found = signals("Сервис Deskwell ужасный", taught=lessons(aliases=ALIASES))
    assert found["competitors"] == (("Deskwell", None),)


PIECES = st.lists(
    st.sampled_from(
        ["Deskwell", "DESKWELL", "Helpico", "Zylker", "诚信软件", PLACEHOLDER, "SomeName", "some",
         "name", "is great", "is awful", ",", ".", " ", "\n", "but", "than", "比", "不", "😀", "İ"]
    ),
    max_size=12,
)  # fmt: skip


@given(pieces=PIECES, glue=st.sampled_from(["", " "]))
@settings(max_examples=150, deadline=None)
def test_every_name_keeps_its_place(pieces: list[str], glue: str) -> None:
    text = glue.join(pieces)
    found = Names([Alias("Deskwell", "Deskwell"), Alias("Helpico", "Helpico"),
                   Alias("Ours", "Zylker", is_competitor=False),
                   Alias("诚信", "诚信软件")]).found(text)  # fmt: skip
    assert set(found.competitors) == {name for name in found.order if name is not None}
    if found.order:
        # Putting every name back in its place gives the text again, but for case and blanks.
        parts = _split(found.text)
        assert len(parts) == len(found.order) + 1
        spelled = {"诚信": "诚信软件", None: "*"}
        back = parts[0]
        for name, part in zip(found.order, parts[1:], strict=True):
            back += spelled.get(name, name or "") + part
        expected = text.lower().replace(PLACEHOLDER, "*").replace("zylker", "*")
        own = back.lower().replace("zylker", "*")
        assert own.replace(" ", "") == expected.replace(" ", "")
    mentions = signals(text, taught=lessons(aliases=ALIASES))["competitors"]
    assert all(sentiment in ("positive", "negative", "neutral", None) for _, sentiment in mentions)


def _split(text: str) -> list[str]:
    import re

    return re.split(PLACEHOLDER, text, flags=re.IGNORECASE)


def test_configured_competitors_are_spelled_out() -> None:
    configured = Competitor.model_validate(
        {"name": "Monday", "needs_capital": True, "needs_context": True,
         "aliases": ["monday.com", {"alias": "MDY", "needs_capital": True}]}
    )  # fmt: skip
    assert aliases_of([configured]) == (
        Alias("Monday", "Monday", needs_capital=True, needs_context=True),
        Alias("Monday", "monday.com"),
        Alias("Monday", "MDY", needs_capital=True),
    )
    names = Names(aliases_of([configured]))
    assert names.found("We meet on Monday").competitors == ()
    assert names.found("We switched to Monday").competitors == ("Monday",)
    assert names.found("look at MONDAY.com").competitors == ("Monday",)
    assert names.found("the mdy list, the MDY list").text == f"the mdy list, the {PLACEHOLDER} list"


@pytest.mark.parametrize(
    ("alias", "place", "told"),
    [
        ({"alais": "MDY"}, "aliases[0].alais", "did you mean 'alias'?"),
        ({"alias": "MDY", "needs_capital": "perhaps"}, "aliases[0].needs_capital", "boolean"),
        (None, "aliases[0]", "string"),
    ],
)
def test_a_wrong_alias_is_told(alias: object, place: str, told: str) -> None:
    competitors = [{"name": "Monday", "aliases": [alias]}]
    found = problems(techniques={"voice_of_customer": {"competitors": competitors}})
    assert told in found[f"techniques.voice_of_customer.competitors[0].{place}"]
