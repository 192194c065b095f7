"""One extract to typed Parquet: values, remarks, and which rows are bad or filtered.

The file this makes is private to a load in the making. It has source_row, source_line, the
canonical columns, one column per custom field (`custom_<name>`), one remark per field that may
have something to tell (`remark_<n>`, see connectors.parsing), `is_bad` and `is_kept`.
"""

# ruff: noqa: S608 (names come from the contract, texts pass through `literal`)
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from connectors.errors import DamagedFileError
from connectors.extracts import Extract
from connectors.literals import identifier, literal
from connectors.parsing import cleaned, parsed, remark
from connectors.plan import FieldPlan, ModulePlan
from models.fields import FieldType, Need


@dataclass(frozen=True)
class TypedColumn:
    """One field of the typed file: its value column and its remark column, if it has one."""

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
    """The columns of the typed file: canonical fields in contract order, then custom fields."""
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
    with_text = [c for c in columns if c.remark]
    texts, values, outputs = [], [], []
    for column in with_text:
        source = extract.columns[column.plan.resolved.column or ""]
        text = f"text_{column.remark}"
        texts.append(f"{cleaned(source, column.plan, is_marked=extract.is_marked)} as {text}")
        value = parsed(text, column.plan, is_marked=extract.is_marked)
        values += [text, f"{value} as {column.column}"]
        told = remark(text, column.column, column.plan, is_marked=extract.is_marked)
        outputs.append(f"{told} as {column.remark}")
    for column in columns:
        if not column.remark:
            values.append(f"{_constant(column.plan, file_stem)} as {column.column}")
    names = ", ".join(c.column for c in columns)
    rows = "source_row, source_line"
    faults = " or ".join(f"({c.is_fault})" for c in columns if c.is_fault != "false") or "false"
    typed = (
        f"select {', '.join([rows, names, *outputs])} from ("
        f"select {', '.join([rows, *values])} from ("
        f"select {', '.join([rows, *texts])} from ({extract.relation})))"
    )
    if plan.where is None:
        return f"select *, {faults} as is_bad, true as is_kept from ({typed})"
    module = identifier(plan.module.name)
    return (
        f"select * exclude (custom_fields), {faults} as is_bad,"
        f" coalesce({plan.where}, false) as is_kept"
        f" from (select *, {custom_fields(plan)} as custom_fields from ({typed})) as {module}"
    )


def custom_fields(plan: ModulePlan) -> str:
    """SQL for the map of custom fields in canonical text, from the columns of the typed file."""
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


def write_typed(
    connection: duckdb.DuckDBPyConnection,
    plan: ModulePlan,
    extract: Extract,
    file_stem: str,
    path: Path,
) -> Extract:
    """Write the typed file.

    Returns the extract that was read: a more exact one where the engine stumbled over the fast one.
    """
    while True:
        try:
            _copy(connection, typed_query(plan, extract, file_stem), path)
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            if extract.fallback is None:
                told = str(error).splitlines()[0]
                raise DamagedFileError(f"it cannot be read: {told}.", file=file_stem) from None
            extract = extract.fallback()
        else:
            return extract


def _copy(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    connection.execute(f"copy ({query}) to {literal(str(path))} (format parquet, compression zstd)")


def union_of(paths: Sequence[Path], files: Sequence[str]) -> str:
    """SQL over the typed files of one load, with `file_index` and `source_file`."""
    parts = [
        f"select {index} as file_index, {literal(name)} as source_file, *"
        f" from read_parquet({literal(str(path))})"
        for index, (path, name) in enumerate(zip(paths, files, strict=True))
    ]
    return " union all ".join(parts)
