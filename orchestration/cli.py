"""The command `quintile`: a thin face over the functions that Dagster's assets use too.

Holds one function per command: it reads its arguments, calls one function, and shows the result.
Heavy imports stay inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assets.home import Home
from orchestration.commands.checking import check
from orchestration.commands.engaging import engagement
from orchestration.commands.explaining import explain
from orchestration.commands.exporting import export, exports
from orchestration.commands.handing_off import handoff, handoffs
from orchestration.commands.listening import voice
from orchestration.commands.membership import members
from orchestration.commands.predicting import predict
from orchestration.commands.proposing import init, schema
from orchestration.commands.recommending import recommend, report_card
from orchestration.commands.status import status
from orchestration.commands.surveying import account
from orchestration.commands.tables import printable
from orchestration.commands.timing import timeline
from orchestration.options import (
    DEFAULT,
    AsOfOption,
    ConfigurationOption,
    Engine,
    HomeOption,
    configured,
    day_of,
    home_of,
    stop,
)

if TYPE_CHECKING:
    from orchestration.running import RefreshOutcome

GARBAGE_THRESHOLDS = (100_000, 50, 100)
"""How many new objects Python waits for before it looks for garbage, per generation."""

app = typer.Typer(
    name="quintile",
    help="Account-based marketing inside your own warehouse: CRM data in, explained segments out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `quintile demo`, or with `quintile init your/export/*.csv` for your data.",
)

app.command()(init)
app.command()(check)
app.command()(schema)
app.command()(explain)
app.command()(members)
app.command()(engagement)
app.command()(timeline)
app.command()(account)
app.command()(recommend)
app.command()(predict)
app.command("report-card")(report_card)
app.command()(handoffs)
app.command()(handoff)
app.command()(export)
app.command()(exports)
app.command()(status)
app.add_typer(voice, name="voice")

SCREEN = sys.stdout


def say(line: str) -> None:
    """Print a line or several at once, also while a run has its standard output redirected."""
    print("\n".join(map(printable, line.split("\n"))), file=SCREEN, flush=True)


@app.command()
def run(
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_of: AsOfOption = None,
    rewind: Annotated[
        bool,
        typer.Option(
            "--rewind", help="Go back to an earlier day: forget the history after --as-of."
        ),
    ] = False,
    engine: Annotated[
        Engine,
        typer.Option(
            envvar="QUINTILE_ENGINE",
            help="Engine that computes: duckdb on this machine, or spark (docs/spark.md).",
        ),
    ] = Engine.duckdb,
    master: Annotated[
        str,
        typer.Option(
            envvar="QUINTILE_SPARK_MASTER",
            help="With --engine spark: local[2], spark://host:7077, yarn, ..., or the address of "
            "a Spark Connect server, sc://host:15002.",
        ),
    ] = "local[*]",
) -> None:
    """Land, check, score, label, segment, publish and export: the whole refresh."""
    from assets.spark_settings import SparkUnavailableError, refuse_secrets, require_client

    configured(config)
    try:
        # Before the run, with its settings, is written down.
        refuse_secrets(master)
        if engine is Engine.spark:
            require_client()
    except SparkUnavailableError as refused:
        stop(str(refused), 2)
    computing = {"engine": engine.value, "master": master}
    _refresh(config, home_of(config, home), day_of(as_of), rewind, **computing)


def _refresh(
    config: Path, home: Home, as_of: date | None, rewind: bool = False, **computing: str
) -> None:
    from sqlalchemy.exc import OperationalError

    from assets.durable_files import VolumeError, naming_the_volume
    from assets.warehouse_lease import LOCK_NAME, WarehouseHeldError, lease_holder
    from orchestration.running import published_version, refresh
    from orchestration.summary import run_summary

    stays = "what was published before stays as it is"
    try:
        with naming_the_volume(home.root, "the run", 0, stays):
            holder = lease_holder(home.root)
            if holder is not None:
                stop(str(WarehouseHeldError(home.root / LOCK_NAME, holder)), 3)
            before = published_version(home)
            outcome = refresh(config, home, as_of, say, rewind=rewind, **computing)
    except VolumeError as refused:
        stop(str(refused))
    except (OSError, OperationalError) as refused:
        reason = str(refused).splitlines()[0]
        stop(f"{home.root} cannot be used as the home folder ({_free(home)}): {reason}; {stays}.")
    if not outcome.succeeded:
        stop("\n".join(_failure(outcome, before, published_version(home))))
    say("")
    for line in run_summary(home, config, outcome.seconds):
        say(line)


def _free(home: Home) -> str:
    """Free space of the volume that the home folder is on."""
    folder = next(f for f in (home.root, *home.root.parents) if f.exists())
    return f"{shutil.disk_usage(folder).free / 1e6:,.0f} MB free"


def _failure(outcome: RefreshOutcome, before: str | None, after: str | None) -> Iterator[str]:
    """What went wrong and what readers see now."""
    seen = (
        f"what was published before, {before}, is untouched" if before else "nothing is published"
    )
    if after != before:
        seen = f"the new version {after} was published before that"
    yield f"\nThe run failed after {outcome.seconds:.0f} s; {seen}."
    for step, cause in outcome.failures.items():
        yield f"\n{step}:\n{cause}"


@app.command()
def demo(
    accounts: Annotated[
        int, typer.Option(min=200, max=5_000_000, help="Number of accounts of the demo CRM.")
    ] = 200,
    seed: Annotated[int, typer.Option(help="Another seed, another company history.")] = 7,
    files: Annotated[
        Path | None,
        typer.Option(help="Only write the demo CRM's files into this folder; run nothing."),
    ] = None,
    shape: Annotated[
        str, typer.Option(help="Shape of --files: csv, as Zoho exports it, or parquet.")
    ] = "csv",
    home: HomeOption = None,
) -> None:
    """Build the demo CRM, Zylker, run the whole refresh on it and show the result."""
    from orchestration.demonstration import demo_configuration, write_files

    if files is not None:
        if shape not in ("csv", "parquet"):
            stop(f"--shape {shape}: allowed are csv and parquet.", 2)
        write_files(files, accounts, seed, shape, say)
        return
    config, place = demo_configuration(accounts, seed, home)
    say(f"Quintile demo: {accounts:,} accounts, configuration {config}")
    _refresh(config, place, None)


@app.command()
def dev(
    port: Annotated[int, typer.Option(min=1024, max=65535, help="Port on 127.0.0.1.")] = 3000,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config", "-c", envvar="QUINTILE_CONFIG", help="Configuration [default: the demo]."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Open the Dagster UI on this machine only, with every asset, check, job and schedule."""
    from orchestration.demonstration import DEMO, WORKSPACE
    from orchestration.running import open_instance

    chosen = (config or DEMO).resolve()
    configured(chosen)
    place = home_of(chosen, home)
    open_instance(place).dispose()
    os.environ["QUINTILE_CONFIG"] = str(chosen)
    os.environ["QUINTILE_HOME"] = str(place.root)
    say(f"Dagster on http://127.0.0.1:{port} for {chosen}; Ctrl-C ends it.")
    dagster = str(Path(sys.executable).parent / "dagster")
    os.chdir(WORKSPACE.parent)
    os.execv(dagster, [dagster, "dev", "-w", str(WORKSPACE), "-h", "127.0.0.1", "-p", str(port)])


def main() -> None:
    """Entry point; a closed pipe or Ctrl-C ends without a traceback."""
    # Dependencies that would phone home are told not to, before any of them is imported.
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "true")
    # Imports make objects by the hundred thousand, and all of them stay.
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    try:
        app()
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
