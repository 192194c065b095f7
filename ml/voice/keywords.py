"""What customers talk about: content phrases, each with the sentiment of its clause (VOC-8).

A phrase is a run of words that are neither little words nor opinions. Its sentiment is that of
the clause it stands in; of the text, where the clause has no opinion (measured: `ml.md` 2.3).
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Set
from typing import Final

import pandas as pd

from ml.voice.names import PLACEHOLDER
from ml.voice.readings import Reading

MOST_KEYWORDS: Final = 10
"""Keywords kept of one response, the first."""
LONGEST: Final = 3
"""Words of an English keyword."""
LEAST_CLAUSE_VALUE: Final = 0.5
"""Sum of opinion words from which a clause has a sentiment."""

_LITTLE_LIST: Final = """
a about above actually after again all almost along already also although always am among an and
another any anyone anything anyway are aren't around as ask asked at away back be because been
before being below best better between both but by call called came can can't cannot come comes
coming could couldn't day days did didn't do does doesn't doing don't done down due during each
either else enough etc even ever every everyone everything far few find first for found from
further gave get gets getting give given gives go goes going gone good got had has have haven't
having he hello her here hers hey hi him his how however i i'd i'll i'm i've if in into instead
is isn't it it's its itself just keep keeps kept knew know known last later least less let let's
like little look looking lot made make makes making many may maybe me mean might mine minute
minutes month months more most much must my need needed needs never new next no nobody none nor
not nothing now of off often oh ok okay old on once one ones only onto or other others our ours
out over own per perhaps please put quite rather re really right said same saw say saying says
see seem seems seen send sent set several shall she should show shows since so some someone
something soon still such sure take taken takes tell than thank thanks that that's the their
theirs them then there there's these they they're thing things think this those though three
through till time times to today told tomorrow too took tried try trying two under until up upon
us use used using very via wait want wanted wants was wasn't way we we'd we'll we're we've week
weeks well went were weren't what what's when where whether which while who whole whom why will
with within without won't work worked working works would wouldn't year years yes yesterday yet
you you're you've your yours u ur im dont cant gonna amp hope glad contact since attached
information regards dear team write asking available able attach kindly contain
"""
_LITTLE: Final = frozenset(_LITTLE_LIST.split())
_NOTHING: Final[frozenset[str]] = frozenset()
_GAP_CHINESE: Final = re.compile(
    r"我们|你们|他们|咱们|这个|那个|这样|那样|什么|怎么|为什么|可以|已经|因为|"
    r"所以|还是|就是|不是|没有|如果|或者|而且|以及|关于|非常|特别|比较|现在|今天|"
    r"昨天|一直|一个|一下|一点|一次|请问|麻烦|希望|需要|觉得|知道|"
    r"[的了是在和我你您他她它很就都也还有没不吗呢吧啊呀哦把被给让又太这那个与请再才要到"
    r"从对为以及最真好会能说想去来上下里点多少大小\s\W\d_a-z]"
)
_LONGEST_CHINESE: Final = 6


def keywords_of(
    reading: Reading, sentiment: str, silent: Set[str], is_chinese: bool
) -> list[tuple[str, str]]:
    """Return the keywords of one text and the sentiment behind each.

    Args:
        reading: The text as read, names replaced.
        sentiment: Of the whole text.
        silent: Words that are never (part of) a keyword: opinions, and what the user took away.
        is_chinese: Whether it is Chinese, otherwise English.
    """
    found: dict[str, str] = {}
    values = reading.clause_values()
    spoken: dict[int, list[str]] = {}
    for word, _, clause, _ in reading.hits:
        spoken.setdefault(clause, []).append(word)
    for number, words in enumerate(reading.clauses):
        phrases = (
            _phrases_chinese(words[0], spoken.get(number, ()), silent)
            if is_chinese
            else _phrases(words, spoken.get(number, ()), silent)
        )
        for phrase in phrases:
            if phrase not in found:
                found[phrase] = clause_sentiment(values.get(number), sentiment)
        if len(found) >= MOST_KEYWORDS:
            break
    return list(found.items())[:MOST_KEYWORDS]


def clause_sentiment(value: float | None, sentiment: str) -> str:
    """Return the sentiment of a clause: by the sum of its opinions, else that of the text."""
    if value is None or abs(value) < LEAST_CLAUSE_VALUE:
        return sentiment
    return "positive" if value > 0 else "negative"


def _phrases(clause: list[str], opinions: Collection[str], silent: Set[str]) -> list[str]:
    heard = {word for opinion in opinions for word in opinion.split()} if opinions else _NOTHING
    phrases: list[str] = []
    run: list[str] = []
    for word in clause:
        if (
            word not in _LITTLE
            and len(word) > 2
            and word not in heard
            and word not in silent
            and word != PLACEHOLDER
            and word[0].isalpha()
        ):
            run.append(word.removesuffix("'s"))
        elif run:
            phrases.append(" ".join(run[-LONGEST:]))
            run = []
    if run:
        phrases.append(" ".join(run[-LONGEST:]))
    return phrases


def _phrases_chinese(clause: str, opinions: Iterable[str], silent: Set[str]) -> list[str]:
    for word in opinions:
        clause = clause.replace(word, " ")
    pieces = _GAP_CHINESE.split(clause)
    return [
        piece for piece in pieces if 2 <= len(piece) <= _LONGEST_CHINESE and piece not in silent
    ]


RANKING: Final = (
    "keyword", "response_count", "positive_count", "negative_count", "neutral_count", "worth",
)  # fmt: skip


def ranked_keywords(keywords: Iterable[Iterable[tuple[str, str]]], most: int = 20) -> pd.DataFrame:
    """Return the keywords of many responses, the most telling first.

    A keyword is worth its count, times the share of its mentions with an opinion, times how
    particular it is (the logarithm of one in how many responses has it); measured beside counting
    alone and others: `ml.md` 2.3.

    Args:
        keywords: Of each response, its keywords with their sentiments.
        most: Keywords returned at most.

    Returns:
        keyword, response_count, positive_count, negative_count, neutral_count, worth.
    """
    responses = 0
    counts: dict[str, dict[str, int]] = {}
    for one in keywords:
        responses += 1
        for keyword, sentiment in one:
            of = counts.setdefault(keyword, {"positive": 0, "negative": 0, "neutral": 0})
            of[sentiment] += 1
    rows = []
    for keyword, of in counts.items():
        total = sum(of.values())
        opinionated = (total - of["neutral"] + 0.5) / (total + 1)
        worth = total * opinionated * math.log1p(responses / total)
        rows.append((keyword, total, of["positive"], of["negative"], of["neutral"], worth))
    rows.sort(key=lambda row: (-row[-1], row[0]))
    return pd.DataFrame(rows[:most], columns=pd.Index(RANKING))
