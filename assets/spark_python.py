"""Python functions of this project on Spark's executors: with which Python, over which files.

An executor knows nothing of this project. The package that a function needs travels with the
session; what that needs must be installed where executors run, in the same versions as here, or an
equal text could be read otherwise there. So every task looks before it works, and a Python that
does not fit is refused with what it lacks. Never put here what a function does.
"""

from __future__ import annotations

import hashlib
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from assets.spark_settings import chosen_python
from assets.spark_warehouse import Storage

if TYPE_CHECKING:
    import pandas as pd

PYTHON: Final = "spark.sql.execution.pyspark.python"
"""Setting of a session: the Python that executors start for it."""
LOOKED_AT: Final = 256
"""Rows spread over the executors to see what they have; one core each is seen up to this number."""
_BEGINNING: Final = (1980, 1, 1, 0, 0, 0)
"""Time of every shipped file, so that equal code is equal bytes."""

Mapped = Callable[[Iterator["pd.DataFrame"]], Iterator["pd.DataFrame"]]


class ExecutorPythonError(RuntimeError):
    """No Python that executors can start fits; the message says what each lacks and what to do."""


@dataclass(frozen=True)
class Executors:
    """What works for a session.

    Attributes:
        python: The Python they start, or `python3` for their own.
        cores: How many tasks they do at a time, up to `LOOKED_AT`.
        packages: What every task finds there: name to version.
    """

    python: str
    cores: int
    packages: Mapping[str, str]


def fitting_executors(session: Any, packages: Sequence[str]) -> Executors:
    """Find a Python on the executors that has packages in the versions that are installed here.

    Tried are the one that the user names (`QUINTILE_SPARK_PYTHON`); else this process's own, which
    executors of this machine or with the same mount can start; else the cluster's own.

    Raises:
        ExecutorPythonError: none fits.
        SparkUnavailableError: the user names one in a way that cannot be.
    """
    wanted = {name: version(name) for name in packages}
    named = chosen_python()
    faults = []
    for python in [named] if named else [sys.executable, ""]:
        if python:
            session.conf.set(PYTHON, python)
        else:
            session.conf.unset(PYTHON)
        told, cores = _looked_at(session, wanted)
        if not told:
            return Executors(python or "python3", cores, wanted)
        faults.append(f"{python or 'the python3 of the cluster'}: {told}")
    needed = " ".join(f"{name}=={number}" for name, number in wanted.items())
    raise ExecutorPythonError(
        f"no Python of the executors fits ({'; '.join(faults)}). Install Python "
        f"{sys.version_info.major}.{sys.version_info.minor} with {needed} on every worker, at one "
        "path, and name it: QUINTILE_SPARK_PYTHON=/path/to/python"
    )


def ship(session: Any, package: str, folder: Path) -> None:
    """Give the executors of a session a package of this project, as it is here.

    Args:
        session: Whose executors.
        package: Its name; only Python files are taken.
        folder: Where the archive may lie until it has been sent.
    """
    found = find_spec(package)
    assert found is not None and found.submodule_search_locations is not None
    root = Path(next(iter(found.submodule_search_locations)))
    modules = sorted(root.rglob("*.py"))
    files = {module.relative_to(root.parent): module.read_bytes() for module in modules}
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()[:12]
    archive = folder / f"{package}-{digest}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as output:
        for name, content in files.items():
            output.writestr(zipfile.ZipInfo(name.as_posix(), _BEGINNING), content)
    try:
        session.addArtifacts(str(archive), pyfile=True)
    finally:
        archive.unlink()


def map_files(
    session: Any, storage: Storage, executors: Executors, function: Mapped,
    columns: Sequence[str], *,
    origin: Path, target: Path, tasks: int,
) -> None:  # fmt: skip
    """Let executors map a function over the rows of Parquet files and write what it yields.

    Args:
        session: Who asks.
        storage: How the cluster names the home folder, under which both folders lie.
        executors: What `fitting_executors` found; a task that finds anything else fails.
        function: Frames of one partition in, frames out.
        columns: Names and types of what it yields, as Spark writes them.
        origin: Folder of the files.
        target: Folder to write into; what it held is replaced.
        tasks: Parts of about equal numbers of rows.

    Raises:
        PySparkException: a task failed.
    """
    lacking = _lacking(executors.packages)

    def checked(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        faults = lacking()
        if faults:
            raise ImportError(faults)
        yield from function(frames)

    rows = session.read.parquet(storage.address_of(origin)).repartition(tasks)
    found = rows.mapInPandas(checked, ", ".join(columns))
    found.write.mode("overwrite").option("compression", "zstd").parquet(storage.address_of(target))


def _looked_at(session: Any, wanted: Mapping[str, str]) -> tuple[str, int]:
    """What the executors' Python lacks, and how many cores there are."""
    from pyspark.errors import PySparkException
    from pyspark.sql.functions import spark_partition_id, udf

    lacking = _lacking(wanted)
    # Without Arrow: that needs packages which may be what is missing.
    told = udf(lambda _: lacking(), "string", useArrow=False)
    rows = session.range(LOOKED_AT).select(spark_partition_id(), told("id")).distinct()
    try:
        found = rows.collect()
    except PySparkException as error:
        return failure(error), 0
    return "; ".join(sorted({row[1] for row in found if row[1]})), len({row[0] for row in found})


def _lacking(wanted: Mapping[str, str]) -> Callable[[], str]:
    """A function that says what the Python lacks that calls it; it travels by value."""
    known: dict[str, str] = {}

    def lacking() -> str:
        from importlib.metadata import PackageNotFoundError, version

        if "told" not in known:
            faults = []
            for name, number in wanted.items():
                try:
                    found = version(name)
                except PackageNotFoundError:
                    faults.append(f"{name} is missing")
                else:
                    if found != number:
                        faults.append(f"{name} is {found}, not {number}")
            known["told"] = ", ".join(faults)
        return known["told"]

    return lacking


def failure(error: Exception) -> str:
    """The line of an error of Spark that says what happened on an executor."""
    if "Cannot run program" in str(error):
        return "cannot be started there"
    lines = [line.strip() for line in str(error).splitlines()]
    telling = [line for line in lines if "Error: " in line or "[PYTHON_VERSION" in line]
    return (telling or lines or [type(error).__name__])[-1 if telling else 0][:300]
