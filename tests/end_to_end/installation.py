"""One installation as a user has it: a configuration, a home folder and the command `quintile`.

Runs are real processes; results are read from the published copy, the way readers do, or from the
private warehouse where a test looks behind it. Add here how a test uses an installation; never what
it expects.
"""

from __future__ import annotations

import csv
import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from assets.published import Publication, current, open_published
from tests.end_to_end.forked_command import ROOT, ForkedCommand

LONGEST_RUN_SECONDS = 300

Row = tuple[Any, ...]
Running = subprocess.Popen[str] | ForkedCommand
Process = TypeVar("Process", subprocess.Popen[str], ForkedCommand)


def _environment(data: Path | None) -> dict[str, str]:
    """The environment of a user: nothing of the settings of whoever runs the tests."""
    foreign = ("QUINTILE_", "DAGSTER_", "SPARK_REMOTE", "SPARK_CONNECT_")
    kept = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    kept |= {"PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    return kept | ({"QUINTILE_DATA": str(data)} if data else {})


@dataclass(frozen=True)
class Installation:
    """A configuration and a home folder.

    `data` is the value of QUINTILE_DATA, `variables` what else the user's environment says.
    """

    configuration: Path
    home: Path
    data: Path | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    longest_run_seconds: float = LONGEST_RUN_SECONDS

    def start(self, *arguments: str) -> ForkedCommand:
        """Start `quintile run` and return at once; output and errors come on one stream."""
        return ForkedCommand(self._command(*arguments), self._variables)

    def start_anew(self, *arguments: str) -> subprocess.Popen[str]:
        """As `start`, in a new Python as users have it: slower by all its imports."""
        return subprocess.Popen(
            [sys.executable, "-m", "orchestration.cli", *self._command(*arguments)],
            cwd=ROOT,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str) -> str:
        """Run to the end and return what was printed; fails the test when the run does."""
        return self._ended(self.start(*arguments))

    def run_anew(self, *arguments: str) -> str:
        """As `run`, in a new Python."""
        return self._ended(self.start_anew(*arguments))

    def _command(self, *arguments: str) -> list[str]:
        return ["run", "-c", str(self.configuration), "--home", str(self.home), *arguments]

    @property
    def _variables(self) -> dict[str, str]:
        return {**_environment(self.data), **self.variables}

    def _ended(self, started: Running) -> str:
        with stop_at_end(started) as process:
            printed, _ = process.communicate(timeout=self.longest_run_seconds)
        assert process.returncode == 0, printed
        return printed

    @property
    def published(self) -> Path:
        """Folder of the published versions."""
        return self.home / "published"

    @property
    def publication(self) -> Publication:
        """What counts now, by its manifest."""
        return current(self.published)

    def rows(self, query: str) -> list[Row]:
        """Rows of a query on the published copy."""
        with open_published(self.published) as connection:
            return connection.execute(query).fetchall()

    def one(self, query: str) -> Any:
        """The only value of a query on the published copy."""
        ((value,),) = self.rows(query)
        return value

    def pairs(self, query: str) -> dict[Any, Any]:
        """A query of two columns as a mapping."""
        return dict(self.rows(query))

    def ids(self, query: str) -> set[str]:
        """A query of one column as a set."""
        return {value for (value,) in self.rows(query)}

    def earlier_rows(self, day: date, query: str) -> list[Row]:
        """Rows of a query on the version of an earlier business date, which is still kept."""
        (file,) = self.published.glob(f"{day}-*.duckdb")
        with duckdb.connect(str(file), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def private_rows(self, query: str) -> list[Row]:
        """Rows of a query on the pipeline's own warehouse, which no reader may open."""
        with duckdb.connect(str(self.home / "warehouse.duckdb"), read_only=True) as connection:
            return connection.execute(query).fetchall()

    def table_hashes(self) -> dict[str, str]:
        """Content hash by published table; `publication` itself tells when, so it is left out."""
        return {
            f"{table.schema_name}.{table.table}": table.content_hash
            for table in self.publication.tables
            if table.table != "publication"
        }

    def export_files(self) -> dict[str, bytes]:
        """Name and bytes of every finished export."""
        return {path.name: path.read_bytes() for path in (self.home / "exports").glob("*.zip")}

    def export(self, slug: str) -> list[dict[str, str]]:
        """Records of the newest business date's export of a segment, by its name as a slug."""
        (found,) = (self.home / "exports").glob(f"{slug}_{self.publication.as_of}_*.zip")
        with zipfile.ZipFile(found) as archive:
            (name,) = archive.namelist()
            text = archive.read(name).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def replayed_members(self) -> dict[tuple[str, str], bool]:
        """Visible members after replaying the ledger event by event (BEY-2)."""
        members: dict[tuple[str, str], bool] = {}
        for segment, account, is_member, is_visible in self.rows(
            "select segment_id, account_id, is_member, is_visible "
            "from marts.seg_membership_ledger order by as_of"
        ):
            if is_member and is_visible:
                members[segment, account] = True
            else:
                members.pop((segment, account), None)
        return members

    def members(self, segment: str) -> set[str]:
        """Visible members of a segment now."""
        return self.ids(f"select account_id from marts.seg_members where segment_id = '{segment}'")


@contextmanager
def stop_at_end(process: Process) -> Iterator[Process]:
    """Leave no process of a failed test behind, nor a child of it."""
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
