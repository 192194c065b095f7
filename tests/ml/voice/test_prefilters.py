"""What is skipped for speed is what could never have been found."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from ml.voice import intents, languages
from ml.voice.intents import intents_by_pattern
from ml.voice.languages import language_of
from ml.voice.linear import fitted_on, word_pairs

PHRASES = (
    """
buy|buying|purchase|purchasing|quote|quotes|quotation|pricing|price list|place an order
like to order
want to subscribe|ready to renew|plan to upgrade|going to extend|wishes to sign|order form
more seats
additional licences|extra licenses|extra users|more units|the contract|a contract|budget is approved
what is the price|what's the price|price of|price for|how much is|upgrade to|renewal|proposal
discount
tell me you know|let us know|inform me if|advise us whether|remind me when|show us|do you know
wonder
wondering|question|would like to know|want to know|clarify|explain|please|pls|plz|kindly|can you
could someone|would u|will somebody|need you|want someone|ask your team|would be great if|i need
we need|would like to|help me|help with|i wish you|we request|requesting a|request the|should add
asap|as soon as possible|complain|complaint|complaints|complaining|unacceptable|charged twice
charged us twice|overcharged|compensation|money back|refund me|want my refund|escalate|any idea|how
is|ok|the portal|hello|and how|buyer|re-buy|buy's|_buy|buy1|œbuy|PLEASE|Quote
""".replace("\n", "|")
    .strip("|")
    .split("|")
)
GLUE = st.sampled_from([" ", ". ", "? ", ", ", "\n", "'", "-", "_", "", "! ", "é", "1"])


def by_every_pattern(text: str) -> set[str]:
    """The intents by patterns alone, each of them searched in every sentence."""
    found = set()
    for sentence in intents._SENTENCE.findall(text.lower()):
        if intents._PURCHASE.search(sentence):
            found.add("purchase")
        elif (
            sentence[-1] == "?"
            or intents._QUERY_OPENING.match(sentence)
            or intents._QUERY.search(sentence)
        ):
            found.add("query")
        elif intents._REQUEST.search(sentence):
            found.add("request")
    if intents._COMPLAINT.search(text.lower()):
        found.add("complaint")
    return found


@given(pieces=st.lists(st.tuples(st.sampled_from(PHRASES), GLUE), max_size=6))
@settings(max_examples=600, deadline=None)
def test_no_intent_is_lost_by_looking_for_words_first(pieces: list[tuple[str, str]]) -> None:
    text = "".join(part for piece in pieces for part in piece)
    assert intents_by_pattern(text, "neutral", False) == by_every_pattern(text)


def test_every_phrase_alone_is_found_as_without_looking_first() -> None:
    for phrase in PHRASES:
        for text in (phrase, f"x {phrase} you", f"we, {phrase} it.", f"{phrase} know how me"):
            assert intents_by_pattern(text, "neutral", False) == by_every_pattern(text)


def test_languages_are_told_as_by_counting_all_little_words() -> None:
    draw = random.Random(3)
    words = [*sorted(set().union(*languages._LITTLE_WORDS.values())), "portal", "export"]
    for _ in range(3_000):
        text = " ".join(draw.choices(words, k=draw.randint(1, 9)))
        own = len(set(text.split()) & languages._LITTLE_WORDS["English"])
        foreign = [
            name
            for name, little in languages._LITTLE_WORDS.items()
            if len(set(text.split()) & little) >= 3
            and len(set(text.split()) & little) > 2 * own
            and name != "English"
        ]
        expected = (None, f"{foreign[0]} is not supported") if foreign else ("en", None)
        assert language_of(text) == expected


def test_seed_classifiers_score_terms_and_pairs() -> None:
    texts = [["good", "good", "work"], ["bad", "work"], ["no", "good", "bad", "day"], ["day"]]
    found = fitted_on(texts, {"one": [True, False, False, True], "two": [False, True, True, False]})
    for words in (*texts, ["good", "work", "good", "work"], ["unknown"], []):
        counts = {t: word_pairs(words).count(t) for t in found.weights}
        length = sum(count**2 * found.weights[t][1] for t, count in counts.items())
        for place, intercept in enumerate(found.intercepts):
            total = sum(count * found.weights[t][0][place] for t, count in counts.items())
            expected = intercept + (total / length**0.5 if length else 0)
            assert abs(found.scores(words)[place] - expected) < 1e-9
