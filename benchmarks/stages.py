"""What each stage of a run took, from the run's own event log.

Holds the reading of Dagster's event log of a home: when steps began and ended, and how long dbt
worked on each of its models and tests. With two threads of dbt these seconds add up to more than
the step lasted. Never put a baseline here.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measuring import Measurement

RATIO_GROUPS = ("scope", "rfm", "labels", "segments")
"""Groups whose statements the issue compares with the bare SQL."""
STEPS = {
    "configuration": "configuration",
    "landing_checks": "landing checks",
    "landing_books": "landing",
    "transformation": "dbt",
    "identity": "identity",
    "voices": "voices",
    "recommendations": "learning",
    "conclusion": "dbt",
    "published__current": "publish",
    "exports__segments": "export",
}
ORDER = (
    "start", "configuration", "landing", "landing checks", "dbt build",
    "dbt results told to Dagster", "identity", "voices", "learning",
    "publish", "export", "end",
)  # fmt: skip
"""Stages as a run goes through them; `start` is before the first step, `end` after the last."""


@dataclass(frozen=True)
class Stage:
    """One stage: wall and CPU seconds, and the most resident megabytes while it went on."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


@dataclass
class Breakdown:
    """A run in parts: stages by name, seconds of dbt's threads by group, for models and tests."""

    stages: dict[str, Stage] = field(default_factory=dict)
    model_seconds: dict[str, float] = field(default_factory=dict)
    test_seconds: dict[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def group_of(schema: str, group: str) -> str:
    """Stage of a dbt model: its dbt group; labels by their own name; history apart."""
    return "history" if schema == "history" else {"firmographics": "labels"}.get(group, group)


def measured_stages(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Stages that every stored row has, in order; figures may be older than a stage."""
    found = [row["stages"] for row in rows]
    return tuple(name for name in ORDER if all(name in stages for stages in found))


def breakdown(home: Path, run: Measurement, manifest: Path) -> Breakdown:
    """Take the newest run of a home apart, which `run` has measured."""
    events = _events(home)
    intervals = _intervals(events, run)
    found = Breakdown()
    for name in ORDER:
        spans = intervals[name]
        found.stages[name] = Stage(
            sum(end - start for start, end in spans),
            sum(run.cpu_between(start, end) for start, end in spans),
            max(run.peak_between(start, end) for start, end in spans),
        )
    _add_dbt(found, events, json.loads(manifest.read_text(encoding="utf-8")))
    return found


def _events(home: Path) -> list[Any]:
    from assets.home import Home
    from orchestration.running import open_instance

    records: list[Any] = []
    with open_instance(Home(home)) as instance:
        (newest,) = instance.get_runs(limit=1)
        cursor = None
        while True:
            found = instance.get_records_for_run(newest.run_id, cursor=cursor, limit=1000)
            records.extend(found.records)
            cursor = found.cursor
            if not found.has_more:
                break
    entries = [record.event_log_entry for record in records]
    return [entry for entry in entries if entry.dagster_event is not None]


Spans = dict[str, list[tuple[float, float]]]


def _intervals(events: Iterable[Any], run: Measurement) -> Spans:
    """Moments at which each stage began and ended; a step of dbt falls into two parts."""
    started: dict[str, float] = {}
    spans: Spans = defaultdict(list)
    told: dict[str, float] = {}
    for entry in events:
        kind, step = entry.dagster_event.event_type_value, entry.dagster_event.step_key or ""
        if kind == "STEP_START":
            started[step] = entry.timestamp
        elif kind == "ASSET_MATERIALIZATION" and STEPS.get(step) == "dbt":
            told.setdefault(step, entry.timestamp)
        elif kind == "STEP_SUCCESS" and STEPS.get(step) == "dbt":
            spans["dbt build"].append((started[step], told[step]))
            spans["dbt results told to Dagster"].append((told[step], entry.timestamp))
        elif kind == "STEP_SUCCESS":
            spans[STEPS.get(step, "landing")].append((started[step], entry.timestamp))
    first, last = run.samples[0].at, run.samples[-1].at
    spans["start"] = [(first, min(started.values()))]
    spans["end"] = [(max(end for parts in spans.values() for _, end in parts), last)]
    return spans


def _add_dbt(found: Breakdown, events: Iterable[Any], manifest: Mapping[str, Any]) -> None:
    """Add the seconds of dbt's threads by group of the dbt model; a test counts for its model."""
    groups = {
        (node["schema"], node["name"]): group_of(node["schema"], node["config"].get("group") or "")
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    models: dict[str, float] = defaultdict(float)
    tests: dict[str, float] = defaultdict(float)
    for entry in events:
        event = entry.dagster_event
        if event.event_type_value == "ASSET_MATERIALIZATION":
            told, seconds = event.step_materialization_data.materialization, models
        elif event.event_type_value == "ASSET_CHECK_EVALUATION":
            told, seconds = event.asset_check_evaluation_data, tests
        else:
            continue
        duration = told.metadata.get("Execution Duration")
        if duration is not None:
            key = tuple(told.asset_key.path[-2:])
            seconds[groups.get(key, "sources")] += float(duration.value)
    found.model_seconds, found.test_seconds = dict(models), dict(tests)
