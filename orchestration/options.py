"""Options that several commands share, how a command speaks, and how it ends in an error.

Holds no command. Heavy imports stay inside functions, so that `--help` answers at once.
"""

from __future__ import annotations

import functools
import getpass
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, ParamSpec, TypeVar

import typer

from assets.home import Home
from orchestration.commands.tables import printable

if TYPE_CHECKING:
    from models.configuration import Configuration

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

DEFAULT = Path("abm.yaml")

ConfigurationOption = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        envvar="QUINTILE_CONFIG",
        help="The configuration file.",
        show_default=True,
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


class Engine(StrEnum):
    """Engine that computes a run."""

    duckdb = "duckdb"
    spark = "spark"


JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


class CommandError(Exception):
    """A command that cannot do what was asked; the message is for the user.

    `code` is the exit code: 1 it failed, 2 it was asked wrongly, 3 somebody else is at work.
    """

    def __init__(self, message: str, code: int = 1) -> None:
        self.code = code
        super().__init__(message)


def say(line: str = "", *, is_error: bool = False) -> None:
    """Print one line at once, whatever values of a CRM it holds (`tables.printable`)."""
    typer.echo(printable(line), err=is_error)
    sys.stdout.flush()


def stop(message: str, code: int = 1) -> NoReturn:
    """Print an error, of one line or more, to standard error; end with a non-zero exit code."""
    for line in message.split("\n"):
        say(line, is_error=True)
    raise typer.Exit(code)


def home_of(configuration: Path, home: Path | None) -> Home:
    """Home folder of a command: the one given, else `.quintile` beside the configuration."""
    return Home(home.resolve()) if home else Home.beside(configuration)


def configured(path: Path) -> Configuration:
    """Read the configuration; ends the command with every problem when it is faulty."""
    from models.reading import ConfigurationError, read_configuration

    try:
        return read_configuration(path)
    except ConfigurationError as faulty:
        stop(str(faulty), 2)


def day_of(given: datetime | None) -> date | None:
    """The date of an option."""
    return given.date() if given else None


def clock() -> datetime:
    """The one look at the clock of a command; it is passed on from here."""
    return datetime.now(UTC)


def user_name() -> str:
    """Who uses the command, for the ledger."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown user"


def reporting(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Turn the errors that the rooms raise for people into a message and an exit code.

    Anything else is a defect and keeps its traceback.
    """

    @functools.wraps(command)
    def guarded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except CommandError as error:
            stop(str(error), error.code)
        except Exception as error:
            if isinstance(error, _expected()):
                stop(str(error), 2 if isinstance(error, ValueError) else 1)
            raise

    return guarded


def _expected() -> tuple[type[Exception], ...]:
    from assets.durable_files import VolumeError
    from assets.export_query import UnknownExportFieldError, UnknownSegmentError
    from assets.exporting import ExportRefusedError
    from assets.lesson_files import LessonFileError
    from assets.published import NothingPublishedError, PublishedCopyError
    from assets.voice_engines import TaughtEngineError
    from connectors.errors import LandingError
    from models.problems import ConfigurationError
    from store import StoreError

    return (
        ConfigurationError,
        ExportRefusedError,
        LandingError,
        LessonFileError,
        NothingPublishedError,
        PublishedCopyError,
        StoreError,
        TaughtEngineError,
        UnknownExportFieldError,
        UnknownSegmentError,
        VolumeError,
    )
