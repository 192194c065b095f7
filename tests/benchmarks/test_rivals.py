"""Every way of `benchmarks.rfm` gives the scores and labels that Quintile publishes.

A comparison of speed means nothing where the outputs differ. Nothing is timed here.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from benchmarks.crm import run_command, write_crm
from benchmarks.rfm import published_folder, why_no_spark
from benchmarks.rivals_at_work import (
    Rival,
    assert_equal,
    output_query,
    published_query,
    rivals,
    spark_python,
    write_task,
)

ACCOUNTS = 300

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("rivals")]


@dataclass(frozen=True)
class Prepared:
    """A refreshed home: the task for the rivals, and SQL of what was published."""

    folder: Path
    task: Path
    published: str


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    folder = tmp_path_factory.mktemp("rivals")
    home = folder / "crm" / "home"
    command = run_command(write_crm(folder / "crm", ACCOUNTS), home)
    subprocess.run(command, check=True, capture_output=True)
    task = write_task(home, folder / "work")
    return Prepared(folder, task, published_query(published_folder(home)))


def written(prepared: Prepared, rival: Rival) -> str:
    output = prepared.folder / f"{rival.program}.parquet"
    ended = subprocess.run(
        rival.command(prepared.task, output),
        # What a Connect client leaves behind in the process that starts the rivals.
        env={**os.environ, "SPARK_CONNECT_MODE_ENABLED": "1", "SPARK_HOME": "none"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout[-3000:]
    return output_query(output)


@pytest.mark.parametrize("rival", rivals(), ids=lambda rival: rival.name)
def test_a_way_gives_what_is_published(prepared: Prepared, rival: Rival) -> None:
    scored = assert_equal(prepared.published, written(prepared, rival), rival.name)
    assert ACCOUNTS / 2 < scored < ACCOUNTS


@pytest.mark.skipif(spark_python() is not None, reason="PySpark is among the ways")
def test_without_pyspark_the_reason_says_where_it_was_looked_for() -> None:
    assert "QUINTILE_SPARK_PYTHON" in why_no_spark()
    assert not [way for way in rivals() if "PySpark" in way.name]


@pytest.mark.parametrize(
    "change",
    [
        "select account_id, 6 - r as r, f, m, label_id from ({})",
        "select account_id, r, f, m, coalesce(label_id, 'rfm.lost') as label_id from ({})",
        "select * from ({}) order by account_id offset 1",
        "select * from ({0}) union all (select * from ({0}) limit 1)",
    ],
    ids=["score", "label", "account missing", "account twice"],
)
def test_a_difference_is_found(prepared: Prepared, change: str) -> None:
    with pytest.raises(AssertionError, match="rows differ"):
        assert_equal(prepared.published, change.format(prepared.published), "changed")


def test_scores_published_here_have_ties_on_cut_points(prepared: Prepared) -> None:
    """Otherwise the ways would agree by any rule: equal counts lie on both sides of a cut."""
    ((tied,),) = duckdb.sql(
        f"select count(*) from (select f from ({prepared.published}) group by f "
        f"having abs(count(*) - (select count(*) / 5 from ({prepared.published}))) > 2)"
    ).fetchall()
    assert tied
