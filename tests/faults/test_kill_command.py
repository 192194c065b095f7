"""The command that kills: its short setting on the product, and on writers that are careless.

The full setting is `python -m tests.faults --kills 1010 --engine all`; with QUINTILE_NIGHTLY=1 it
runs here.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.campaign import Chosen, chosen, shares
from tests.faults.engines import ENGINES
from tests.faults.stages import MODULES, Places, Stage, stages
from tests.faults.stop_points import Point

ROOT = Path(__file__).resolve().parents[2]
IS_NIGHTLY = os.environ.get("QUINTILE_NIGHTLY") == "1"
TOTAL = re.compile(r"^all stages +([\d,]+) +(\d[\d,]*) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) ", re.M)

pytestmark = pytest.mark.xdist_group("faults")


def program(*arguments: str, code: str = "") -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("QUINTILE_", "COV_"))}
    return subprocess.run(
        [sys.executable, *(["-c", code] if code else ["-m", *arguments])],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env={**environment, "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"},
    )  # fmt: skip


@pytest.mark.timeout(14400 if IS_NIGHTLY else 600)
def test_killed_processes_lose_double_and_mix_nothing() -> None:
    """F01 to F05: after each kill and one rerun everything is as if nothing had happened."""
    kills = 1010 if IS_NIGHTLY else 32
    setting = ["--engine", "all"] if IS_NIGHTLY else ["--small"]
    done = program("tests.faults", "--kills", str(kills), "--seed", "11", *setting)
    assert done.returncode == 0, done.stdout + done.stderr
    points, killed, outside, *wrong = (int(f.replace(",", "")) for f in
                                       TOTAL.search(done.stdout).groups())  # fmt: skip
    assert (killed, wrong) == (kills, [0, 0, 0, 0])
    assert 0 < outside < killed and points > 100
    assert "one rerun made every home whole" in done.stdout


def test_careless_writers_are_found_out() -> None:
    """What breaks one promise is called by its name; the careful writer beside them is not."""
    done = program("tests.faults.careless")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["publish"] == []
    assert "mixed" in found["publish in place"]
    assert "lost" in found["land in place"]
    assert "doubled" in found["land twice"]
    assert "lost" in found["acknowledge too early"]


def test_an_unknown_engine_is_said() -> None:
    done = program("tests.faults", "--engine", "oracle")
    assert done.returncode == 2
    assert "no such engine. Allowed: duckdb, spark, all." in done.stderr


def test_both_engines_are_killed_in_one_call() -> None:
    """The nightly kills: most on DuckDB, and as many on Spark as a night has minutes."""
    nowhere = Places(*[ROOT] * 5)
    both = [stages(nowhere, ENGINES[name]) for name in ("duckdb", "spark")]
    given = shares([stage for some in both for stage in some], 1010)
    assert len(given) == sum(map(len, both)), "names of stages tell the engines apart"
    on_duckdb, on_spark = (sum(given[stage.name] for stage in some) for some in both)
    assert on_duckdb >= 940 and 50 <= on_spark <= 70


TELLING = """
import json, os, sys
os.environ.setdefault("SPARK_HOME", "none")
from pathlib import Path
from pyspark.sql.connect.readwriter import DataFrameWriter
from pyspark.sql.connect.session import SparkSession
from tests.faults.engines import ENGINES
from tests.faults.stop_points import Watch
done = []
SparkSession.sql = lambda self, query, *more: done.append(query)
DataFrameWriter.parquet = lambda self, path, *more: done.append(path)
watch = Watch(Path("/home"))
ENGINES["spark"].tell(watch)
session = SparkSession.__new__(SparkSession)
for query in ("/* dbt */ create table marts.a as select 1", "select 1", "drop table marts.a"):
    session.sql(query)
DataFrameWriter.__new__(DataFrameWriter).parquet("file:/h/spark/exchange/r/made/marts/a")
json.dump([done, [(p.kind, p.what) for p in watch.points]], sys.stdout)
"""


def test_sparks_writer_tells_what_it_writes() -> None:
    """Without a server: what changes a table or a file is a stop point, what reads is none."""
    said = program(code=TELLING)
    assert said.returncode == 0, said.stderr
    done, points = json.loads(said.stdout)
    assert len(done) == 4, "all of it is done as well"
    assert points == [
        ["spark", "create table marts.a as select 1"],
        ["spark", "drop table marts.a"],
        ["spark", "write r/made/marts/a"],
    ]


def test_the_shares_add_up_and_every_stage_gets_one() -> None:
    names = [*MODULES, "publish", "run"]
    stages = [Stage(name, ROOT, print, (), 1 + 40 * n) for n, name in enumerate(names)]
    for kills in (len(names), 60, 1000):
        given = shares(stages, kills)
        assert sum(given.values()) == kills
        assert min(given.values()) >= 1


def test_every_point_is_used_before_one_is_used_again() -> None:
    points = [Point("step", n, "file", "open", gap_seconds=n / 1000) for n in range(30)]
    plan = list(chosen(points, 80, random.Random(1)))
    inside = [one.point.number for one in plan if not one.delay_seconds]
    assert len(plan) == 80 and len(inside) == 60
    assert sorted(inside) == sorted([*range(30), *range(30)])
    assert plan == list(chosen(points, 80, random.Random(1)))
    assert plan != list(chosen(points, 80, random.Random(2)))
    late = [one for one in plan if isinstance(one, Chosen) and one.delay_seconds]
    assert all(one.delay_seconds <= max(1e-4, one.point.gap_seconds) for one in late)
