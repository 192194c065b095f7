"""Landing as assets: one per canonical module, and the books about their loads (DESIGN 4).

Each module's asset lands what its source has that is new, then points the view `landing.<module>`
at the complete, active loads. Reading, typing and quarantine are `connectors/landing.py`; nothing
about a file format belongs here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from assets.durable_files import VolumeError, naming_the_volume
from assets.mail_spellings import write_mail_spellings
from assets.refresh import Refresh
from assets.runbooks import LANDED as LANDED_RUNBOOK
from assets.runbooks import runbook_of
from assets.warehouse import replace_table, replace_view, warehouse
from connectors.errors import LandingError
from connectors.landing import land_module
from connectors.loads import DATA, QUARANTINE, WARNINGS, Load, loads, verify
from models.fields import (
    EVENTS,
    LANDED_MODULES,
    LANDING_COLUMNS,
    Module,
    feed_name,
    module_named,
)
from models.usage import rules_by_field

OWNERS = ["team:data-engineering"]
KINDS = {"python", "duckdb", "parquet"}

LOAD_COLUMNS = {
    "module": "VARCHAR",
    "load_id": "VARCHAR",
    "load_sequence": "BIGINT",
    "source": "VARCHAR",
    "is_snapshot": "BOOLEAN",
    "exported_on": "DATE",
    "content_hash": "VARCHAR",
    "mapping_hash": "VARCHAR",
    "is_active": "BOOLEAN",
    "rows_read": "BIGINT",
    "rows_accepted": "BIGINT",
    "rows_quarantined": "BIGINT",
    "rows_duplicate": "BIGINT",
    "rows_filtered": "BIGINT",
}
QUARANTINE_COLUMNS = {
    "module": "VARCHAR",
    "load_id": "VARCHAR",
    "source_file": "VARCHAR",
    "source_line": "BIGINT",
    "source_row": "BIGINT",
    "field": "VARCHAR",
    "reason": "VARCHAR",
    "detail": "VARCHAR",
    "raw_text": "VARCHAR",
}
WARNING_COLUMNS = {
    "module": "VARCHAR",
    "load_id": "VARCHAR",
    "source_file": "VARCHAR",
    "source_row": "BIGINT",
    "record_id": "VARCHAR",
    "field": "VARCHAR",
    "reason": "VARCHAR",
    "detail": "VARCHAR",
}


@dataclass(frozen=True)
class LandedFiles:
    """A relation of schema `landing` with its columns and the Parquet files behind it."""

    name: str
    columns: Mapping[str, str]
    files: tuple[Path, ...]


def module_columns(module: Module) -> dict[str, str]:
    """Columns of a landed module with their SQL types: the contract, then the landing columns."""
    return {field.name: field.type.sql for field in module.fields} | dict(LANDING_COLUMNS)


def landing_names(refresh: Refresh, module: Module) -> list[str]:
    """Names under which a module lands: its own; of events, those of the configured feeds."""
    if module is not EVENTS:
        return [module.name]
    return [feed_name(feed) for feed in refresh.configuration.modules.events]


def landed_loads(refresh: Refresh, module: Module) -> list[Load]:
    """Every complete load of a module, of all its feeds."""
    names = landing_names(refresh, module)
    return [load for name in names for load in loads(refresh.home.landing, name)]


def active_files(refresh: Refresh, module: Module, name: str) -> list[Path]:
    """Paths of one kind of file of every complete, active load of a module."""
    return [
        load.folder(refresh.home.landing) / name
        for load in landed_loads(refresh, module)
        if load.is_active
    ]


def landed_module(module: Module) -> dg.AssetsDefinition:
    """Asset of one module, with its row balance as a blocking check."""
    key = dg.AssetKey(["landing", module.name])
    balance = dg.AssetCheckSpec(
        "row_balance",
        asset=key,
        blocking=True,
        description="rows read = accepted + quarantined + duplicates + filtered, recounted from "
        "the files of every load",
    )

    @dg.asset(
        key=key,
        group_name="landing",
        kinds=KINDS,
        owners=OWNERS,
        description=f"{module.description} As landed: canonical columns, one row per record and "
        "load.",
        code_version="1",
        check_specs=[balance],
        pool="warehouse_writer",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=5),
    )
    def landed(
        context: dg.AssetExecutionContext, refresh: Refresh
    ) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:  # type: ignore[type-arg]
        for name in landing_names(refresh, module):
            _land(context, refresh, name)
        known = [load for load in landed_loads(refresh, module) if load.is_active]
        with warehouse(refresh.home.warehouse) as connection:
            count = replace_view(
                connection,
                "landing",
                module.name,
                module_columns(module),
                [load.folder(refresh.home.landing) / DATA for load in known],
            )
        yield dg.MaterializeResult(asset_key=key, metadata=_metadata(module, known, count))
        faults = [
            f"{load.load_id}: {fault}"
            for load in known
            for fault in verify(refresh.home.landing, load)
        ]
        metadata: dict[str, Any] = {"loads": len(known), "faults": "\n".join(faults) or "none"}
        if faults:
            metadata["runbook"] = LANDED_RUNBOOK.section
        yield dg.AssetCheckResult(
            asset_key=key,
            check_name="row_balance",
            passed=not faults,
            metadata=metadata,
        )

    return landed


def _land(context: dg.AssetExecutionContext, refresh: Refresh, name: str) -> None:
    configuration, module = refresh.configuration, module_named(name)
    mapping = configuration.modules.mapped().get(name)
    if mapping is None:
        context.log.info(f"{module.name}: not mapped")
        return
    stays = "what was landed and published before stays as it is"
    try:
        with naming_the_volume(refresh.home.landing, f"landing {module.name}", 0, stays):
            result = land_module(
                module,
                mapping,
                configuration.sources[mapping.source],
                refresh.home.landing,
                configuration.organization,
                base_directory=refresh.path.parent,
                home_directory=refresh.home.root,
                as_of=refresh.as_of,
                landed_at=refresh.created_at.isoformat(timespec="seconds"),
                uses=rules_by_field(configuration, module.name),
                lookup_sources=configuration.sources,
                progress=context.log.info,
            )
    except (LandingError, VolumeError) as error:
        runbook = runbook_of(str(error))
        metadata = {"runbook": runbook.section} if runbook else {}
        raise dg.Failure(str(error), metadata=metadata, allow_retries=False) from error
    for skipped in result.skipped:
        context.log.info(f"{module.name}: {skipped.name}: {skipped.reason}")
    for load in result.loads:
        context.log.info(
            f"{module.name}: {load.rows_read:,} rows read, {load.rows_accepted:,} accepted, "
            f"{load.rows_quarantined:,} quarantined, {load.rows_duplicate:,} duplicates, "
            f"{load.rows_filtered:,} filtered"
        )


def _metadata(module: Module, known: list[Load], count: int) -> dict[str, Any]:
    totals = {
        name: sum(getattr(load, name) for load in known)
        for name in LOAD_COLUMNS
        if name.startswith("rows_")
    }
    schema = [dg.TableColumn(name, kind) for name, kind in module_columns(module).items()]
    return {
        "dagster/row_count": count,
        "dagster/column_schema": dg.TableSchema(schema),
        **totals,
        "loads": len(known),
        "notes": dg.MetadataValue.md("\n".join(f"- {n}" for load in known for n in load.notes)),
    }


BOOKS = (
    ("quarantine", QUARANTINE_COLUMNS, QUARANTINE),
    ("warnings", WARNING_COLUMNS, WARNINGS),
)
"""Name, columns and file of what is kept beside the data of a load."""

LANDED = [landed_module(module) for module in LANDED_MODULES.values()]


def landed_books(refresh: Refresh) -> tuple[LandedFiles, ...]:
    """What is kept beside the data of the active loads, over all modules."""
    return tuple(
        LandedFiles(
            name,
            columns,
            tuple(f for m in LANDED_MODULES.values() for f in active_files(refresh, m, file)),
        )
        for name, columns, file in BOOKS
    )


def landed_files(refresh: Refresh) -> tuple[LandedFiles, ...]:
    """Every relation of schema `landing` that is made of landed files."""
    modules = (
        LandedFiles(name, module_columns(module), tuple(active_files(refresh, module, DATA)))
        for name, module in LANDED_MODULES.items()
    )
    return (*modules, *landed_books(refresh))


def write_loads(connection: duckdb.DuckDBPyConnection, refresh: Refresh) -> int:
    """Write `landing.loads` from the manifests; return the number of loads."""
    known = [load for m in LANDED_MODULES.values() for load in landed_loads(refresh, m)]
    rows = [tuple(getattr(load, column) for column in LOAD_COLUMNS) for load in known]
    return replace_table(connection, "landing", "loads", LOAD_COLUMNS, rows)


_BOOKS = {
    "loads": "Every complete load of every module with its row balance. One row per load.",
    "quarantine": "Rows that were refused, with file, line, field, reason and raw text. One row "
    "per refused row.",
    "warnings": "Rows that were kept although one optional value was doubtful. One row per value.",
    "mail_spellings": "Addresses spelled unlike they are compared (INT-6). One row per spelling.",
}


@dg.multi_asset(
    name="landing_books",
    specs=[
        dg.AssetSpec(
            ["landing", name],
            deps=[["landing", module] for module in LANDED_MODULES],
            group_name="landing",
            kinds=KINDS,
            owners=OWNERS,
            description=description,
            code_version="1",
        )
        for name, description in _BOOKS.items()
    ],
    pool="warehouse_writer",
)
def landing_books(refresh: Refresh) -> Iterator[dg.MaterializeResult]:  # type: ignore[type-arg]
    """Make loads, quarantine and warnings readable in the warehouse, and spellings of mails."""
    with warehouse(refresh.home.warehouse) as connection:
        counts = {
            "loads": write_loads(connection, refresh),
            "mail_spellings": write_mail_spellings(connection),
        }
        for book in landed_books(refresh):
            counts[book.name] = replace_view(
                connection, "landing", book.name, book.columns, book.files
            )
    for name, count in counts.items():
        yield dg.MaterializeResult(
            asset_key=["landing", name], metadata={"dagster/row_count": count}
        )
