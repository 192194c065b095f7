"""From the headers of a source table to canonical fields, without reading a row (MAP, LKP).

`resolve_mapping` decides once, from the declaration and the headers, where every canonical field
comes from; landing then only carries it out.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from models.fields import Field, FieldType, Module, Need
from models.formats import FormatDeclaration, ValueFormats
from models.modules import (
    ColumnField,
    ConstantField,
    CopyField,
    LookupField,
    MappedModule,
    RowNumberField,
    UnknownField,
)
from models.problems import choose_from, nearest
from models.standard_names import STANDARD_NAMES, header_key
from models.text import canonical, fold
from models.values import canonical_constant

Origin = Literal["column", "constant", "copy", "row_number", "unknown", "unmapped"]


class MappingError(ValueError):
    """A table that does not fit its mapping; `problems` holds every reason, one line each."""

    def __init__(self, module: str, problems: Sequence[str]) -> None:
        self.module = module
        self.problems = tuple(problems)
        super().__init__("\n".join(f"modules.{module}: {problem}" for problem in self.problems))


@dataclass(frozen=True)
class ResolvedField:
    """Where one field comes from.

    `origin` says which attribute holds it: `column` (exact header), `constant` (canonical text:
    ISO date, plain number, true/false), `copy_of` (canonical field). A field of origin
    `row_number` is `<file stem>-<row>`; `unknown` (declared) and `unmapped` (optional, not in the
    table) are null. `replacements` maps folded found text to canonical text and is applied to the
    trimmed raw text before it is read with `formats`.
    """

    name: str
    type: FieldType
    origin: Origin
    need: Need = Need.OPTIONAL
    is_custom: bool = False
    column: str | None = None
    constant: str | None = None
    copy_of: str | None = None
    formats: ValueFormats = field(default_factory=ValueFormats)
    replacements: Mapping[str, str] = field(default_factory=dict)

    def replaced(self, raw_text: str) -> str:
        """Return the text after this field's replacements, trimmed."""
        text = canonical(raw_text)
        return self.replacements.get(fold(text), text) if self.replacements else text


@dataclass(frozen=True)
class ResolvedMapping:
    """Every canonical field of a module (contract order) and every custom field, resolved.

    `unmapped_columns` are headers nothing reads, in file order; blank headers are left out.
    `mapping_hash` changes when any field would be read differently.
    """

    module: str
    key: str | None
    fields: tuple[ResolvedField, ...]
    custom: tuple[ResolvedField, ...]
    unmapped_columns: tuple[str, ...]
    keep: Literal["last", "first"]

    @property
    def columns(self) -> tuple[str, ...]:
        """Source columns that are read, in the order of the fields that read them."""
        read = [f.column for f in (*self.fields, *self.custom) if f.column is not None]
        return tuple(dict.fromkeys(read))

    def field(self, name: str) -> ResolvedField:
        """Return a canonical or custom field by name; KeyError when there is none."""
        for candidate in (*self.fields, *self.custom):
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    @property
    def mapping_hash(self) -> str:
        """SHA-256 over what is read and how; the same for equal mappings on every machine."""
        meaning = [asdict(f) for f in (*self.fields, *self.custom)]
        text = json.dumps([self.module, self.keep, meaning], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def resolve_mapping(
    module_mapping: MappedModule,
    module: Module,
    headers: Sequence[str],
    *,
    formats: ValueFormats | None = None,
) -> ResolvedMapping:
    """Resolve every field of a module against the headers of its table.

    `formats` are the formats of the source (`Source.value_formats`). Raises MappingError with all
    problems: duplicate headers; columns that do not exist, with the nearest one (F35); two fields
    on one column (MAP-8); more than one candidate for a field (LKP-3); missing mandatory fields.
    """
    resolver = _Resolver(module_mapping, module, headers, formats or ValueFormats())
    resolved = resolver.resolve()
    if resolver.problems:
        raise MappingError(module.name, resolver.problems)
    return resolved


class _Resolver:
    """One resolution; collects problems so that all are shown together."""

    def __init__(
        self, declared: MappedModule, module: Module, headers: Sequence[str], formats: ValueFormats
    ) -> None:
        self.declared, self.module, self.formats = declared, module, formats
        self.headers = [canonical(header) for header in headers]
        self.raw_by_header = dict(zip(self.headers, headers, strict=True))
        self.problems: list[str] = []
        self.by_key: dict[str, list[str]] = defaultdict(list)
        for header in self.headers:
            if header:
                self.by_key[header_key(header)].append(header)
        self.reader_of: dict[str, str] = {}

    def resolve(self) -> ResolvedMapping:
        self.refuse_duplicate_headers()
        explicit = {name: self.explicit(name) for name in self.declared.fields}
        custom = tuple(self.custom_field(name) for name in self.declared.custom)
        fields = tuple(
            explicit[f.name] if f.name in explicit else self.automatic(f)
            for f in self.module.fields
        )
        unmapped = tuple(h for h in self.headers if h and h not in self.reader_of)
        self.check_copies({f.name: f for f in fields})
        return ResolvedMapping(
            module=self.module.name,
            key=self.module.key,
            fields=fields,
            custom=custom,
            unmapped_columns=unmapped,
            keep=self.declared.keep,
        )

    def refuse_duplicate_headers(self) -> None:
        seen: dict[str, str] = {}
        for header in self.headers:
            key = header.casefold()
            if header and key in seen:
                self.problems.append(
                    f"the table has the column {header!r} twice"
                    + ("" if seen[key] == header else f" (also as {seen[key]!r})")
                    + "; rename one of them in the export"
                )
            seen.setdefault(key, header)

    def explicit(self, name: str) -> ResolvedField:
        form = self.declared.fields[name]
        known = self.module.field(name)
        if isinstance(form, ColumnField):
            return self.column_field(name, form.column, form, known.type, known.need)
        if isinstance(form, LookupField):
            return self.column_field(name, form.header, form, known.type, known.need)
        if isinstance(form, CopyField):
            return ResolvedField(name, known.type, "copy", known.need, copy_of=form.copy_of)
        if isinstance(form, ConstantField):
            text = canonical_constant(form.value, known.type)
            return ResolvedField(name, known.type, "constant", known.need, constant=text)
        if isinstance(form, RowNumberField):
            return ResolvedField(name, known.type, "row_number", known.need)
        assert isinstance(form, UnknownField)
        return ResolvedField(name, known.type, "unknown", known.need)

    def custom_field(self, name: str) -> ResolvedField:
        declared = self.declared.custom[name]
        return self.column_field(
            name, declared.column, declared, declared.type, Need.OPTIONAL, is_custom=True
        )

    def column_field(
        self,
        name: str,
        column: str,
        declared: FormatDeclaration,
        type_: FieldType,
        need: Need,
        is_custom: bool = False,
    ) -> ResolvedField:
        place = f"{'custom' if is_custom else 'fields'}.{name}"
        header = self.find(place, column)
        if header is not None:
            self.take(header, name, place)
        replacements = getattr(declared, "replace", {})
        return ResolvedField(
            name,
            type_,
            "column",
            need,
            is_custom,
            column=None if header is None else self.raw_by_header[header],
            formats=declared.over(self.formats),
            replacements={fold(found): canonical(text) for found, text in replacements.items()},
        )

    def find(self, place: str, column: str) -> str | None:
        """Return the header a declared column means: itself, else the one that differs in marks."""
        wanted = canonical(column)
        if wanted in self.raw_by_header:
            return wanted
        candidates = self.by_key.get(header_key(wanted), [])
        if len(candidates) == 1:
            return candidates[0]
        if candidates:
            listed = ", ".join(map(repr, candidates))
            self.problems.append(f"{place}: {column!r} may mean {listed}; write one exactly")
        else:
            known = [header for header in self.headers if header]
            advice = choose_from(column, known)
            self.problems.append(f"{place}: the table has no column {column!r}{advice}")
        return None

    def take(self, header: str, name: str, place: str) -> None:
        if header in self.reader_of:
            self.problems.append(
                f"{place}: column {header!r} is already read by {self.reader_of[header]} "
                f"(MAP-8); write {{copy: {self.reader_of[header]}}} for the same value"
            )
        self.reader_of.setdefault(header, name)

    def automatic(self, known: Field) -> ResolvedField:
        """Map an unlisted field by its canonical name or a known spelling (MAP-4)."""
        keys = {header_key(known.name)}
        keys |= STANDARD_NAMES.get(self.module.contract, {}).get(known.name, frozenset())
        candidates = [
            header
            for header in self.headers
            if header and header_key(header) in keys and header not in self.reader_of
        ]
        if len(candidates) > 1:
            listed = ", ".join(map(repr, candidates))
            self.problems.append(
                f"fields.{known.name}: several columns fit (LKP-3): {listed}; choose one, as in "
                f"`{known.name}: {candidates[0]}`"
            )
        elif candidates:
            self.take(candidates[0], known.name, f"fields.{known.name}")
            column = self.raw_by_header[candidates[0]]
            return ResolvedField(
                known.name, known.type, "column", known.need, column=column, formats=self.formats
            )
        elif known.need is not Need.OPTIONAL:
            self.missing(known)
        return ResolvedField(known.name, known.type, "unmapped", known.need)

    def missing(self, known: Field) -> None:
        free = [header for header in self.headers if header and header not in self.reader_of]
        close = nearest(known.name.replace("_", " "), free)
        hint = f"; the nearest column is {close!r}" if close else ""
        listed = ", ".join(map(repr, free[:25])) or "none"
        remedy = f"write `{known.name}: COLUMN`"
        if known.need is Need.REQUIRED:
            remedy += f", or `{known.name}: {{unknown: true}}` when the source does not know it"
        self.problems.append(
            f"fields.{known.name}: no column fits this {known.need.value} field{hint}; "
            f"free columns: {listed}; {remedy}"
        )

    def check_copies(self, fields: Mapping[str, ResolvedField]) -> None:
        for resolved in fields.values():
            if resolved.copy_of is None:
                continue
            original = fields.get(resolved.copy_of)
            if original is None or original.origin == "copy":
                names = [n for n, f in fields.items() if f.origin == "column"]
                advice = choose_from(resolved.copy_of, names)
                self.problems.append(
                    f"fields.{resolved.name}: copies {resolved.copy_of!r}, which is no field "
                    f"with a value of its own{advice}"
                )
