"""Which column becomes which field: known spellings, likely names, lookups, and what is missing."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Mapping
from typing import Final

from models.detection import (
    kind_of,
    number_reading,
    suits,
)
from models.fields import Field, Module, Need
from models.proposal_names import GUESSED_NAMES, INVERTED_NAMES
from models.proposal_parts import Automatic, FieldProposal, Mark
from models.sampled import SampledColumn, SampledTable
from models.standard_names import STANDARD_NAMES, header_key

SIMILAR: Final = 0.82
"""Likeness of two names above which the nearest name is proposed."""

SHARED: Final = 0.5
"""Share of values found in another table's key above which a column looks like a lookup."""


def known_keys(module: str, known: Field) -> frozenset[str]:
    """Return the header keys by which a field maps itself (MAP-4)."""
    return STANDARD_NAMES.get(module, {}).get(known.name, frozenset()) | {header_key(known.name)}


def named_columns(module: Module, table: SampledTable) -> dict[str, str]:
    """Return field -> column for the fields that some column names, known or guessed."""
    by_key = {header_key(header): header for header in reversed(table.headers)}
    found = {}
    for known in module.fields:
        guesses = GUESSED_NAMES.get(module.name, {}).get(known.name, ())
        for key in (*known_keys(module.name, known), *guesses):
            if key in by_key and suits(table.column(by_key[key]), known.type):
                found[known.name] = by_key[key]
                break
    return found


class FieldMatcher:
    """Maps one table onto one module. `keys` are the key columns of modules mapped before.

    `is_shared`: the table plays another role as well, so its own key says nothing about this one.
    """

    def __init__(
        self,
        module: Module,
        table: SampledTable,
        keys: Mapping[str, SampledColumn],
        is_shared: bool = False,
    ) -> None:
        self.module, self.table, self.keys, self.is_shared = module, table, keys, is_shared
        self.reader_of: dict[str, str] = {}
        self.fields: dict[str, FieldProposal] = {}
        self.automatic: dict[str, str] = {}

    def match(self) -> tuple[tuple[FieldProposal, ...], Automatic]:
        """Return what to write, and what maps itself, both in contract order."""
        self._share()
        for known in self.module.fields:
            if known.name not in self.fields:
                self._by_known_name(known)
        for known in self.module.fields:
            if known.name not in self.automatic and known.name not in self.fields:
                self._by_guess(known)
        for known in self.module.fields:
            if known.name not in self.automatic and known.name not in self.fields:
                self._missing(known)
        order = self.module.field_names
        return (
            tuple(self.fields[name] for name in order if name in self.fields),
            tuple((name, self.automatic[name]) for name in order if name in self.automatic),
        )

    def _share(self) -> None:
        """Settle the fields that mean something else in a table of another role."""
        if not self.is_shared:
            return
        key = self.keys.get("accounts")
        if self.module.name == "contacts" and key is not None:
            note = "one contact per account"
            self._take(self.module.field("contact_id"), key, note, Mark.CONFIRM)
            form = {"copy": "contact_id"}
            self.fields["account_id"] = FieldProposal("account_id", form=form)
        if self.module.name == "accounts":
            for name in ("created_at", "modified_at", "is_deleted"):
                self.fields[name] = FieldProposal(name, form={"unknown": True})

    def lookup_gaps(self) -> tuple[str, ...]:
        """Return sentences on values of lookups that the other table does not have (LKP-7)."""
        found = []
        for known in self.module.fields:
            key = self.keys.get(known.references or "")
            written = self.fields.get(known.name)
            header = written.column if written is not None else self.automatic.get(known.name)
            if key is not None and header is not None:
                found += _gaps(known, self.table.column(header), key)
        return tuple(found)

    def _free(self) -> list[SampledColumn]:
        """Return the columns that no field reads yet."""
        return [c for c in self.table.columns if c.name not in self.reader_of]

    def _take(self, known: Field, column: SampledColumn, note: str, mark: Mark | None) -> None:
        self.reader_of[column.name] = known.name
        formats = _inverted(column) if self._is_inverted(known, column) else {}
        self.fields[known.name] = FieldProposal(
            known.name, column.name, formats=formats, note=note, mark=mark
        )

    def _is_inverted(self, known: Field, column: SampledColumn) -> bool:
        names = INVERTED_NAMES.get(self.module.name, {}).get(known.name, frozenset())
        return header_key(column.name) in names

    def _by_known_name(self, known: Field) -> None:
        keys = known_keys(self.module.name, known)
        candidates = [c for c in self._free() if header_key(c.name) in keys]
        if len(candidates) == 1:
            self.automatic[known.name] = candidates[0].name
            self.reader_of[candidates[0].name] = known.name
        elif candidates:
            self._choose(known, candidates)

    def _choose(self, known: Field, candidates: list[SampledColumn]) -> None:
        """Choose among columns that fit; lookups and keys are a person's choice (LKP-3)."""
        names = tuple(c.name for c in candidates)
        if known.references is None and known.need is not Need.KEY:
            best = max(candidates, key=lambda c: (c.name == known.name, c.filled_count))
            others = ", ".join(name for name in names if name != best.name)
            self._take(known, best, f"{others} would fit as well", Mark.CONFIRM)
            return
        telling = [c for c in candidates if self._looks_right(known, c)]
        if len(telling) == 1:
            note = "chosen among " + ", ".join(names) + " by its values"
            self._take(known, telling[0], note, Mark.CONFIRM)
            return
        note = "several columns fit (LKP-3); choose one"
        self.fields[known.name] = FieldProposal(
            known.name, note=note, mark=Mark.DECIDE, candidates=names
        )
        self.reader_of |= dict.fromkeys(names, known.name)

    def _looks_right(self, known: Field, column: SampledColumn) -> bool:
        """Whether the values are unique, for a key, or found in the other table, for a lookup."""
        if known.references is None:
            return column.is_unique
        key = self.keys.get(known.references)
        return key is not None and column.shared_with(key) >= SHARED

    def _by_guess(self, known: Field) -> None:
        guesses = GUESSED_NAMES.get(self.module.name, {}).get(known.name, ())
        inverted = INVERTED_NAMES.get(self.module.name, {}).get(known.name, frozenset())
        ranked = {key: place for place, key in enumerate((*guesses, *sorted(inverted)))}
        named = [c for c in self._free() if header_key(c.name) in ranked and self._fits(known, c)]
        named.sort(key=lambda c: ranked[header_key(c.name)])
        if named and (known.references is None or len(named) == 1):
            self._take(known, named[0], f"{named[0].name!r} looks like it", Mark.CONFIRM)
        elif named:
            self._choose(known, named)
        elif known.references is not None:
            self._by_values(known)
        elif known.need is Need.KEY:
            self._by_uniqueness(known)
        else:
            self._by_likeness(known)

    def _fits(self, known: Field, column: SampledColumn) -> bool:
        """Whether the values may be the field's: of its type, and unique for a key."""
        is_key = known.need is Need.KEY and known.references is None and not self.is_shared
        if is_key and self.module.key == known.name and not column.is_unique:
            return False
        if known.name == "discount_share":
            numbers = [text for text in column.values if number_reading(column)]
            return bool(numbers) and all(0 <= float(text) <= 1 for text in numbers)
        return suits(column, known.type)

    def _by_values(self, known: Field) -> None:
        """Take the column whose values are those of the other key; plain counters prove nothing."""
        key = self.keys.get(known.references or "")
        if key is None:
            return
        found = [
            c
            for c in self._free()
            if c.filled_count and kind_of(c) == "text" and c.shared_with(key) >= SHARED
        ]
        if len(found) == 1:
            note = f"its values are those of {known.references}"
            self._take(known, found[0], note, Mark.CONFIRM)
        elif found:
            self._choose(known, found)

    def _by_uniqueness(self, known: Field) -> None:
        role = self.module.name.rstrip("s")
        unique = [c for c in self._free() if c.is_unique and kind_of(c) in ("text", "integer")]
        named = [c for c in unique if header_key(c.name) in (role, "id", "key", "code", "number")]
        ending = [c for c in unique if header_key(c.name).endswith(("id", "key", "code", "number"))]
        chosen = named or ending
        if chosen and not self.is_shared:
            self._take(known, chosen[0], "every row has a value of its own", Mark.CONFIRM)

    def _by_likeness(self, known: Field) -> None:
        wanted = [header_key(known.name), *known_keys(self.module.name, known)]
        best, column = 0.0, None
        for candidate in self._free():
            key = header_key(candidate.name)
            likeness = max(difflib.SequenceMatcher(None, key, name).ratio() for name in wanted)
            if likeness > best and self._fits(known, candidate):
                best, column = likeness, candidate
        if column is not None and best >= SIMILAR:
            self._take(known, column, f"{column.name!r} is the nearest name", Mark.CONFIRM)

    def _missing(self, known: Field) -> None:
        """Fill a mandatory field without a column in the plain way, or leave it to a person."""
        if known.need is Need.OPTIONAL:
            return
        fill = _FILLS.get((self.module.name, known.name))
        form = None if fill is None else fill(self)
        if form is not None:
            source = next(iter(form.values()))
            note = "no column holds it" + (f": the same as {source}" if "copy" in form else "")
            self.fields[known.name] = FieldProposal(
                known.name, form=form, note=note, mark=Mark.CONFIRM
            )
            return
        candidates = tuple(c.name for c in self._free() if c.filled_count)[:8]
        self.fields[known.name] = FieldProposal(
            known.name,
            note="no column fits this mandatory field",
            mark=Mark.DECIDE,
            candidates=candidates,
        )

    def has_column(self, name: str) -> bool:
        """Whether a field is read from a column."""
        written = self.fields.get(name)
        return name in self.automatic or (written is not None and written.column is not None)


Form = Mapping[str, str | bool] | None


def _copy(*names: str) -> Callable[[FieldMatcher], Form]:
    def form(matcher: FieldMatcher) -> Form:
        return next(({"copy": name} for name in names if matcher.has_column(name)), None)

    return form


def _unknown(_: FieldMatcher) -> Form:
    return {"unknown": True}


def _copied_or_unknown(matcher: FieldMatcher) -> Form:
    return _copy("closing_date")(matcher) or {"unknown": True}


_FILLS: Final[Mapping[tuple[str, str], Callable[[FieldMatcher], Form]]] = {
    ("accounts", "account_name"): _copy("account_id"),
    ("accounts", "created_at"): _unknown,
    ("contacts", "contact_id"): _copy("email"),
    ("contacts", "account_id"): lambda m: _copy("contact_id")(m) if m.is_shared else None,
    ("contacts", "email"): _unknown,
    ("products", "product_name"): _copy("product_id"),
    ("products", "product_id"): _copy("product_name"),
    ("deals", "deal_id"): lambda _: {"row_number": True},
    ("deals", "created_at"): _copied_or_unknown,
    ("deals", "closing_date"): _copy("created_at"),
    ("deals", "stage"): lambda _: {"value": "Closed Won"},
}


def _gaps(known: Field, column: SampledColumn, key: SampledColumn) -> list[str]:
    """Sentences on texts of a lookup that are no key, with the key they probably mean."""
    unknown = {text: rows for text, rows in column.values.items() if text not in key.values}
    if not unknown or not key.values or key.distinct_count > len(key.values):
        return []
    rows = sum(unknown.values())
    shown = ", ".join(list(unknown)[:3])
    counted = "1 row has" if rows == 1 else f"{rows:,} rows have"
    sentences = [f"{counted} no record in {known.references}: {shown}"]
    by_key = {header_key(text): text for text in key.values}
    meant = {text: by_key[header_key(text)] for text in unknown if header_key(text) in by_key}
    if meant and len(meant) <= 20:
        pairs = ", ".join(f"{json.dumps(a)}: {json.dumps(b)}" for a, b in meant.items())
        column_text = json.dumps(column.name)
        sentences.append(f"{known.name}: {{column: {column_text}, replace: {{{pairs}}}}}")
    return sentences


def _inverted(column: SampledColumn) -> dict[str, tuple[str, ...]]:
    """Return the flag texts turned round: what says "no" there means true here."""
    no = {"false", "no", "0", "f", "n"}
    texts = list(column.values) or ["0", "1"]
    return {
        "true_values": tuple(t for t in texts if t.lower() in no) or ("0",),
        "false_values": tuple(t for t in texts if t.lower() not in no) or ("1",),
    }
