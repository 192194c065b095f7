"""Texts read by executors of Spark beside the processes of one machine.

    python -m benchmarks.spark_texts [--texts 20000 400000] [--keep DIRECTORY]

Distinct short texts of the demo CRM's kind are read once by as many processes as this machine has
cores, and once by a master and two workers of one core each, all on this machine; both must hear
the same. Printed are seconds and CPU seconds of the reading alone, storing included: in a run the
server is warm from the build before. With two sizes or more the line through the first and the last
says what CPU is paid once and what for every text, and from how many texts on a cluster with more
cores than this machine would be done sooner: what is paid once is paid on every core, the rest is
shared by all. CPU seconds decide, because a busy machine makes wall clock say anything.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb

from assets.spark_server import connect_server
from assets.spark_session import spark_session
from assets.spark_settings import spark_distribution
from assets.spark_voices import read_in_waves
from assets.spark_warehouse import Storage
from assets.voice_tables import VOICE_TABLES, create_voice_tables, insert_heard, unread_texts
from assets.warehouse import warehouse
from benchmarks.cluster import standalone_cluster
from benchmarks.measuring import measure
from benchmarks.voice import short_sentences
from ml.voice.batches import classified
from ml.voice.engine import BATCH, Engine

MODULE = "benchmarks.spark_texts"
WAYS = ("processes", "executors")
TIMES_THE_CORES = (2, 4, 16)
"""How many times this machine's cores the cluster has for which it is told from when it pays."""
Row = dict[str, Any]


def main() -> None:
    """Measure every size both ways and print a table; with `--inside` be the measured process."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--texts", type=int, nargs="+", default=[20_000, 400_000])
    parser.add_argument("--keep", type=Path, help="keep homes and logs in this folder")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.inside:
        way, size, home = arguments.inside
        _read(way, int(size), Path(home))
        return
    with tempfile.TemporaryDirectory(prefix="quintile-bench-") as temporary:
        folder = (arguments.keep or Path(temporary)).resolve()
        rows = [measured(size, folder / str(size)) for size in sorted(arguments.texts)]
    print("\n".join(table(rows)))


def measured(size: int, folder: Path) -> Row:
    """Both ways at one size; they must hear the same."""
    row: Row = {"texts": size}
    for way in WAYS:
        home = folder / way
        home.mkdir(parents=True)
        command = [sys.executable, "-m", MODULE, "--inside", way, str(size), str(home)]
        run = measure(command, log=folder / f"{way}.log")
        told = json.loads((home / "told.json").read_text(encoding="utf-8"))
        cpu = run.cpu_between(told["started"], told["ended"])
        row[way] = {**told, "seconds": told["ended"] - told["started"], "cpu_seconds": cpu}
    if row["processes"]["heard"] != row["executors"]["heard"]:
        raise ValueError(f"{size:,} texts were heard otherwise by executors")
    return row


def table(rows: Sequence[Row]) -> list[str]:
    """Both ways by size; from two sizes on what it costs to start, and when a cluster pays."""
    lines = ["texts | processes s | CPU s | executors s | CPU s"]
    for row in rows:
        cells = [f"{row[way][name]:.1f}" for way in WAYS for name in ("seconds", "cpu_seconds")]
        lines.append(" | ".join([f"{row['texts']:,}", *cells]))
    if len(rows) > 1:
        first, last = rows[0], rows[-1]
        once, each = {}, {}
        for way in WAYS:
            more = last[way]["cpu_seconds"] - first[way]["cpu_seconds"]
            each[way] = more / (last["texts"] - first["texts"])
            once[way] = first[way]["cpu_seconds"] - each[way] * first["texts"]
            lines.append(f"{way}: {once[way]:.1f} CPU s once, {each[way] * 1e5:.1f} for 100,000")
        for times in TIMES_THE_CORES:
            gain = each["processes"] - each["executors"] / times
            pays = (once["executors"] - once["processes"]) / gain if gain > 0 else float("inf")
            lines.append(f"{times} times the cores: executors are sooner from {pays:,.0f} texts on")
    return lines


def _read(way: str, size: int, home: Path) -> None:
    """Read texts in one way; leave when, and what was heard."""
    with warehouse(home / "texts.duckdb") as connection:
        _write_texts(connection, size)
        engine = Engine()
        if way == "processes":
            started, ended = _timed(lambda: _by_processes(connection, engine))
        else:
            settings = "spark.driver.memory=1g spark.executor.memory=512m spark.log.level=WARN"
            os.environ.setdefault("QUINTILE_SPARK_SETTINGS", settings)
            with (
                standalone_cluster(spark_distribution(), home / "cluster") as master,
                connect_server(master, home / "spark") as address,
                spark_session(address) as session,
            ):
                session.sql("select sum(id) from range(1000)").collect()
                started, ended = _timed(lambda: _by_executors(session, home, connection, engine))
        heard = [
            # As sums: the warehouse does not keep rows in order.
            connection.execute(
                f"select count(*), sum(hash(t))::varchar from ml.{name} as t"
            ).fetchone()
            for name in VOICE_TABLES
        ]
    told = {"started": started, "ended": ended, "heard": heard}
    (home / "told.json").write_text(json.dumps(told), encoding="utf-8")


def _timed(work: Callable[[], None]) -> tuple[float, float]:
    started = time.time()
    work()
    return started, time.time()


def _by_processes(connection: duckdb.DuckDBPyConnection, engine: Engine) -> None:
    batches = unread_texts(connection, engine.version, BATCH)
    for said in classified(engine, batches, workers=os.cpu_count() or 1):
        insert_heard(connection, said)


def _by_executors(
    session: Any, home: Path, connection: duckdb.DuckDBPyConnection, engine: Engine
) -> None:
    storage, folder = Storage.of(home), home / "spark" / "texts"
    found = read_in_waves(session, storage, connection, engine, folder, lambda _: None)
    if found.fault:
        raise ValueError(found.fault)


def _write_texts(connection: duckdb.DuckDBPyConnection, size: int) -> None:
    """A table of distinct short texts, none of them read."""
    import pandas as pd

    sentence = short_sentences()
    bodies = pd.DataFrame({"body": [f"{sentence(n)} ({n})" for n in range(size)]})
    connection.register("bodies", bodies)
    connection.execute("create schema learning")
    connection.execute(
        "create table learning.int_texts__written as "
        "select md5(body) as text_hash, null::varchar as subject, body from bodies"
    )
    create_voice_tables(connection)


if __name__ == "__main__":
    main()
