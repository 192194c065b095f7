"""Run a suite with Great Expectations and say how it went, check by check.

Great Expectations works on pandas batches in an ephemeral context; nothing of it is stored. It is
imported inside the functions, and without the charting and statistics packages it never uses here,
which would double the time its import takes.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from data_tests.landing.measures import MOST_EXAMPLES, Measures
from data_tests.landing.suites import LARGEST_GROWTH, Check, Severity, Suite

if TYPE_CHECKING:
    import pandas as pd

_UNUSED: Final = ("altair", "scipy.stats")
_ABSENT: Final = ("pyspark",)
"""Where the Spark extra is installed Great Expectations would import all of it, for nothing."""
_MEASURES: Final = "measures"
_STAGES: Final = "stages"


@dataclass(frozen=True)
class Outcome:
    """How one check went.

    `observed` is the measured figure, `unexpected_count` the offending rows, `examples` some of
    their record ids (for stages: the unknown ones). `detail` says in words what was found and what
    to do, where the check has such words (snapshots); else it is empty. `query` finds all offending
    rows with file and record number; empty when none offends.
    """

    name: str
    module: str
    column: str | None
    severity: Severity
    success: bool
    observed: float | None
    unexpected_count: int
    examples: tuple[str, ...]
    description: str
    detail: str = ""
    query: str = ""


def frames(measures: Measures) -> dict[str, pd.DataFrame]:
    """The batches a suite is validated on: one row of counts, and one row per distinct stage."""
    import pandas as pd

    known = {name: count for name, count in measures.counts.items() if count is not None}
    return {
        _MEASURES: pd.DataFrame({name: [float(count)] for name, count in known.items()}),
        _STAGES: pd.DataFrame(
            {"stage": list(measures.stages), "rows": list(measures.stages.values())}
        ),
    }


def validate(measures: Measures, suite: Suite) -> list[Outcome]:
    """Validate a suite; one outcome per check, in the order of the suite.

    An expectation that ends in an exception counts as failed. A check without a measure (no
    snapshot to compare with) succeeds.
    """
    batches = frames(measures)
    figures = [c for c in suite.checks if c.measure in batches[_MEASURES].columns]
    sets = [c for c in suite.checks if c.kind == "stages" and len(batches[_STAGES])]
    with _great_expectations() as gx:
        context = _context(gx)
        results = _run(gx, context, _MEASURES, batches[_MEASURES], figures, suite)
        results |= _run(gx, context, _STAGES, batches[_STAGES], sets, suite)
    return [_outcome(check, results.get(check.measure), measures) for check in suite.checks]


def _context(gx: Any) -> Any:
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _run(
    gx: Any, context: Any, name: str, frame: pd.DataFrame, checks: list[Check], suite: Suite
) -> dict[str, Any]:
    if not checks:
        return {}
    source = context.data_sources.add_pandas(name)
    asset = source.add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe(name).get_batch({"dataframe": frame})
    expectations = [_expectation(gx, check, suite) for check in checks]
    result = batch.validate(
        gx.ExpectationSuite(name=name, expectations=expectations), result_format="SUMMARY"
    )
    # Results come back in an order of their own: each carries the measure in its meta.
    return {r.expectation_config.meta["measure"]: r for r in result.results}


def _expectation(gx: Any, check: Check, suite: Suite) -> Any:
    meta = {"measure": check.measure}
    if check.kind == "stages":
        return gx.expectations.ExpectColumnValuesToBeInSet(
            column="stage", value_set=list(suite.stages), severity=check.severity, meta=meta
        )
    limits: dict[str, float] = {"max_value": 0}
    if check.name in ("has_rows", "snapshot_is_not_empty"):
        limits = {"min_value": 1}
    elif check.name == "snapshot_is_whole":
        limits = {"min_value": 1 - check.largest_loss}
    elif check.name == "volume_is_steady":
        limits = {"max_value": 1 + LARGEST_GROWTH}
    return gx.expectations.ExpectColumnMaxToBeBetween(
        column=check.measure, severity=check.severity, meta=meta, **limits
    )


def _outcome(check: Check, result: Any | None, measures: Measures) -> Outcome:
    observed = measures.counts.get(check.measure)
    examples = measures.examples.get(check.measure, ())
    unexpected = int(observed or 0) if check.kind in ("rows", "unique", "link") else 0
    success = True
    if result is not None:
        success = bool(result.success) and not _has_raised(result.exception_info)
        if check.kind == "stages":
            values = result.result.get("partial_unexpected_list", [])
            unknown = list(dict.fromkeys(str(value) for value in values))
            examples = tuple(unknown[:MOST_EXAMPLES])
            unexpected = sum(measures.stages.get(value, 0) for value in unknown)
            observed = float(len(measures.stages))
    return Outcome(
        check.name,
        check.module,
        check.column,
        check.severity,
        success,
        observed,
        unexpected,
        examples,
        check.description,
        "" if success else measures.details.get(check.measure, ""),
        "" if success else measures.queries.get(check.measure, ""),
    )


def _has_raised(info: Mapping[str, Any]) -> bool:
    """Exceptions come as one entry or as one entry per metric."""
    entries = [info] if "raised_exception" in info else list(info.values())
    return any(isinstance(entry, Mapping) and entry.get("raised_exception") for entry in entries)


class _Deferred(types.ModuleType):
    """Stands for a module until something of it is used, which then imports the real one."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


@contextlib.contextmanager
def _great_expectations() -> Iterator[Any]:
    """Great Expectations, imported without what it never uses here; the stand-ins go at once."""
    standing: list[tuple[str, types.ModuleType | None]] = []
    if "great_expectations" not in sys.modules:
        for name in _UNUSED:
            if name not in sys.modules:
                sys.modules[name] = deferred = _Deferred(name)
                standing.append((name, deferred))
        for name in _ABSENT:
            if name not in sys.modules:
                sys.modules[name] = None  # type: ignore[assignment]
                standing.append((name, None))
    try:
        import great_expectations
        import great_expectations.expectations
    finally:
        for name, stand_in in standing:
            if sys.modules.get(name) is stand_in:
                sys.modules.pop(name, None)
    yield great_expectations
