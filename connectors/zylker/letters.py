"""Texts of customers, joined from phrases column by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.zylker import phrases
from connectors.zylker.behaviour import competitor_names
from connectors.zylker.columns import Flags, Ints, between, chosen, joined, picked


def written(
    stream: np.random.Generator,
    category: Ints,
    keyword: Ints,
    competitor: Ints,
    is_chinese: Flags,
) -> tuple[Any, Any]:
    """Return subject and sentences of every text; competitors by name or alias, -1 for none."""
    size = len(category)
    language = is_chinese.astype(np.int64)
    words = picked([word for pair in phrases.KEYWORDS for word in pair], keyword * 2 + language)
    subject = _filled(
        [text for c in phrases.CATEGORIES for text in c.subjects], category * 2 + language, words
    )
    english = [len(c.english) for c in phrases.CATEGORIES]
    chinese = [len(c.chinese) for c in phrases.CATEGORIES]
    counts = np.asarray([n for pair in zip(english, chinese, strict=True) for n in pair])
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    row = category * 2 + language
    variant = starts[row] + (stream.random(size) * counts[row]).astype(np.int64)
    body = _filled(
        [text for c in phrases.CATEGORIES for text in (*c.english, *c.chinese)], variant, words
    )
    named = competitor >= 0
    name = picked(competitor_names(), competitor * 2 + between(stream, 0, 1, size), named)
    kind = between(stream, 0, len(phrases.MENTIONS) - 1, size) * 2 + language
    mention = _filled([text for pair in phrases.MENTIONS for text in pair], kind, name)
    return subject, joined(body, pa.compute.coalesce(mention, pa.scalar("")))


def as_mail(stream: np.random.Generator, body: Any, is_chinese: Flags, is_reply: bool) -> Any:
    """Put greeting, signature and, below some replies, the quoted mail around the sentences."""
    size = len(is_chinese)
    language = is_chinese.astype(np.int64)
    manner = between(stream, 0, 1, size) * 2 + language
    quoting = (stream.random(size) < (0.4 if is_reply else 0.0)) & ~is_chinese
    signing = stream.random(size) < 0.02
    return joined(
        picked([text for pair in phrases.GREETINGS for text in pair], manner),
        body,
        picked([text for pair in phrases.CLOSINGS for text in pair], manner),
        picked(("M. Adams", "Dr. Silva", "J. Novak", "王医生"), between(stream, 0, 3, size)),
        chosen(signing, phrases.SIGNATURE_MENTION, ""),
        chosen(quoting, phrases.QUOTED, ""),
    )


def _filled(templates: Sequence[str], index: Ints, words: Any) -> Any:
    """Templates with their `{}` replaced by the word of the row."""
    halves = [template.split("{}") for template in templates]
    return joined(
        picked([half[0] for half in halves], index),
        words,
        picked([half[1] for half in halves], index),
    )
