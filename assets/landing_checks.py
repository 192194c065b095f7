"""Great Expectations on what landed, as asset checks; critical ones stop the run (EDG-18).

What is expected is built from the mapping in `data_tests/landing/suites.py`, and validated there.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from assets.landing import write_loads
from assets.refresh import Refresh
from assets.runbooks import TEST, runbook_of
from assets.warehouse import warehouse
from data_tests.landing.suites import Check, build_suite, module_checks
from data_tests.landing.validation import Outcome
from models.fields import LANDED_MODULES

CHECKS = {
    (module.name, check.name): check
    for module in LANDED_MODULES.values()
    for check in module_checks(module)
}


def _spec(check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=["landing", check.module],
        description=check.description,
        blocking=check.severity == "critical",
    )


@dg.multi_asset_check(
    name="landing_checks",
    specs=[_spec(check) for check in CHECKS.values()],
    description="Keys, types, ranges, links, stages and row-count drift of what landed.",
    pool="warehouse_writer",
)
def landing_checks(
    context: dg.AssetCheckExecutionContext, refresh: Refresh
) -> Iterator[dg.AssetCheckResult]:
    """Measure the landed modules in SQL, validate the measures, tell one result per check."""
    from data_tests.landing.measures import collect
    from data_tests.landing.validation import validate

    suite = build_suite(refresh.configuration.modules, refresh.configuration.sources)
    with warehouse(refresh.home.warehouse) as connection:
        # The books are closed after the checks, which compare loads: they write them first.
        write_loads(connection, refresh)
        measures = collect(connection, suite)
    outcomes = {(o.module, o.name): o for o in validate(measures, suite)}
    for (module, name), check in CHECKS.items():
        outcome = outcomes.get((module, name))
        is_critical = check.severity == "critical"
        metadata: dict[str, Any] = {"applies": outcome is not None}
        if outcome is not None:
            metadata |= _metadata(outcome)
            if not outcome.success:
                context.log.warning(_told(outcome))
        yield dg.AssetCheckResult(
            asset_key=["landing", module],
            check_name=name,
            passed=outcome is None or outcome.success,
            severity=dg.AssetCheckSeverity.ERROR if is_critical else dg.AssetCheckSeverity.WARN,
            metadata=metadata,
        )


def _metadata(outcome: Outcome) -> dict[str, Any]:
    """What the UI shows of a check: figures, records, all rows, what to do."""
    metadata: dict[str, Any] = {
        "observed": "nothing to compare" if outcome.observed is None else outcome.observed,
        "unexpected rows": outcome.unexpected_count,
        "examples": ", ".join(outcome.examples) or "none",
    }
    if outcome.success:
        return metadata
    if outcome.detail:
        metadata["what to do"] = outcome.detail
    if outcome.query:
        metadata["all rows"] = outcome.query
    if outcome.severity == "critical":
        metadata["runbook"] = (runbook_of(outcome.name) or TEST).section
    return metadata


def _told(outcome: Outcome) -> str:
    """A failed check in one line: what was found, on which records, what to do."""
    name = f"{outcome.module}: {outcome.name}"
    if outcome.detail:
        return f"{name}: {outcome.detail}"
    if not outcome.examples:
        return f"{name}: {outcome.description}"
    examples = ", ".join(outcome.examples[:3])
    return f"{name}: {outcome.unexpected_count:,} rows; for example {examples}"
