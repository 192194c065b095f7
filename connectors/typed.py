"""One extract to typed rows: values, remarks, and which rows are bad or filtered.

The relation this makes is private to a load in the making. It has source_row, source_line, the
canonical columns, one column per custom field (`custom_<name>`), one remark per field that may
have something to tell (`remark_<n>`, see connectors.parsing), `is_bad` and `is_kept`.
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from connectors.direct import CLEAN_TEXT, PLAIN_TEXT, direct_value
from connectors.errors import UNREADABLE, DamagedFileError
from connectors.extracts import Extract
from connectors.literals import identifier, literal
from connectors.parsing import cleaned, parsed, remark
from connectors.plain_texts import with_proven_texts
from connectors.plan import FieldPlan, ModulePlan
from models.fields import FieldType, Need


@dataclass(frozen=True)
class TypedColumn:
    """One field of the typed rows: its value column and its remark column, if it has one."""

    plan: FieldPlan
    column: str
    remark: str | None

    @property
    def is_unreadable(self) -> str:
        """SQL condition: the source held a text that could not be read."""
        return f"({self.remark} is not null and {self.column} is null)" if self.remark else "false"

    @property
    def is_fault(self) -> str:
        """SQL condition: the row must go to quarantine because of this field."""
        if self.plan.resolved.need is Need.KEY:
            return f"{self.column} is null"
        is_blocking = self.plan.is_blocking or self.plan.type is FieldType.TEXT
        return self.is_unreadable if is_blocking else "false"


def typed_columns(plan: ModulePlan) -> tuple[TypedColumn, ...]:
    """The columns of the typed rows: canonical fields in contract order, then custom fields."""
    found = []
    for position, field in enumerate((*plan.canonical, *plan.custom)):
        name = f"custom_{field.name}" if field.resolved.is_custom else field.name
        has_text = field.resolved.origin == "column"
        found.append(
            TypedColumn(field, identifier(name), f"remark_{position}" if has_text else None)
        )
    return tuple(found)


def wanted_columns(plan: ModulePlan) -> tuple[str, ...]:
    """Source columns that the plan reads, once each."""
    columns = [f.resolved.column for f in (*plan.canonical, *plan.custom)]
    return tuple(dict.fromkeys(c for c in columns if c is not None))


def typed_query(plan: ModulePlan, extract: Extract, file_stem: str) -> str:
    """SQL that types an extract: cleaned texts, then values, then remarks and verdicts."""
    columns = typed_columns(plan)
    texts, values, outputs = [], [], []
    for column in columns:
        if column.remark:
            expressions = _expressions(column, extract)
            texts.append(f"{expressions.text} as text_{column.remark}")
            values += [f"text_{column.remark}", f"{expressions.value} as {column.column}"]
            outputs.append(f"{expressions.remark} as {column.remark}")
    for column in columns:
        if not column.remark:
            values.append(f"{_constant(column.plan, file_stem)} as {column.column}")
    names = ", ".join(c.column for c in columns)
    rows = "source_row, source_line"
    typed = (
        f"select {', '.join([rows, names, *outputs])} from ("
        f"select {', '.join([rows, *values])} from ("
        f"select {', '.join([rows, *texts])} from ({extract.relation})))"
    )
    faults = " or ".join(f"({c.is_fault})" for c in columns if c.is_fault != "false") or "false"
    if plan.where is None:
        return f"select *, {faults} as is_bad, true as is_kept from ({typed})"
    module = identifier(plan.module.name)
    return (
        f"select * exclude (custom_fields), {faults} as is_bad,"
        f" coalesce({plan.where}, false) as is_kept"
        f" from (select *, {custom_fields(plan)} as custom_fields from ({typed})) as {module}"
    )


@dataclass(frozen=True)
class _Expressions:
    """The three steps of one field, each over the column that the step before made."""

    text: str
    value: str
    remark: str


def _expressions(column: TypedColumn, extract: Extract) -> _Expressions:
    """How a field reads its source column: by the type it has there, or by its text."""
    plan = column.plan
    source = plan.resolved.column or ""
    text = f"text_{column.remark}"
    own, kind = extract.typed.get(source, ("", ""))
    direct = direct_value(text, kind, plan)
    if direct is not None:
        doubts = [direct.changed] if direct.changed != "false" else []
        doubts += [f"{column.column} is null"] if direct.can_fail or doubts else []
        told = f"{text} is not null and ({' or '.join(doubts)})"
        remark_ = f"case when {told} then cast({text} as varchar) end" if doubts else _NOTHING
        return _Expressions(own, direct.value, remark_)
    is_marked = extract.is_marked and kind not in ("VARCHAR", PLAIN_TEXT, CLEAN_TEXT)
    return _Expressions(
        cleaned(extract.columns[source], plan, is_marked=is_marked),
        parsed(text, plan, is_marked=is_marked),
        remark(text, column.column, plan, is_marked=is_marked),
    )


_NOTHING: Final = "cast(null as varchar)"


def custom_fields(plan: ModulePlan) -> str:
    """SQL for the map of custom fields in canonical text, from the columns of the typed rows."""
    columns = typed_columns(plan)[len(plan.canonical) :]
    keys = ", ".join(literal(column.plan.name) for column in columns)
    values = ", ".join(f"cast({column.column} as varchar)" for column in columns)
    return f"cast(map([{keys}], [{values}]) as map(varchar, varchar))"


def _constant(field: FieldPlan, file_stem: str) -> str:
    resolved = field.resolved
    if resolved.origin == "row_number":
        return f"({literal(file_stem + '-')} || source_row)"
    if resolved.origin == "constant" and resolved.constant is not None:
        return f"cast({literal(resolved.constant)} as {field.type.sql})"
    return f"cast(null as {field.type.sql})"


@dataclass(frozen=True)
class TypedInput:
    """One typed input: its extract, and where its rows and its doubtful rows are found."""

    extract: Extract
    relation: str
    doubtful: str


def write_typed(
    connection: duckdb.DuckDBPyConnection,
    plan: ModulePlan,
    extract: Extract,
    file_stem: str,
    number: int,
    large_file: Path | None = None,
) -> TypedInput:
    """Type one input and find its doubtful rows.

    A cheap input becomes a view; any other one a table in memory, or, when a `large_file` to hold
    its rows is given, Parquet. A million deals cost 0.7 CPU seconds as a table and 1.5 as Parquet;
    8 million lines fill the whole memory limit as a table and 0.7 GB as Parquet. The extract that
    comes back is a more exact one where the engine stumbled over the fast one.
    """
    while True:
        relation = f"typed_{number}"
        kind = "view" if extract.is_cheap or large_file else "table"
        try:
            if extract.is_cheap:
                extract = with_proven_texts(connection, extract)
            query = typed_query(plan, extract, file_stem)
            if large_file and not extract.is_cheap:
                path = literal(str(large_file))
                connection.execute(f"copy ({query}) to {path} (format parquet, compression zstd)")
                query = f"select * from read_parquet({path})"
            connection.execute(f"create or replace temp {kind} {relation} as {query}")
            connection.execute(
                f"create temp table doubtful_{number} as {_doubtful_query(plan, extract, relation)}"
            )
        except duckdb.Error as error:
            if type(error) not in UNREADABLE:
                raise
            if extract.fallback is None:
                told = str(error).splitlines()[0]
                raise DamagedFileError(f"it cannot be read: {told}.", file=file_stem) from None
            extract = extract.fallback()
        else:
            return TypedInput(extract, relation, f"doubtful_{number}")


def _doubtful_query(plan: ModulePlan, extract: Extract, relation: str) -> str:
    """SQL for the rows of which something is to be told: bad, filtered, remarked or incomplete.

    Of every value there is only whether it is there (true or null); that is all that is asked. Of
    one that can neither fail nor be missed it is not asked, and its column need not be read.
    """
    columns = typed_columns(plan)
    told = [c.remark for c in columns if c.remark]
    asked = ["is_bad", "not is_kept", *(f"{remark} is not null" for remark in told)]
    asked += [f"{c.column} is null" for c in columns if c.plan.is_expected]
    presence = [
        f"case when {c.column} is not null then true end as {c.column}"
        if _is_asked(c, extract)
        else f"cast(null as boolean) as {c.column}"
        for c in columns
    ]
    names = ["source_row", "source_line", f"{record_id(plan)} as record_id", "is_bad", "is_kept"]
    return (
        f"select {', '.join([*names, *presence, *told])} from {relation} where {' or '.join(asked)}"
    )


def _is_asked(column: TypedColumn, extract: Extract) -> bool:
    """Whether anybody may want to know of a value of this column if it is there."""
    if column.plan.is_expected or column.plan.resolved.need is Need.KEY:
        return True
    return column.remark is not None and _expressions(column, extract).remark != _NOTHING


def record_id(plan: ModulePlan) -> str:
    """SQL for what names a record of the module: its key, else its parent's."""
    key = plan.module.key or plan.module.parent
    return identifier(key) if key else _NOTHING


def union_of(relations: Sequence[str], files: Sequence[str]) -> str:
    """SQL over the rows of the inputs of one load, with `file_index` and `source_file`."""
    parts = [
        f"select {index} as file_index, {literal(name)} as source_file, * from {relation}"
        for index, (relation, name) in enumerate(zip(relations, files, strict=True))
    ]
    return " union all ".join(parts)
