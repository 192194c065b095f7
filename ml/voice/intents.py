"""What a text is for: request, query, complaint, purchase, or the user's own intents (VOC-6).

Without labels, sentences are held against patterns, each sentence counting for the first of
purchase, query and request that it fits; a negative text is a complaint. A text without any of
them is given to a classifier of seed sentences, which must be sure. So a text can carry several
intents or none. The user's phrases always count (VOC-14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from functools import cache
from typing import Final

from ml.voice.english import EnglishReader
from ml.voice.linear import SeedClassifier, fitted_on
from ml.voice.seeds import ENGLISH_INTENTS

STANDARD: Final = ("request", "query", "complaint", "purchase")
"""The standard intents (VOC-6), in the order of the specification."""
LEAST_LOG_ODDS: Final = 1.0
"""Of the seed classifier, for an intent that no pattern has found."""

_SENTENCE: Final = re.compile(r"[^.!?\n。！？；;]+[?？]?")

_PURCHASE: Final = re.compile(
    r"\b(?:buy|buying|purchas(?:e|ing)|quotes?|quotation|pricing|price list|place an order|"
    r"(?:like|want|need|ready|plan|going|intend|wish|wishes|prepared) to "
    r"(?:order|subscribe|renew|upgrade|extend|sign)|order form|"
    r"(?:more|additional|extra) (?:seats|licen[cs]es|users|units)|the contract|a contract|"
    r"budget is approved|(?:what is|what's) the price|price (?:of|for)|how much (?:is|does|do|are|"
    r"would|for)|upgrade to|renewal|proposal|discount)\b"
)
_QUERY_OPENING: Final = re.compile(
    r"\W*(?:and |but |so |also |hi |hello )?(?:how|what|where|when|which|who|why|whose|"
    r"does|do|did|is|are|was|were|can i|can we|could i|could we|may i|may we|am i|should|has|have|"
    r"any idea)\b"
)
_QUERY: Final = re.compile(
    r"\b(?:(?:tell|let|inform|advise|remind) (?:me|us)\b.{0,20}\b(?:know|how|what|if|whether|when|"
    r"where|which|why)|(?:tell|show) (?:me|us)|do you know|wonder(?:ing)?|question|would like to "
    r"know|want to know|clarify|explain|let (?:me|us) know)\b"
)
_REQUEST: Final = re.compile(
    r"\b(?:please|pls|plz|kindly|(?:can|could|would|will) (?:you|someone|somebody|u)|"
    r"(?:need|want|ask) (?:you|someone|your team)|would be (?:great|nice|good|helpful) if|"
    r"would like (?:you|to)|(?:i|we) need|help (?:me|us|with)|i wish you|(?:i|we) request|"
    r"request(?:ing)? (?:a|an|the)|should (?:add|support|offer)|asap|as soon as possible)\b"
)
_COMPLAINT: Final = re.compile(
    r"\b(?:complain(?:t|ts|ing)?|unacceptable|charged (?:me |us )?twice|overcharged|compensation|"
    r"money back|refund (?:me|us)|want (?:a|my|our) refund|escalate)\b"
)
_PURCHASE_CHINESE: Final = re.compile(
    r"购买|订购|采购|报价单|^报价|(?:请|发|想|索取|提供).{0,6}报价|下单|续费|升级并|签合同|发合同|预算|多少钱|价格|想买|要买|打算买|加购|折扣"
)
_QUERY_CHINESE: Final = re.compile(
    r"[?？]$|请问|咨询|怎么(?:设置|用|办|弄|操作|样)|如何|哪里|哪个|什么时候|是否|能不能|"
    r"可不可以|多少|吗\s*$|有什么"
)
_REQUEST_CHINESE: Final = re.compile(
    r"请(?!问|客)|麻烦(?!死|了$)|希望|建议|能否|帮(?:我|忙|我们)|需要|申请|要求|安排|开通"
)
_COMPLAINT_CHINESE: Final = re.compile(r"投诉|退款|退货|赔偿|差评|给个说法")

_CHINESE: Final = (
    ("purchase", _PURCHASE_CHINESE), ("query", _QUERY_CHINESE), ("request", _REQUEST_CHINESE)
)  # fmt: skip

# Each match of a pattern has one of its words, whole: a text without any is not searched.
_WORDS: Final = {
    "purchase": "buy buying purchase purchasing quote quotes quotation pricing price order "
                "subscribe renew upgrade extend sign seats licences licenses users units contract "
                "budget much renewal proposal discount",
    "query": "tell let inform advise remind show know wonder wondering question clarify explain",
    "request": "please pls plz kindly can could would will need want ask help wish request "
               "requesting should asap soon",
    "complaint": "complain complaint complaints complaining unacceptable charged overcharged "
                 "compensation money refund escalate",
}  # fmt: skip
_TELLING: Final = {intent: frozenset(words.split()) for intent, words in _WORDS.items()}
_WORD: Final = re.compile(r"[a-z]+")
_NEVER: Final = re.compile(r"(?!)")


def intents_by_pattern(text: str, sentiment: str, is_chinese: bool) -> set[str]:
    """Return the standard intents of a text by its sentences and its sentiment.

    Args:
        text: Cleaned text.
        sentiment: Its sentiment.
        is_chinese: Whether it is Chinese, otherwise English.
    """
    lower = text.lower()
    if is_chinese:
        found = _chinese(lower)
        demands = _COMPLAINT_CHINESE
    else:
        words = set(_WORD.findall(lower))
        found = _english(lower, words)
        demands = _NEVER if _TELLING["complaint"].isdisjoint(words) else _COMPLAINT
    if sentiment == "negative" or (sentiment == "neutral" and demands.search(lower)):
        found.add("complaint")
    return found


def _chinese(lower: str) -> set[str]:
    found = set()
    for sentence in _SENTENCE.findall(lower):
        for intent, pattern in _CHINESE:
            if pattern.search(sentence) or (intent == "query" and sentence[-1] in "?？"):
                found.add(intent)
                break
    return found


def _english(lower: str, words: Set[str]) -> set[str]:
    found = set()
    purchase = not _TELLING["purchase"].isdisjoint(words)
    query = not _TELLING["query"].isdisjoint(words)
    request = not _TELLING["request"].isdisjoint(words)
    for sentence in _SENTENCE.findall(lower):
        if purchase and _PURCHASE.search(sentence):
            found.add("purchase")
        elif (
            sentence[-1] == "?"
            or _QUERY_OPENING.match(sentence)
            or (query and _QUERY.search(sentence))
        ):
            found.add("query")
        elif request and _REQUEST.search(sentence):
            found.add("request")
    return found


@cache
def seed_classifier() -> SeedClassifier:
    """Return the classifier of the English seed sentences, fitted once."""
    reader = EnglishReader({})
    rows = [(reader.read(text).words, name) for name, ts in ENGLISH_INTENTS.items() for text in ts]
    return fitted_on(
        [words for words, _ in rows],
        {name: [other == name for _, other in rows] for name in ENGLISH_INTENTS},
    )


def intent_by_seeds(words: Sequence[str]) -> str | None:
    """Return the intent that the seed sentences are sure of, or None."""
    classifier = seed_classifier()
    scores = dict(zip(classifier.classes, classifier.scores(words), strict=True))
    best = max(scores, key=lambda name: scores[name])
    # A complaint shows in the sentiment, and is not guessed from words of praise.
    return best if best in STANDARD[:2] + STANDARD[3:] and scores[best] > LEAST_LOG_ODDS else None


class Phrases:
    """The user's phrases, each meaning an intent or a keyword.

    Args:
        meanings: By phrase, what it means; case does not count.
    """

    def __init__(self, meanings: Mapping[str, str]) -> None:
        self._patterns = [
            (phrase.lower(), _whole(phrase.lower()), meaning)
            for phrase, meaning in sorted(meanings.items())
        ]

    def found(self, text: str) -> list[tuple[str, str]]:
        """Return the phrases that stand in the text as whole words, and their meanings."""
        if not self._patterns:
            return []
        lower = text.lower()
        return [
            (phrase, meaning)
            for phrase, pattern, meaning in self._patterns
            if phrase in lower and pattern.search(lower)
        ]


def _whole(phrase: str) -> re.Pattern[str]:
    before = r"(?<![^\W\u3400-\u9fff])" if phrase[0].isascii() and phrase[0].isalnum() else ""
    after = r"(?![^\W\u3400-\u9fff])" if phrase[-1].isascii() and phrase[-1].isalnum() else ""
    return re.compile(before + re.escape(phrase) + after)
