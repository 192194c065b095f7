"""The header against the contract, before a row is read: schema drift stops the load (F24, F35).

The mapping itself finds missing and doubled columns; here a mapped column that was there in the
load before and has gone, and a column whose type changed, are found as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from connectors.errors import SchemaDriftError
from connectors.loads import Load
from connectors.plan import ModulePlan
from connectors.request import Landing
from connectors.sources import OpenedInput
from models.fields import FieldType
from models.mapping import MappingError, resolve_mapping
from models.problems import choose_from

_FITTING: Final[Mapping[FieldType, frozenset[str]]] = {
    FieldType.TEXT: frozenset({"text", "number", "boolean", "date", "timestamp"}),
    FieldType.AMOUNT: frozenset({"text", "number"}),
    FieldType.RATE: frozenset({"text", "number"}),
    FieldType.INTEGER: frozenset({"text", "number"}),
    FieldType.BOOLEAN: frozenset({"text", "number", "boolean"}),
    FieldType.DATE: frozenset({"text", "date", "timestamp"}),
    FieldType.TIMESTAMP: frozenset({"text", "date", "timestamp"}),
}
_NUMERIC_DATES: Final = {"excel_serial", "epoch_seconds", "epoch_milliseconds"}


def resolved_plan(landing: Landing, opened: OpenedInput) -> ModulePlan:
    """Resolve the mapping against the header of one input.

    Raises SchemaDriftError with every problem, the nearest header and the rules that use a field.
    """
    formats = landing.source.value_formats(landing.organization.time_zone)
    try:
        resolved = resolve_mapping(landing.mapping, landing.module, opened.header, formats=formats)
    except MappingError as error:
        fields = re.findall(r"^(?:fields|custom)\.(\w+)", "\n".join(error.problems), re.MULTILINE)
        used = "".join(_uses(landing, name) for name in dict.fromkeys(fields))
        raise SchemaDriftError(
            f"the columns do not fit modules.{landing.module.name}: "
            f"{'; '.join(error.problems)}{used}.",
            source=landing.mapping.table,
            file=opened.name,
            field=fields[0] if fields else None,
        ) from None
    return ModulePlan(landing.module, resolved, landing.filter)


def _uses(landing: Landing, field: str) -> str:
    rules = landing.uses.get(field, ())
    return f"; {field} is used by {', '.join(rules)}" if rules else ""


def check_drift(
    landing: Landing,
    opened: Sequence[OpenedInput],
    plans: Sequence[ModulePlan],
    known: Sequence[Load],
) -> None:
    """Compare every input with the contract, its neighbours in the set and the last load.

    Raises SchemaDriftError naming file, field and column.
    """
    first = _columns(plans[0])
    for item, plan in zip(opened, plans, strict=True):
        if _columns(plan) != first:
            changed = sorted(set(first.items()) ^ set(_columns(plan).items()))
            _refuse(landing, item, changed[0][0], f"has other columns than {opened[0].name}")
        _check_families(landing, item, plan)
        _check_change(landing, item, field_families(opened[0], plans[0]), plan)
    earlier = [
        load
        for load in known
        if load.source == landing.mapping.table and load.mapping_hash == landing.mapping_hash
    ]
    if earlier:
        _check_change(landing, opened[0], earlier[-1].families, plans[0])
        for field, column in earlier[-1].mapped_columns.items():
            if field not in first:
                advice = choose_from(column, [h for h in opened[0].header if h])
                _refuse(
                    landing,
                    opened[0],
                    field,
                    f"the column {column!r} of the load before is gone{advice}",
                )


def _columns(plan: ModulePlan) -> dict[str, str]:
    fields = (*plan.canonical, *plan.custom)
    return {f.name: f.resolved.column for f in fields if f.resolved.column is not None}


def field_families(item: OpenedInput, plan: ModulePlan) -> dict[str, str]:
    """Type family by field, where the format has types and the column holds anything."""
    found = {name: item.families.get(column) for name, column in _columns(plan).items()}
    return {name: family for name, family in found.items() if family and family != "nothing"}


def _check_change(
    landing: Landing, item: OpenedInput, before: Mapping[str, str], plan: ModulePlan
) -> None:
    for field, family in field_families(item, plan).items():
        if before.get(field, family) != family:
            column = _columns(plan)[field]
            _refuse(
                landing,
                item,
                field,
                f"the column {column!r} holds {family}, it held {before[field]}",
            )


def _check_families(landing: Landing, item: OpenedInput, plan: ModulePlan) -> None:
    for field in (*plan.canonical, *plan.custom):
        family = item.families.get(field.resolved.column or "")
        if family is None or family == "nothing":
            continue
        allowed = set(_FITTING[field.type])
        formats = field.resolved.formats
        declared = (*formats.date_formats, *formats.timestamp_formats)
        if field.type in (FieldType.DATE, FieldType.TIMESTAMP) and _NUMERIC_DATES & set(declared):
            allowed.add("number")
        if family not in allowed:
            told = (
                f"the column {field.resolved.column!r} holds {family}, a {field.type.value} field"
            )
            _refuse(landing, item, field.name, f"{told} takes {', '.join(sorted(allowed))}")


def _refuse(landing: Landing, item: OpenedInput, field: str, why: str) -> None:
    raise SchemaDriftError(
        f"{why}{_uses(landing, field)}.",
        source=landing.mapping.table,
        file=item.name,
        field=field,
    )
