"""Texts read on the executors of Spark: the same pure function over partitions (VOC-14).

Which texts are unread, and what is kept of them, stays with the DuckDB file (`voice_tables`): texts
go to the executors as Parquet, what was heard comes back as Parquet, wave by wave, and a wave that
is in is never read again. Whatever the executors do not read is left, for this machine to read.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from assets.refresh import Refresh
from assets.spark_python import (
    ExecutorPythonError,
    failure,
    fitting_executors,
    map_files,
    ship,
)
from assets.spark_server import connect_server
from assets.spark_session import spark_session
from assets.spark_settings import CONNECT
from assets.spark_warehouse import Storage
from assets.voice_tables import (
    HEARD_COLUMNS,
    MissingTextsError,
    insert_heard_files,
    write_unread_texts,
)

if TYPE_CHECKING:
    import pandas as pd

    from ml.voice.engine import Engine

PACKAGES: Final = ("numpy", "pandas", "pyarrow", "scipy", "scikit-learn", "vaderSentiment")
"""What reading needs on an executor, beside this project's own `ml`, which is sent there."""
TEXTS_PER_CORE: Final = 50_000
"""Texts of a wave for every core: what a killed run may have to read again."""

Frames = Iterator["pd.DataFrame"]


@dataclass(frozen=True)
class ReadOnSpark:
    """What became of the texts.

    Attributes:
        texts: How many the executors read.
        reader: Who they are: their Python, and how many at a time.
        fault: Why they did not read, or not all; empty when they did.
    """

    texts: int
    reader: str
    fault: str


def read_on_spark(
    refresh: Refresh,
    connection: duckdb.DuckDBPyConnection,
    engine: Engine,
    say: Callable[[str], None],
    progress: Callable[[int], None],
) -> ReadOnSpark:
    """Let the executors read the texts that a version of the engine has not read.

    Args:
        refresh: The run, on Spark.
        connection: The warehouse, open for writing; its tables of voices exist.
        engine: Who reads.
        say: Told what is started.
        progress: Told the number of texts read so far, after every wave.

    Raises:
        SparkUnavailableError: Spark cannot be reached or started.
    """
    home = refresh.home
    home.spark.mkdir(parents=True, exist_ok=True)
    noted = home.spark / "session" if refresh.master.startswith(CONNECT) else None
    with (
        # The next build of this process finds the server warm.
        connect_server(refresh.master, home.spark, say, keep=True) as address,
        spark_session(address, noted) as session,
    ):
        folder = home.spark / "exchange" / refresh.run_id[:8] / "texts"
        return read_in_waves(
            session, Storage.of(home.root), connection, engine, folder, progress
        )  # fmt: skip


def read_in_waves(
    session: Any,
    storage: Storage,
    connection: duckdb.DuckDBPyConnection,
    engine: Engine,
    folder: Path,
    progress: Callable[[int], None],
    texts_per_core: int = TEXTS_PER_CORE,
) -> ReadOnSpark:
    """Read on the executors of a session, through a folder that is gone afterwards.

    A fault ends it, and is returned; what was read until then is kept.
    """
    from pyspark.errors import PySparkException

    from ml.voice.engine import BATCH
    from ml.voice.packing import packed

    function = _hearing(packed(engine))
    reader, done = "", 0
    shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(parents=True)
        executors = fitting_executors(session, packages_of(engine))
        reader = f"{executors.python}, {executors.cores} at a time"
        ship(session, "ml", folder)
        while texts := write_unread_texts(
            connection, engine.version, texts_per_core * executors.cores, folder / "unread"
        ):
            map_files(
                session, storage, executors, function, HEARD_COLUMNS,
                origin=folder / "unread", target=folder / "heard", tasks=-(-texts // BATCH),
            )  # fmt: skip
            insert_heard_files(connection, engine.version, folder / "heard", texts)
            done += texts
            progress(done)
    except (ExecutorPythonError, MissingTextsError) as error:
        return ReadOnSpark(done, reader, str(error))
    except PySparkException as error:
        return ReadOnSpark(done, reader, f"the executors failed: {failure(error)}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return ReadOnSpark(done, reader, "")


def packages_of(engine: Engine) -> tuple[str, ...]:
    """Packages that reading with an engine needs, by the names they are installed under."""
    from ml.voice.vectors import PACKAGE

    return (*PACKAGES, PACKAGE.replace("_", "-")) if engine.vectors is not None else PACKAGES


def _hearing(engine: bytes) -> Callable[[Frames], Frames]:
    """The pure function over the partitions of texts; it travels by value and finds `ml` there."""
    names = [column.partition(" ")[0] for column in HEARD_COLUMNS]

    def heard(parts: Frames) -> Frames:
        from ml.voice.heard import heard_in_partition

        for found in heard_in_partition(engine, parts):
            yield found[names]

    return heard
