"""One `dbt build` in this process, told as Dagster events.

dagster-dbt's own resource starts a second Python, parses the project again there and opens an
adapter here, at a cost that does not depend on the data; here the parsed manifest is handed to
dbt's runner. Which assets and checks a result means is still dagster-dbt's to say. Never put here
where the project is or what it holds.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator
from dagster_dbt.asset_utils import get_subset_selection_for_context
from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

RESULTS = ("LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult")
"""dbt's events that say how a node ended."""

COMPLAINTS = 20
"""Lines of a failure shown at most."""


@dataclass(frozen=True)
class DbtBuild:
    """What to build: the project folder, its parsed manifest, and where dbt may write."""

    project: Path
    manifest: Mapping[str, Any]
    translator: DagsterDbtTranslator
    parsed: Path
    target: Path


def build(
    context: dg.AssetExecutionContext, wanted: DbtBuild, on_result: Callable[[str, str], None]
) -> list[Any]:
    """Build and test what the context has selected; return Dagster events in dbt's order.

    `on_result` is told name and status of every finished node while dbt works.

    Raises:
        dg.Failure: a dbt model or an error-level test failed; each is named with its message.
    """
    from dbt.cli.main import dbtRunner

    finished: list[dict[str, Any]] = []

    def told(message: Any) -> None:
        if message.info.name in RESULTS:
            event = _plain(message)
            node = event["data"]["node_info"]
            on_result(node["node_name"], node["node_status"])
            finished.append(event)

    runner = dbtRunner(manifest=_parsed(wanted.parsed), callbacks=[told])
    try:
        outcome = runner.invoke([*_arguments(wanted), *_selection(context, wanted)])
    finally:
        _close()
    if outcome.exception is not None:
        raise dg.Failure(f"dbt could not start: {outcome.exception}") from outcome.exception
    events = [event for raw in finished for event in _dagster_events(context, wanted, raw)]
    if not outcome.success:
        raise DbtBuildError(_complaint(outcome.result), events)
    return events


class DbtBuildError(dg.Failure):
    """Some dbt nodes failed; `events` holds the results of all that ran."""

    def __init__(self, description: str, events: Sequence[Any]) -> None:
        super().__init__(description=description, allow_retries=False)
        self.events = tuple(events)


def _arguments(wanted: DbtBuild) -> list[str]:
    folder, target = str(wanted.project), str(wanted.target)
    return [
        # Nobody reads the manifest and the results that dbt would write anew into the target.
        "--quiet", "--no-use-colors", "build", "--no-write-json",
        "--exclude-resource-type", "unit_test",
        "--project-dir", folder, "--profiles-dir", folder,
        "--target-path", target, "--log-path", target,
    ]  # fmt: skip


def _selection(context: dg.AssetExecutionContext, wanted: DbtBuild) -> list[str]:
    arguments, indirect = get_subset_selection_for_context(
        context=context,
        manifest=wanted.manifest,
        select=context.op.tags.get("dagster_dbt/select"),
        exclude=context.op.tags.get("dagster_dbt/exclude"),
        selector=context.op.tags.get("dagster_dbt/selector"),
        dagster_dbt_translator=wanted.translator,
        current_dbt_indirect_selection_env=os.getenv("DBT_INDIRECT_SELECTION"),
    )
    return [*arguments, *(["--indirect-selection", indirect] if indirect else [])]


def _parsed(path: Path) -> Any:
    """The manifest as dbt's own object, as `dbt parse` left it beside `manifest.json`."""
    manifest = _unpacked(path.read_bytes())
    manifest.build_flat_graph()
    return manifest


def _unpacked(content: bytes) -> Any:
    from dbt.contracts.graph.manifest import Manifest

    return Manifest.from_msgpack(content)


def _plain(message: Any) -> dict[str, Any]:
    """The event as dbt's JSON log would hold it, which is what dagster-dbt reads."""
    from dbt_common.events.functions import msg_to_dict

    event: dict[str, Any] = msg_to_dict(message)
    return event


def _dagster_events(
    context: dg.AssetExecutionContext, wanted: DbtBuild, raw: Mapping[str, Any]
) -> Iterator[Any]:
    message = DbtCoreCliEventMessage(raw_event=dict(raw), event_history_metadata={})
    yield from message.to_default_asset_events(
        manifest=wanted.manifest,
        dagster_dbt_translator=wanted.translator,
        context=context,
        target_path=wanted.target,
        project=None,
    )


def _complaint(result: Any) -> str:
    """Failed nodes in words: name, what it found, where the SQL is."""
    lines = []
    for node_result in getattr(result, "results", []):
        if node_result.status not in ("error", "fail", "runtime error"):
            continue
        node = node_result.node
        lines.append(f"{node.resource_type} {node.name}: {(node_result.message or '').strip()}")
        if node_result.failures:
            lines.append(f"  {node_result.failures} rows; the query: {node.compiled_path}")
    if len(lines) > COMPLAINTS:
        lines = [*lines[:COMPLAINTS], f"... and {len(lines) - COMPLAINTS} more lines in the log"]
    return "dbt: " + ("\n".join(lines) or "the build failed before any model ran")


def _close() -> None:
    """Close dbt's connection to DuckDB, which it would keep open for the life of the process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
