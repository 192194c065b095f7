"""The command `quintile`: a thin face over the functions that Dagster's assets use too.

Holds one function per command: it reads its arguments, calls one function, and shows the result.
Heavy imports stay inside the commands, so that `--help` answers at once.
"""

from __future__ import annotations

import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from assets.home import Home

app = typer.Typer(
    name="quintile",
    help="Account-based marketing inside your own warehouse: CRM data in, explained segments out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with `quintile demo`, or with `quintile init your/export/*.csv` for your own data.",
)

ConfigurationOption = Annotated[
    Path,
    typer.Option(
        "--config", "-c", envvar="QUINTILE_CONFIG", help="The configuration file.", show_default=True
    ),
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        envvar="QUINTILE_HOME",
        help="Folder for landed data, warehouse, published copy and exports "
        "[default: .quintile beside the configuration].",
    ),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        help="Business date; everything relative counts from it "
        "[default: the configuration's as_of, else today in the organisation's time zone].",
    ),
]
DEFAULT = Path("abm.yaml")


def say(line: str) -> None:
    """Print one line at once."""
    typer.echo(line)
    sys.stdout.flush()


def stop(message: str, code: int = 1) -> NoReturn:
    """Print an error to standard error and end with a non-zero exit code."""
    typer.echo(message, err=True)
    raise typer.Exit(code)


def _home(configuration: Path, home: Path | None) -> Home:
    return Home(home.resolve()) if home else Home.beside(configuration)


def _configuration(path: Path):  # type: ignore[no-untyped-def]
    from models.reading import ConfigurationError, read_configuration

    try:
        return read_configuration(path)
    except ConfigurationError as faulty:
        stop(str(faulty), 2)


def _date(given: datetime | None) -> date | None:
    return given.date() if given else None


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
        str, typer.Option(help="Engine that computes: duckdb (spark comes with its own issue).")
    ] = "duckdb",
) -> None:
    """Land, check, score, label, segment, publish and export: the whole refresh."""
    if engine != "duckdb":
        stop(f"--engine {engine}: only duckdb is available in this version.", 2)
    _configuration(config)
    _refresh(config, _home(config, home), _date(as_of), rewind)


def _refresh(config: Path, home: Home, as_of: date | None, rewind: bool = False) -> None:
    from assets.warehouse_lease import WarehouseHeldError, require_free

    try:
        require_free(home.root)
    except WarehouseHeldError as held:
        stop(str(held), 3)
    from orchestration.running import refresh
    from orchestration.summary import run_summary

    outcome = refresh(config, home, as_of, say, rewind=rewind)
    if not outcome.succeeded:
        lines = [f"\nThe run failed after {outcome.seconds:.0f} s; what was published before is untouched."]
        lines += [f"\n{step}:\n{cause}" for step, cause in outcome.failures.items()]
        stop("\n".join(lines))
    say("")
    for line in run_summary(home, config, outcome.seconds):
        say(line)


def main() -> None:
    """Entry point; a closed pipe or Ctrl-C ends without a traceback."""
    # Dependencies that would phone home are told not to, before any of them is imported.
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "true")
    try:
        app()
    except BrokenPipeError:
        sys.exit(141)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
