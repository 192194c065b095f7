"""What is refused, hidden or bounded before Spark is asked anything; no Java is needed."""

from __future__ import annotations

import json
import os
import socket
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from assets import spark_server
from assets.refresh import Refresh
from assets.spark_server import connect_server, server_settings
from assets.spark_session import retries
from assets.spark_settings import TOKEN_VARIABLE, SparkUnavailableError, endpoint, refuse_secrets
from assets.spark_warehouse import SparkWarehouse, Storage
from assets.warehouse import pattern_literal
from tests.orchestration.command_line import quintile
from tests.spark.conftest import do_without

DERBY_LIMIT = 32_700
"""Characters of a view's text in the catalogue of a server that is started here."""


@pytest.mark.parametrize(
    "address",
    [
        "sc://cluster:15002/;token=hidden",
        "sc://cluster:15002/;use_ssl=true;Authorization=Bearer%20hidden",
        "sc://hidden@cluster:15002",
    ],
)
def test_a_key_in_the_address_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SparkUnavailableError, match=TOKEN_VARIABLE) as refused:
        refuse_secrets(address)
    assert "hidden" not in str(refused.value)
    with pytest.raises(SparkUnavailableError, match=TOKEN_VARIABLE) as refused:
        Refresh(spark_master=address)
    assert "hidden" not in str(refused.value)


def test_the_command_refuses_a_key_before_the_run_is_written_down(tmp_path: Path) -> None:
    done = quintile(
        "run", "-c", "examples/zylker/abm.yaml", "--home", str(tmp_path / "home"),
        "--engine", "spark", "--master", "sc://cluster:15002/;token=hidden",
    )  # fmt: skip
    assert done.code == 2
    assert TOKEN_VARIABLE in done.err and "hidden" not in done.err + done.out
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("sc://cluster", ("cluster", 15002)),
        ("sc://cluster:7/;use_ssl=true", ("cluster", 7)),
        ("sc://[::1]:7", ("::1", 7)),
        ("sc://[::1]", ("::1", 15002)),
    ],
)
def test_the_place_of_an_address(address: str, place: tuple[str, int]) -> None:
    assert endpoint(address) == place


@contextmanager
def listening() -> Iterator[tuple[socket.socket, str]]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server, f"sc://127.0.0.1:{server.getsockname()[1]}"


def test_an_address_where_nobody_listens_is_refused_at_once(tmp_path: Path) -> None:
    with listening() as (_, address):
        pass
    with (
        pytest.raises(SparkUnavailableError, match="No Spark Connect server listens at 127"),
        connect_server(address, tmp_path),
    ):
        pytest.fail("nobody is there")


def test_an_error_of_a_dead_server_is_said_to_be_one(tmp_path: Path) -> None:
    with (
        pytest.raises(SparkUnavailableError, match="ended while it was at work") as refused,
        listening() as (server, address),
        connect_server(address, tmp_path),
    ):
        server.close()
        raise ConnectionError("refused")
    assert isinstance(refused.value.__cause__, ConnectionError)
    with (
        pytest.raises(ValueError, match="of its own"),
        listening() as (_, address),
        connect_server(address, tmp_path),
    ):
        raise ValueError("an error of its own")


def test_a_dead_server_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client's own patience is ten silent minutes, for every statement."""
    monkeypatch.setenv("SPARK_HOME", "none")  # else the client looks for a distribution, and exits
    import grpc

    class Unavailable(grpc.RpcError):  # type: ignore[misc]
        def code(self) -> grpc.StatusCode:
            return grpc.StatusCode.UNAVAILABLE

    with listening() as (_, address):
        policy = retries(address)
        assert policy.can_retry(Unavailable())
        assert not policy.can_retry(ValueError())
    assert not policy.can_retry(Unavailable())
    assert policy.max_retries * policy.max_backoff < 2 * 60 * 1000


def test_settings_are_for_the_eyes_of_this_user_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The command line of a process can be read by everybody on the machine."""
    submit = tmp_path / "bin" / "spark-submit"
    submit.parent.mkdir()
    seen = tmp_path / "seen.json"
    submit.write_text(
        f"#!{sys.executable}\n"
        + textwrap.dedent(f"""
        import json, os, pathlib, re, socket, sys
        file = sys.argv[sys.argv.index("--properties-file") + 1]
        text = pathlib.Path(file).read_text()
        mode = oct(os.stat(file).st_mode & 0o777)
        told = [sys.argv, text, mode, os.environ.get("SPARK_LOCAL_IP")]
        pathlib.Path({str(seen)!r}).write_text(json.dumps(told))
        port = int(re.search(r"grpc.binding.port=(\\d+)", text)[1])
        server = socket.create_server(("127.0.0.1", port))
        while True:
            server.accept()
        """)
    )
    submit.chmod(0o755)
    monkeypatch.setenv("SPARK_HOME", str(tmp_path))
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    monkeypatch.setenv("QUINTILE_SPARK_SETTINGS", r"'spark.hadoop.fs.s3a.secret.key=hid\den'")
    monkeypatch.delenv("SPARK_LOCAL_IP", raising=False)
    folder = tmp_path / "spark"
    with connect_server("spark://cluster:7077", folder):
        command, text, mode, local_ip = json.loads(seen.read_text())
        assert mode == "0o600" and local_ip is None
        assert not any("den" in word for word in command)
        assert r"secret.key=hid\\den" in text.splitlines()[-3]
        assert not (folder / "server.properties").exists(), "it has been read"


def test_executors_of_other_machines_reach_the_driver(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    alone = server_settings("local[2]", tmp_path, 15002)
    assert alone["spark.driver.host"] == alone["spark.driver.bindAddress"] == "127.0.0.1"
    for master in ("spark://cluster:7077", "yarn", "k8s://https://cluster:6443"):
        monkeypatch.setenv("QUINTILE_SPARK_SETTINGS", "")
        own = server_settings(master, tmp_path, 15002)
        assert not {"spark.driver.host", "spark.driver.bindAddress"} & own.keys()
        monkeypatch.setenv(
            "QUINTILE_SPARK_SETTINGS",
            "spark.driver.host=pipeline.internal spark.connect.grpc.binding.address=0.0.0.0",
        )
        told = server_settings(master, tmp_path, 15002)
        assert told["spark.driver.host"] == "pipeline.internal"
        assert told["spark.connect.grpc.binding.address"] == "127.0.0.1"


def test_a_catalogue_of_another_place_is_forgotten(tmp_path: Path) -> None:
    """A home that was copied would write to the files of the home it was copied from."""
    table = tmp_path / "warehouse" / "marts.db"
    for place, is_kept in ((str(tmp_path), True), ("/elsewhere", False)):
        table.mkdir(parents=True, exist_ok=True)
        (tmp_path / "place").write_text(place)
        spark_server._forget_catalogue_of_elsewhere(tmp_path)
        assert table.exists() == is_kept
        assert (tmp_path / "place").read_text() == str(tmp_path)


class Recorded:
    """A session that notes what it is told and knows no table."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def sql(self, statement: str) -> Any:
        self.statements.append(statement)
        field = SimpleNamespace(name="a", dataType=SimpleNamespace(simpleString=lambda: "int"))
        return SimpleNamespace(schema=SimpleNamespace(fields=[field]), collect=list)


def test_the_text_of_a_view_does_not_grow_with_the_loads(tmp_path: Path) -> None:
    files = []
    for number in range(1000):
        files.append(tmp_path / "landing" / "deals" / f"{number:032}" / "data.parquet")
        files[-1].parent.mkdir(parents=True)
        if number < 2:
            names = ", ".join(f"{n} as column_with_a_name_{n}" for n in range(60 + number))
            duckdb.sql(f"select {names}").write_parquet(str(files[-1]))
        else:
            os.link(files[number % 2], files[-1])
    session = Recorded()
    columns = {f"column_with_a_name_{n}": "BIGINT" for n in range(61)}
    SparkWarehouse(session, Storage.of(tmp_path)).replace_landed("landing", "deals", columns, files)
    views = [s for s in session.statements if s.startswith("create or replace view")]
    assert len(views) == 1 and len(views[0]) < DERBY_LIMIT / 3
    named = "\n".join(session.statements)
    assert all(f"file:{file.parent}'" in named for file in files)


def test_a_folder_with_letters_of_patterns_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "a[1] {x,y}*?"
    folder.mkdir()
    (tmp_path / "a1 {x,y}??").mkdir()  # what the name would match as a pattern
    duckdb.sql("select 1 as a").write_parquet(str(folder / "part.parquet"))
    for pattern in (pattern_literal(folder, "*.parquet"), pattern_literal(folder / "part.parquet")):
        assert duckdb.sql(f"from read_parquet({pattern})").fetchall() == [(1,)]
    assert Storage.of(folder).named(folder / "x") == rf"`file:{tmp_path}/a\[1\] \{{x,y\}}\*\?/x`"


@pytest.mark.parametrize("variable", ["CI", "QUINTILE_INSIST"])
def test_on_ci_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    for name in ("CI", "QUINTILE_INSIST"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(pytest.skip.Exception, match="no Java"):
        do_without("no Java")
    monkeypatch.setenv(variable, "1")
    with pytest.raises(pytest.fail.Exception, match="no Java"):
        do_without("no Java")
