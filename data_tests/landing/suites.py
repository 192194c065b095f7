"""Suites of expectations on landed data, built from the mapping alone (DESIGN 4, EDG-18).

Each check says which rows offend it; a suite is the checks of all mapped modules. Names are fixed
by the contract (`check_names`), so an orchestrator knows them before it knows a configuration.
Critical checks hold whatever a CRM holds, because landing made them true; a broken one is a fault
of the pipeline. What a CRM may get wrong is a warning with its count. Only a snapshot that lost
most of its rows is critical as well, because it would delete what it lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from models.fields import LANDED_MODULES, Field, FieldType, Module, Need, contract_of
from models.modules import DealsModule, MappedModule, Modules, UnknownField
from models.sources import LARGEST_LOSS, Source
from models.text import fold

Severity = Literal["critical", "warning"]

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
LARGEST_GROWTH: Final = 0.5
"""Share by which the rows of a snapshot may grow before a warning."""

_LIMITS: Final = {
    "probability": "between 0 and 100",
    "discount_share": "between 0 and 1",
    "exchange_rate": "> 0",
    "employees": ">= 0",
    "annual_revenue": ">= 0",
    "quantity_in_stock": ">= 0",
}
_MAIL: Final = "^[^@\\s]+@[^@\\s]+\\.[^@\\s.]+$"


@dataclass(frozen=True)
class Check:
    """One expectation.

    `offends` is a SQL condition on rows of the module; for the other kinds the measure is made by
    `data_tests.landing.measures`.
    kind: rows (no row may offend), unique, link (`references` names the module), stages, volume.
    `largest_loss` and `setting` (the key that holds it) are for `snapshot_is_whole`.
    """

    name: str
    module: str
    column: str | None
    severity: Severity
    description: str
    kind: Literal["rows", "unique", "link", "stages", "volume"] = "rows"
    offends: str = ""
    references: str | None = None
    largest_loss: float = LARGEST_LOSS
    setting: str = "sources.<name>.largest_loss"

    @property
    def measure(self) -> str:
        """Name of the measure the check reads, unique in a suite."""
        return f"{self.module}.{self.name}"


@dataclass(frozen=True)
class Suite:
    """The checks of a configuration, and the stages its map knows.

    Stages are folded; where there are pipelines they are `<pipeline> / <stage>`.
    """

    checks: tuple[Check, ...]
    stages: tuple[str, ...] = ()
    by_pipeline: bool = False


def module_checks(module: Module) -> tuple[Check, ...]:
    """All checks of one module, whatever the configuration."""
    return tuple(_checks(module))


def check_names(module: Module) -> tuple[tuple[str, Severity], ...]:
    """Name and severity of every check a module may have, in order."""
    return tuple((check.name, check.severity) for check in module_checks(module))


def build_suite(modules: Modules, sources: Mapping[str, Source] | None = None) -> Suite:
    """The suite of a configuration: the checks of its mapped modules.

    Links to a module that is declared absent are left out. `sources` tell their `largest_loss`; for
    the feeds of events that of the strictest source holds.
    """
    mapped = modules.mapped()
    tables = {
        name: [mapping for key, mapping in mapped.items() if contract_of(key) == name]
        for name in LANDED_MODULES
    }
    checks = [
        _limited(check, [mapping.source for mapping in tables[name]], sources or {})
        for name, module in LANDED_MODULES.items()
        if tables[name]
        for check in module_checks(module)
        if _applies(check, tables)
    ]
    deals = mapped.get("deals")
    if not isinstance(deals, DealsModule):
        return Suite(tuple(checks))
    if deals.pipelines:
        stages = [
            f"{fold(pipeline)} / {fold(entry.stage)}"
            for pipeline, found in deals.pipelines.items()
            for entries in found.by_category().values()
            for entry in entries
        ]
        return Suite(tuple(checks), tuple(stages), by_pipeline=True)
    found = deals.stages.by_category() if deals.stages else {}
    return Suite(tuple(checks), tuple(fold(e.stage) for entries in found.values() for e in entries))


def _limited(check: Check, names: Sequence[str], sources: Mapping[str, Source]) -> Check:
    """Give the check of a snapshot the limit of its source, the strictest of several."""
    if check.name != "snapshot_is_whole":
        return check
    losses = {
        name: sources[name].largest_loss if name in sources else LARGEST_LOSS for name in names
    }
    strictest = min(losses, key=lambda name: losses[name])
    setting = f"sources.{strictest}.largest_loss"
    return replace(check, largest_loss=losses[strictest], setting=setting)


def _applies(check: Check, tables: Mapping[str, Sequence[MappedModule]]) -> bool:
    """Leave out links to absent modules, and presence of what is declared unknown."""
    if check.references is not None and not tables[check.references]:
        return False
    declared = [mapping.fields.get(check.column or "") for mapping in tables[check.module]]
    is_unknown = all(isinstance(form, UnknownField) for form in declared)
    return not (is_unknown and check.name.endswith("_is_present"))


def _checks(module: Module) -> Iterator[Check]:
    key = module.key or module.parent or ""
    yield Check(
        "has_rows", module.name, None, "warning", "At least one row landed (MAP-6).", "volume"
    )
    yield Check(
        "volume_is_steady",
        module.name,
        None,
        "warning",
        f"A snapshot has at most {LARGEST_GROWTH:.0%} more rows than the one before.",
        "volume",
    )
    yield Check(
        "snapshot_is_whole",
        module.name,
        None,
        "critical",
        "A snapshot lost no more rows than largest_loss of its source allows: what is absent from "
        "it is deleted.",
        "volume",
    )
    yield Check(
        "snapshot_is_not_empty",
        module.name,
        None,
        "critical",
        "A snapshot without rows would delete every record; it must not follow one with rows.",
        "volume",
    )
    yield Check(
        f"{key}_is_present", module.name, key, "critical", "No key is empty.", "rows",
        f"{key} is null",
    )  # fmt: skip
    if module.key:
        yield Check(
            f"{key}_is_unique", module.name, key, "critical",
            "A key comes once in a load (EDG-13).", "unique",
        )  # fmt: skip
    for field in module.fields:
        yield from _field_checks(module, field)
    if module.name == "deals":
        yield Check(
            "stage_is_known", module.name, "stage", "warning",
            "Every stage stands in the stage map; others count as open (EDG-5).", "stages",
        )  # fmt: skip


def _field_checks(module: Module, field: Field) -> Iterator[Check]:
    name = field.name
    if field.need is Need.REQUIRED:
        yield Check(
            f"{name}_is_present", module.name, name, "warning",
            "A required field has a value.", "rows", f"{name} is null",
        )  # fmt: skip
    if field.type in (FieldType.DATE, FieldType.TIMESTAMP):
        yield Check(
            f"{name}_is_plausible", module.name, name, "critical",
            f"The year lies between {FIRST_YEAR} and {LAST_YEAR} (F37).", "rows",
            f"not (year({name}) between {FIRST_YEAR} and {LAST_YEAR})",
        )  # fmt: skip
    if name in _LIMITS:
        yield Check(
            f"{name}_is_in_range", module.name, name, "warning",
            f"The value is {_LIMITS[name]}.", "rows", f"not ({name} {_LIMITS[name]})",
        )  # fmt: skip
    if name in ("email", "contact_email"):
        yield Check(
            f"{name}_is_well_formed", module.name, name, "warning",
            "The mail address has a name, an @ and a domain.", "rows",
            f"not regexp_matches({name}, '{_MAIL}')",
        )  # fmt: skip
    if field.references:
        yield Check(
            f"{name}_is_known", module.name, name, "warning",
            f"The record is found in {field.references} (LKP-7).", "link",
            references=field.references,
        )  # fmt: skip
