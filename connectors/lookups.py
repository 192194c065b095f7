"""Fields that stand in another table: how a lookup becomes a column of the table that needs it.

A CRM that keeps its relations in tables of pairs (deal and company, ticket and contact) is read
without code: the pairs are gathered once, and every reader of the module gets one more
column, which the mapping then reads like any other. Nothing is typed here.
"""

# ruff: noqa: S608 (names are quoted, texts pass through `literal`)
from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import duckdb

from connectors.errors import LandingError, SchemaDriftError
from connectors.extracts import Extract
from connectors.literals import literal
from connectors.parsing import NATIVE
from connectors.request import Landing
from connectors.sources import Input, OpenedInput, find_inputs
from models.modules import LookupField, MappedModule
from models.problems import choose_from
from models.text import canonical


@dataclass(frozen=True)
class LookupColumn:
    """One lookup, gathered: a Parquet file of key and value, and how many keys had several."""

    lookup: LookupField
    pairs: Path
    ambiguous_count: int


@dataclass(frozen=True)
class Lookups:
    """The lookups of a module: found and gathered once, however many inputs need them.

    `folder` is where the pairs lie while inputs are read.
    """

    landing: Landing
    folder: Path

    @cached_property
    def digest(self) -> str:
        """Digest of the files that are read.

        It is part of how a load is mapped: when a pair changes, what was landed with it lands anew.
        """
        digest = hashlib.sha256()
        for _, inputs in self._inputs:
            for found in inputs:
                digest.update(found.content_hash.encode())
        return digest.hexdigest()

    def joined(self, found: Input) -> Input:
        """An input that is opened with one more column for every lookup."""

        def opened(work: Path) -> Sequence[OpenedInput]:
            return [LookedUpInput(item, self._columns) for item in found.open(work)]

        return dataclasses.replace(found, open=opened)

    @cached_property
    def _inputs(self) -> list[tuple[LookupField, list[Input]]]:
        """Of each lookup, the files of its table that count, the oldest first.

        Exports of after the business date are not known yet; of snapshots only the newest counts.
        Files still being written are left out.
        """
        landing, found = self.landing, []
        as_of = landing.as_of or landing.organization.as_of
        for lookup in landing.mapping.lookups:
            mapping = MappedModule.model_validate({"from": lookup.lookup})
            source = landing.lookup_sources[mapping.source]
            inputs, _ = find_inputs(dataclasses.replace(landing, mapping=mapping, source=source))
            known = [i for i in inputs if not (as_of and i.exported_on and i.exported_on > as_of)]
            known.sort(key=lambda i: (i.exported_on or date.min, i.name))
            found.append((lookup, known[-1:] if source.loads == "snapshot" else known))
        return found

    @cached_property
    def _columns(self) -> tuple[LookupColumn, ...]:
        return tuple(
            self._gathered(lookup, inputs, self.folder / f"lookup_{number}.parquet")
            for number, (lookup, inputs) in enumerate(self._inputs)
        )

    def _gathered(self, lookup: LookupField, inputs: Sequence[Input], pairs: Path) -> LookupColumn:
        """Write the distinct keys of the other table with their value.

        The newest export that holds a key decides; where it has several values, the smallest is
        taken.

        Raises SchemaDriftError when the table has no such column.
        """
        landing = self.landing
        work = pairs.with_suffix("")
        work.mkdir(parents=True)
        relations = []
        for number, found in enumerate(inputs):
            for item in found.open(work):
                key = _header(lookup.key_column, item, lookup)
                value = _header(lookup.value, item, lookup)
                extract = item.extract(list(dict.fromkeys((key, value))))
                texts = ", ".join(
                    f"{_text(extract.columns[name])} as {role}"
                    for name, role in ((key, "key"), (value, "value"))
                )
                relations.append(f"select {texts}, {number} as export from ({extract.relation})")
        if not relations:
            raise LandingError(
                f"the table {lookup.lookup!r} of a lookup has no file yet.",
                source=landing.mapping.table,
            )
        source = landing.lookup_sources[lookup.lookup.split(".", 1)[0]]
        formats = source.value_formats(landing.organization.time_zone)
        nulls = ", ".join(literal(text) for text in dict.fromkeys(("", *formats.null_values)))
        with duckdb.connect() as connection:
            connection.execute(
                f"copy (select key, min(value) as value, count(distinct value) as value_count"
                f" from (select *, max(export) over (partition by key) as newest"
                f" from ({' union all '.join(relations)})"
                f" where key not in ({nulls}) and value not in ({nulls}))"
                f" where export = newest group by key) to {literal(str(pairs))} (format parquet)"
            )
            counted = connection.execute(
                f"select count(*) from {literal(str(pairs))} where value_count > 1"
            ).fetchone()
        return LookupColumn(lookup, pairs, counted[0] if counted else 0)


def _text(column: str) -> str:
    """A value of an extract as trimmed text, without the mark of a typed one."""
    return f"trim(ltrim(cast({column} as varchar), {literal(NATIVE)}))"


def _header(column: str, item: OpenedInput, lookup: LookupField) -> str:
    """The header a column of the other table means; refused when there is none."""
    for header in item.header:
        if canonical(header) == canonical(column):
            return header
    raise SchemaDriftError(
        f"the table {lookup.lookup!r} of a lookup has no column {column!r}"
        f"{choose_from(column, item.header)}.",
        file=item.name,
        field=column,
    )


@dataclass(frozen=True)
class LookedUpInput:
    """An opened input with one more column for every lookup."""

    inner: OpenedInput
    lookups: tuple[LookupColumn, ...]

    @property
    def name(self) -> str:
        """Name of the input."""
        return self.inner.name

    @property
    def stem(self) -> str:
        """Its name without extensions."""
        return self.inner.stem

    @property
    def content_hash(self) -> str:
        """Digest of its own content."""
        return self.inner.content_hash

    @property
    def bytes(self) -> int:
        """Its own size."""
        return self.inner.bytes

    @property
    def header(self) -> tuple[str, ...]:
        """Its own columns, then one for every lookup."""
        return (*self.inner.header, *(column.lookup.header for column in self.lookups))

    @property
    def families(self) -> dict[str, str]:
        """Type families of its own columns; what is looked up is text."""
        return self.inner.families

    def extract(self, wanted: Sequence[str]) -> Extract:
        """Read the wanted columns; those of lookups by the column that holds their key."""
        asked = [c for c in self.lookups if c.lookup.header in wanted]
        added = {column.lookup.header for column in asked}
        own = [name for name in wanted if name not in added]
        keys = {c.lookup.by: _header(c.lookup.by, self.inner, c.lookup) for c in asked}
        base = self.inner.extract(list(dict.fromkeys((*own, *keys.values()))))
        return self._joined(base, asked, keys, wanted)

    def _joined(
        self,
        base: Extract,
        asked: Sequence[LookupColumn],
        keys: Mapping[str, str],
        wanted: Sequence[str],
    ) -> Extract:
        if not asked:
            return base
        selected = "".join(f", lookup_{n}.value as looked_up_{n}" for n in range(len(asked)))
        joins = "".join(
            f" left join read_parquet({literal(str(column.pairs))}) as lookup_{n} on"
            f" {_text('base.' + base.columns[keys[column.lookup.by]])} = lookup_{n}.key"
            for n, column in enumerate(asked)
        )
        columns = {name: base.columns[name] for name in wanted if name in base.columns}
        columns |= {column.lookup.header: f"looked_up_{n}" for n, column in enumerate(asked)}
        notes = tuple(
            f"{column.ambiguous_count} keys of {column.lookup.lookup} have several values of "
            f"{column.lookup.value}; the smallest was taken"
            for column in asked
            if column.ambiguous_count
        )
        fallback = base.fallback
        return dataclasses.replace(
            base,
            relation=f"select base.*{selected} from ({base.relation}) as base{joins}",
            columns=columns,
            header=self.header,
            notes=(*base.notes, *notes),
            is_cheap=False,
            fallback=fallback and (lambda: self._joined(fallback(), asked, keys, wanted)),
        )
