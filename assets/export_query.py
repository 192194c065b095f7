"""What an export holds: the fields of the published copy, and the rows of one segment (EXP-3).

Holds the only SQL of exports. It is generic over the columns that the published tables have, so a
new field of the account row or a new technique appears in exports by itself.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import duckdb

from assets.warehouse import literal, quoted

CURRENCY_FIELD = "base_currency"
"""Column that says the currency of every `_amount` column (EXP-9)."""

_CHUNK_ROWS = 5_000
_EXACT_SCALE = 6
"""Python writes decimals with more places in scientific notation, so those are written by SQL."""


class UnknownExportFieldError(ValueError):
    """A chosen field does not exist in the published copy, or was chosen twice."""


class UnknownSegmentError(LookupError):
    """The segment is not in the published copy."""


@dataclass(frozen=True)
class ExportField:
    """One column that an export can have.

    `expression` is SQL over the joined tables; `is_text` says that its text comes from people and
    must be neutralised.
    """

    name: str
    expression: str
    is_text: bool
    is_amount: bool


class ExportQuery:
    """Fields and rows that one published copy offers to exports."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        self._tables = _tables(connection)
        self.currency: str | None = None
        self.fields = {field.name: field for field in self._all_fields()}

    def chosen(self, names: Sequence[str] | None) -> tuple[ExportField, ...]:
        """Fields of an export; None means all. The currency follows where amounts are chosen.

        Raises:
            UnknownExportFieldError: a name is unknown or given twice.
        """
        if names is None:
            return tuple(self.fields.values())
        known = {**self._short_names(), **self.fields}
        for place, name in enumerate(names):
            if name not in known:
                near = difflib.get_close_matches(name, self.fields, 1)
                hint = f"; did you mean {near[0]!r}?" if near else ""
                raise UnknownExportFieldError(f"export field {place + 1}: no field {name!r}{hint}")
            if name in names[:place]:
                raise UnknownExportFieldError(f"export field {place + 1}: {name!r} is given twice")
        found = [known[name] for name in names]
        has_currency = CURRENCY_FIELD in names
        if any(field.is_amount for field in found) and not has_currency:
            found.append(self.fields[CURRENCY_FIELD])
        return tuple(found)

    def _short_names(self) -> dict[str, ExportField]:
        """`rfm_label` for `rfm_label_name`: the name by which a configuration asks for a label."""
        long = [name for name in self.fields if name.endswith("_label_name")]
        return {
            name.removesuffix("_name"): replace(self.fields[name], name=name.removesuffix("_name"))
            for name in long
        }

    def segment_name(self, segment_id: str) -> str:
        """Name of a segment; UnknownSegmentError, with the nearest one, when not published."""
        columns = self._tables.get("seg_segments", {})
        name = next((one for one in ("segment_name", "name") if one in columns), "segment_id")
        if not columns:
            return segment_id
        names = dict(
            self._connection.execute(
                f"select segment_id, {name} from marts.seg_segments"  # noqa: S608
            ).fetchall()
        )
        if segment_id not in names:
            near = difflib.get_close_matches(segment_id, names, 1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise UnknownSegmentError(f"no segment {segment_id!r} in the published copy{hint}")
        return str(names[segment_id] or segment_id)

    def count(self, segment_id: str) -> int:
        """Number of members that an export of the segment has."""
        found = self._connection.execute(
            f"select count(*) {self._members()}",
            {"segment": segment_id},
        ).fetchone()
        return int(found[0]) if found else 0

    def rows(
        self, segment_id: str, fields: Sequence[ExportField]
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Rows of the members, ordered by account_id, in chunks of bounded size."""
        chosen = ", ".join(f"{field.expression} as {quoted(field.name)}" for field in fields)
        joins = [self._members()]
        if "seg_account_labels" in self._tables:
            joins.append(self._labels_join())
        if "seg_members" in self._tables:
            joins.append(self._segments_join())
        result = self._connection.execute(
            f"select {chosen} {' '.join(joins)} order by a.account_id",
            {"segment": segment_id},
        )
        while chunk := result.fetchmany(_CHUNK_ROWS):
            yield chunk

    def _all_fields(self) -> Iterator[ExportField]:
        columns = self._tables["accounts"]
        for name, kind in columns.items():
            yield _field(name, f"a.{quoted(name)}", kind)
        self.currency = self._published_currency()
        for technique in self._techniques():
            for suffix, column in (("label", "primary_labels"), ("labels", "all_labels")):
                name = f"{technique}_{suffix}"
                if name not in columns and f"{name}_name" not in columns:
                    expression = f"l.{column}[{literal(technique)}]"
                    yield _field(name, expression, "VARCHAR")
        if "segments" not in columns and "seg_members" in self._tables:
            yield _field("segments", "s.segments", "VARCHAR")
        if CURRENCY_FIELD not in columns:
            yield _field(CURRENCY_FIELD, literal(self.currency or ""), "VARCHAR")

    def _published_currency(self) -> str | None:
        found = self._connection.execute("select currency from main.publication").fetchone()
        return str(found[0]) if found and found[0] else None

    def _techniques(self) -> list[str]:
        """Techniques with labels, those without labelled accounts included."""
        tables = [
            table
            for table in ("seg_account_labels", "rpt_labels")
            if "technique" in self._tables.get(table, {})
        ]
        if "seg_account_labels" not in tables:
            return []
        query = " union ".join(f"select technique from marts.{table}" for table in tables)  # noqa: S608
        found = self._connection.execute(f"{query} order by technique").fetchall()
        return [technique for (technique,) in found if technique]

    def _members(self) -> str:
        return (
            "from main.accounts a semi join (select account_id from marts.seg_members "
            "where segment_id = $segment) m on m.account_id = a.account_id"
        )

    def _labels_join(self) -> str:
        columns = self._tables["seg_account_labels"]
        label = next((one for one in ("label_name", "label_id", "label") if one in columns), None)
        place = "position" if "position" in columns else label
        primary = "is_primary" if "is_primary" in columns else f"{place} = first_place"
        return f"""
            left join (
                select account_id, map_from_entries(list((technique, main_label))) primary_labels,
                       map_from_entries(list((technique, labels))) all_labels
                from (
                    select account_id, technique,
                           min({label}) filter (where {primary}) as main_label,
                           string_agg({label}, '; ' order by {place}, {label}) as labels
                    from (
                        select *, min({place}) over (partition by account_id, technique) first_place
                        from marts.seg_account_labels where {label} is not null
                    ) group by account_id, technique
                ) group by account_id
            ) l on l.account_id = a.account_id"""  # noqa: S608

    def _segments_join(self) -> str:
        columns = self._tables.get("seg_segments", {})
        name = next((one for one in ("segment_name", "name") if one in columns), None)
        named = f"coalesce(c.{name}, x.segment_id)" if name else "x.segment_id"
        card = "left join marts.seg_segments c on c.segment_id = x.segment_id" if name else ""
        return f"""
            left join (
                select x.account_id, string_agg({named}, '; ' order by {named}) as segments
                from marts.seg_members x {card} group by x.account_id
            ) s on s.account_id = a.account_id"""  # noqa: S608


def _tables(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where schema_name in ('main', 'marts') and not internal order by table_name, column_index"
    ).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


def _field(name: str, expression: str, kind: str) -> ExportField:
    """Write a column the way EXP-9 wants it: ISO dates, plain numbers, `true` and `false`."""
    is_amount = name.endswith("_amount")
    if kind == "VARCHAR":
        return ExportField(name, expression, is_text=True, is_amount=False)
    if kind in ("BOOLEAN", "DATE"):
        return ExportField(name, f"cast({expression} as varchar)", False, False)
    if kind.startswith("TIMESTAMP"):
        instant = f"timezone('UTC', {expression})" if "TIME ZONE" in kind else expression
        text = f"replace(strftime({instant}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000', '')"
        return ExportField(name, text, False, False)
    if kind.startswith("DECIMAL"):
        is_exact = int(kind.rstrip(")").split(",")[-1]) <= _EXACT_SCALE
        plain = expression if is_exact else f"cast({expression} as varchar)"
        return ExportField(name, plain, False, is_amount)
    if kind.endswith("INT") or kind in ("INTEGER", "UINTEGER", "DOUBLE", "FLOAT"):
        return ExportField(name, expression, False, is_amount)
    return ExportField(name, f"cast(to_json({expression}) as varchar)", True, False)
