"""How the values of proposed fields are written, declared once for the source where all agree."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from models.detection import date_reading, number_reading, numeric_date_reading, unread_text
from models.fields import FieldType, module_named
from models.proposal_parts import Automatic, FieldProposal, with_formats
from models.sampled import SampledColumn, SampledTable

Declared = dict[str, str | tuple[str, ...]]
_NUMBERS = (FieldType.AMOUNT, FieldType.RATE, FieldType.INTEGER)
_DATES = (FieldType.DATE, FieldType.TIMESTAMP)
_DEFAULTS: Declared = {
    "date_format": "iso",
    "timestamp_format": "iso",
    "decimal": ".",
    "thousands": "",
}


@dataclass(frozen=True)
class _Need:
    """What one field needs declared; keys left out are neutral."""

    module: str
    field: str
    formats: Declared
    doubt: str = ""


class FormatNeeds:
    """The formats that the fields of one source need."""

    def __init__(
        self,
        modules: Mapping[str, tuple[SampledTable | None, Sequence[FieldProposal], Automatic]],
    ) -> None:
        self.modules = modules
        self.needs = [need for name in modules for need in self._module_needs(name)]

    def settled(
        self,
    ) -> tuple[Declared, dict[str, tuple[tuple[FieldProposal, ...], Automatic]]]:
        """Return the declarations of the source, and the fields with what they need beside."""
        source: Declared = {}
        for key, default in _DEFAULTS.items():
            wanted = {need.formats[key] for need in self.needs if key in need.formats}
            if len(wanted) == 1 and wanted != {default}:
                source[key] = wanted.pop()
        nulls = sorted(
            text
            for table, _, _ in self.modules.values()
            if table is not None
            for text in {t for column in table.columns for t in column.null_texts}
        )
        if nulls:
            source["null_values"] = ("", *dict.fromkeys(nulls))
        return source, {name: self._changed(name, source) for name in self.modules}

    def _module_needs(self, name: str) -> list[_Need]:
        table, fields, automatic = self.modules[name]
        if table is None:
            return []
        columns = [*automatic, *((f.name, f.column) for f in fields if f.column is not None)]
        copies = {f.form["copy"]: f.name for f in fields if f.form and "copy" in f.form}
        found = []
        for field, column in columns:
            known = module_named(name)
            types = {known.field(field).type}
            if field in copies:
                types.add(known.field(copies[field]).type)
            found.append(_need(name, field, table.column(column), types))
        return found

    def _changed(self, name: str, source: Declared) -> tuple[tuple[FieldProposal, ...], Automatic]:
        _, fields, automatic = self.modules[name]
        written = {f.name: f for f in fields}
        left = dict(automatic)
        for need in self.needs:
            own = {
                key: value
                for key, value in need.formats.items()
                if value != source.get(key, _DEFAULTS[key])
            }
            if need.module != name or not (own or need.doubt):
                continue
            field = written.get(need.field) or FieldProposal(need.field, left.pop(need.field))
            written[need.field] = with_formats(field, own, need.doubt)
        order = module_named(name).field_names
        return tuple(written[f] for f in order if f in written), tuple(left.items())


def _need(module: str, field: str, column: SampledColumn, types: set[FieldType]) -> _Need:
    if types & set(_DATES):
        return _date_need(module, field, column, types)
    if types & set(_NUMBERS) and not column.is_native:
        reading = number_reading(column)
        if reading is None:
            doubt = _unfit(column, "number") if column.values else ""
            return _Need(module, field, {}, doubt)
        if all(re.fullmatch(r"[+-]?\d+", text) for text in column.values):
            return _Need(module, field, {})
        doubt = "" if reading.is_sure else "is 1,234 a thousand or a fraction?"
        return _Need(
            module, field, {"decimal": reading.decimal, "thousands": reading.thousands}, doubt
        )
    return _Need(module, field, {})


def _date_need(module: str, field: str, column: SampledColumn, types: set[FieldType]) -> _Need:
    reading = None if column.is_native else date_reading(column)
    reading = reading or numeric_date_reading(column)
    if reading is None:
        is_doubtful = bool(column.values) and not column.is_native
        return _Need(module, field, {}, _unfit(column, "date") if is_doubtful else "")
    written = reading.formats[0] if len(reading.formats) == 1 else reading.formats
    formats: Declared = {}
    if FieldType.DATE in types:
        formats["date_format"] = written
    if FieldType.TIMESTAMP in types:
        formats["timestamp_format"] = written
    doubt = ""
    if reading.others:
        doubt = f"day and month cannot be told apart; it may be {reading.others[0]!r}"
    elif reading.unread is not None:
        doubt = f"{reading.unread!r} is read by none of these formats"
    return _Need(module, field, formats, doubt)


def _unfit(column: SampledColumn, what: Literal["number", "date"]) -> str:
    text = unread_text(column, what)
    if text is None:
        return f"each {what} can be read, but they are written in different ways"
    return f"values such as {text!r} are no {what}"
