"""Columns of the demo CRM: from numpy numbers to typed Arrow arrays, without a loop over rows.

Holds the few ways a column of Zylker is made: record ids in Zoho's spelling, words picked from a
list, joined text, dates, timestamps and exact money.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

SECONDS_PER_DAY: Final = 86_400

RECORD_KINDS: Final = {
    "accounts": 1,
    "contacts": 2,
    "deals": 3,
    "deals_products": 4,
    "products": 5,
    "owners": 6,
    "campaigns": 7,
    "emails": 10,
    "calls": 11,
    "surveys": 12,
    "webinars": 13,
    "event_attendance": 14,
    "chats": 15,
    "web_visits": 16,
    "tickets": 17,
    "messages": 18,
    "conferences": 19,
    "leads": 20,
}
"""Number of each kind of record inside its id: ids of two kinds never collide."""


def record_ids(kind: str, numbers: Ints, valid: Flags | None = None) -> Any:
    """Return record ids as Zoho exports write them: `zcrm_5843` and twelve digits.

    `numbers` count the records of the kind from 0; where `valid` is false the id is null.
    """
    whole = numbers + (5843 * 10**12 + RECORD_KINDS[kind] * 10**9)
    return joined(pa.scalar("zcrm_"), pa.array(whole, mask=_missing(valid)).cast(pa.string()))


def picked(words: Sequence[str], index: Ints, valid: Flags | None = None) -> Any:
    """Return the words at `index`; null where `valid` is false."""
    return pa.array(words, pa.string()).take(pa.array(index, mask=_missing(valid)))


def joined(*parts: Any) -> Any:
    """Return the parts joined row by row; a null part makes the row null.

    Parts are Arrow text arrays, Arrow scalars or str.
    """
    return pc.binary_join_element_wise(*[_scalar(part) for part in parts], pa.scalar(""))


def chosen(condition: Flags, when_true: Any, when_false: Any) -> Any:
    """Return `when_true` where the condition holds, else `when_false`; both text."""
    return pc.if_else(pa.array(condition), _scalar(when_true), _scalar(when_false))


def texts(numbers: Ints, digits: int = 0) -> Any:
    """Return whole numbers as text, padded with zeros to `digits`."""
    written = pa.array(numbers).cast(pa.string())
    return pc.utf8_lpad(written, digits, padding="0") if digits else written


def integers(numbers: Ints, valid: Flags | None = None) -> Any:
    """Return a BIGINT column."""
    return pa.array(numbers, pa.int64(), mask=_missing(valid))


def flags(values: Flags, valid: Flags | None = None) -> Any:
    """Return a BOOLEAN column."""
    return pa.array(values, pa.bool_(), mask=_missing(valid))


def dates(days: Ints, valid: Flags | None = None) -> Any:
    """Return a DATE column of days since 1970-01-01."""
    return pa.array(days.astype(np.int32), pa.int32(), mask=_missing(valid)).cast(pa.date32())


def moments(days: Ints, seconds: Ints, valid: Flags | None = None) -> Any:
    """Return a TIMESTAMP column: days since 1970-01-01 and seconds since local midnight."""
    whole = days * SECONDS_PER_DAY + seconds
    return pa.array(whole, pa.int64(), mask=_missing(valid)).cast(pa.timestamp("s"))


def decimals(units: Ints, scale: int, valid: Flags | None = None) -> Any:
    """Return an exact DECIMAL(18, scale) column of whole `units` of 10**-scale.

    The 128-bit values are laid out directly: Arrow has no cast that only moves the point.
    """
    wide = np.empty((len(units), 2), dtype=np.int64)
    wide[:, 0] = units
    wide[:, 1] = units >> 63
    bitmap = None if valid is None else pa.array(valid).buffers()[1]
    return pa.Array.from_buffers(
        pa.decimal128(18, scale), len(units), [bitmap, pa.py_buffer(wide.tobytes())]
    )


def nulls(size: int, kind: Any) -> Any:
    """Return a column without any value."""
    return pa.nulls(size, kind)


def starts_of(counts: Ints) -> Ints:
    """Return where each group starts when groups of these sizes lie one after the other."""
    return np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64)


def positions_in(counts: Ints) -> Ints:
    """Return the position of every row inside its group, from 0."""
    return np.arange(int(counts.sum()), dtype=np.int64) - np.repeat(starts_of(counts), counts)


def weighted(stream: np.random.Generator, weights: Sequence[float], size: int) -> Ints:
    """Draw indexes with the given weights, which need not sum to one."""
    edges = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(edges, stream.random(size) * edges[-1], side="right")
    found: Ints = np.minimum(drawn, len(weights) - 1).astype(np.int64)
    return found


def between(stream: np.random.Generator, low: int | Ints, high: int | Ints, size: int) -> Ints:
    """Draw whole numbers between `low` and `high`, both ends included."""
    return stream.integers(low, high, size=size, endpoint=True, dtype=np.int64)


def _scalar(part: Any) -> Any:
    return pa.scalar(part) if isinstance(part, str) else part


def _missing(valid: Flags | None) -> Flags | None:
    return None if valid is None else ~valid
