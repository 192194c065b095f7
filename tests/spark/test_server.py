"""The Connect server of a run: behind a key, on loopback, gone with its process (F03, F55)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assets import spark_server
from assets.spark_server import connect_server, is_listening
from assets.spark_settings import (
    FEWEST_TEXTS,
    TOKEN_VARIABLE,
    SparkUnavailableError,
    chosen_settings,
    fewest_texts,
    require_client,
    spark_distribution,
)
from assets.spark_warehouse import Storage, spark_type
from tests.end_to_end.installation import ROOT

pytestmark = [pytest.mark.xdist_group("spark"), pytest.mark.timeout(600)]

ASKING = """
from pyspark.sql import SparkSession
print(SparkSession.builder.getOrCreate().version)
"""
HOLDING = """
import sys, time
from pathlib import Path
from assets.spark_server import connect_server
with connect_server("local[1]", Path(sys.argv[1])) as address:
    print(address, flush=True)
    time.sleep(600)
"""


def asked(address: str, token: str) -> subprocess.CompletedProcess[str]:
    """Ask a server for its version in another process, with a token."""
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASKING],
        env={**os.environ, TOKEN_VARIABLE: token, "SPARK_REMOTE": address, "SPARK_HOME": "none"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def server_processes(folder: Path) -> list[int]:
    """Ids of the server processes that work in a folder."""
    found = []
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            said = line.read_bytes()
        except OSError:
            continue
        if spark_server.SERVER_CLASS.encode() in said and str(folder).encode() in said:
            found.append(int(line.parent.name))
    return found


def ended(folder: Path) -> bool:
    """Whether every process of a folder's server ends."""
    deadline = time.monotonic() + 30
    while server_processes(folder) and time.monotonic() < deadline:
        time.sleep(0.1)
    return server_processes(folder) == []


def test_only_who_has_the_key_is_answered(distribution: Path, tmp_path: Path) -> None:
    with connect_server("local[1]", tmp_path) as address:
        key = os.environ[TOKEN_VARIABLE]
        assert asked(address, key).stdout.startswith("4.")
        refused = asked(address, "guessed")
        assert refused.returncode != 0
        assert "UNAUTHENTICATED" in refused.stderr
        listening = subprocess.run(
            ["cat", "/proc/net/tcp6", "/proc/net/tcp"], capture_output=True, text=True, check=True
        ).stdout
        port = f"{int(address.rpartition(':')[2]):04X}"
        hosts = {line.split()[1].split(":")[0] for line in listening.splitlines()
                 if line.split()[1].endswith(f":{port}") and line.split()[3] == "0A"}  # fmt: skip
        assert hosts <= {"0100007F", "0000000000000000FFFF00000100007F"}
        assert hosts
        assert key not in (tmp_path / "server.log").read_text(encoding="utf-8", errors="replace")
    assert ended(tmp_path)
    assert os.environ.get(TOKEN_VARIABLE) != key


def test_a_killed_process_takes_its_server_along(distribution: Path, tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline().startswith("sc://localhost:")
    assert server_processes(tmp_path) != []
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()
    # The next one waits for the end of the old one by itself: the catalogue admits one at a time.
    with connect_server("local[1]", tmp_path):
        assert server_processes(tmp_path) != []
    assert ended(tmp_path)


def test_a_server_that_cannot_start_says_why(distribution: Path, tmp_path: Path) -> None:
    with (
        pytest.raises(SparkUnavailableError, match=r"(?s)did not start.*Master must either"),
        connect_server("nonsense://here", tmp_path),
    ):
        pass


def test_without_the_extra_the_error_says_how_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SparkUnavailableError, match=r"make spark.*pip install 'quintile\[spark\]'"):
        require_client()


def test_without_a_distribution_the_error_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    with pytest.raises(SparkUnavailableError, match=r"make spark.*sc://host:15002"):
        spark_distribution()


def test_a_token_in_the_address_is_refused(tmp_path: Path) -> None:
    with (
        pytest.raises(SparkUnavailableError, match=TOKEN_VARIABLE),
        connect_server("sc://cluster:15002/;token=secret", tmp_path),
    ):
        pass


def test_settings_are_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUINTILE_SPARK_SETTINGS", "spark.a=1 'spark.b=x y'")
    assert chosen_settings() == {"spark.a": "1", "spark.b": "x y"}
    monkeypatch.setenv("QUINTILE_SPARK_SETTINGS", "spark.a")
    with pytest.raises(SparkUnavailableError, match=r"'spark\.a' is no setting"):
        chosen_settings()


def test_small_loads_of_texts_are_not_for_executors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("QUINTILE_SPARK_TEXTS", raising=False)
    assert fewest_texts("local[2]") is None
    assert fewest_texts("spark://cluster:7077") == fewest_texts("sc://cluster") == FEWEST_TEXTS
    monkeypatch.setenv("QUINTILE_SPARK_TEXTS", "0")
    assert fewest_texts("local[2]") == fewest_texts("yarn") == 0
    monkeypatch.setenv("QUINTILE_SPARK_TEXTS", "1e6")
    with pytest.raises(SparkUnavailableError, match=r"QUINTILE_SPARK_TEXTS: '1e6' is no number"):
        fewest_texts("yarn")


def test_the_cluster_may_name_the_home_folder_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "landing" / "deals" / "data.parquet"
    assert Storage.of(tmp_path).named(file) == f"`file:{file}`"
    monkeypatch.setenv("QUINTILE_SPARK_STORAGE", "s3a://lake/abm/")
    assert Storage.of(tmp_path).named(file) == "`s3a://lake/abm/landing/deals/data.parquet`"


@pytest.mark.parametrize(
    ("duckdb_name", "spark_name"),
    [
        ("VARCHAR", "string"),
        ("MAP(VARCHAR, VARCHAR)", "map<string, string>"),
        ("DECIMAL(18,4)", "decimal(18,4)"),
        ("TIMESTAMP", "timestamp"),
    ],
)
def test_types_by_their_names_in_spark(duckdb_name: str, spark_name: str) -> None:
    assert spark_type(duckdb_name) == spark_name


def test_a_kept_server_serves_the_next_block_and_ends_with_it(
    distribution: Path, tmp_path: Path
) -> None:
    """A run builds twice; the second build finds the server warm, and no block finds a dead one."""
    with connect_server("local[1]", tmp_path, keep=True) as first:
        pass
    assert is_listening(first)
    with connect_server("local[1]", tmp_path, keep=True) as second:
        assert second == first
    os.killpg(int((tmp_path / "server.pid").read_text()), signal.SIGKILL)
    # A killed JVM gives its memory back before its port: until then it looks alive to anybody.
    deadline = time.monotonic() + 60
    while is_listening(first) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_listening(first)
    with connect_server("local[1]", tmp_path) as third:
        assert is_listening(third)
    assert not is_listening(third)
