"""A Spark Connect server for one run: the only way this pipeline talks to Spark.

An address `sc://host:port` is a server that somebody else runs. For any other master (`local[2]`,
`spark://host:7077`, `yarn`, ...) a server is started from a Spark distribution on this machine,
answering on loopback only, behind a key that only this process knows, and stopped when the block
ends or this process dies. Add here how a server is found, started and stopped; never what is asked
of it, nor what the user says of it (`spark_settings`).
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from assets.environment import environment
from assets.spark_settings import (
    CONNECT,
    TOKEN_VARIABLE,
    SparkUnavailableError,
    chosen_settings,
    endpoint,
    is_local,
    refuse_secrets,
    require_client,
    spark_distribution,
)

SERVER_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
LONGEST_START_SECONDS = 180
LONGEST_STOP_SECONDS = 20
LONGEST_PROBE_SECONDS = 10
LOOPBACK = "127.0.0.1"

_GUARDED = (
    'exec 3<&0; "$@" </dev/null & server=$!; '
    '{ read -r _ <&3; kill "$server"; for _ in $(seq 100); do kill -0 "$server" || exit 0; '
    'sleep 0.1; done; kill -9 "$server"; } >/dev/null 2>&1 & '
    'wait "$server"'
)
"""The server ends with the pipe from this process, so it never outlives a killed run."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class _Server:
    """A server that was started here, and the key that only this process knows."""

    process: subprocess.Popen[bytes]
    address: str
    token: str
    folder: Path

    @property
    def log(self) -> Path:
        """What it writes to standard output and error."""
        return self.folder / "server.log"

    def stop(self) -> None:
        """End it, at last by force."""
        _stop(self.process)
        (self.folder / "server.pid").unlink(missing_ok=True)


_kept: dict[tuple[str, Path], _Server] = {}
"""Servers that the last block left for the next one of this process, by master and folder."""


@contextmanager
def connect_server(
    master: str, folder: Path, say: Say = lambda _: None, *, keep: bool = False
) -> Iterator[str]:
    """Address of a Spark Connect server for a master, for one block.

    Args:
        master: `sc://host:port` of a running Connect server, or any master of Spark.
        folder: Where a server started here keeps its tables, catalogue and log.
        say: Told what is started.
        keep: Leave a server started here to the next block of this process, warm as it is. It ends
            with that block or with the process.

    Raises:
        SparkUnavailableError: no client, no distribution, or the server does not come up; the end
            of its log is inside.
    """
    require_client()
    if refuse_secrets(master).startswith(CONNECT):
        with _answering(master):
            yield master
        return
    server = _kept.pop((master, folder), None)
    if server is None or server.process.poll() is not None:
        server = _started(master, folder, say)
    is_kept = False
    try:
        with environment({TOKEN_VARIABLE: server.token}), _answering(server.address, server.log):
            yield server.address
        is_kept = keep
    finally:
        if is_kept:
            _kept[master, folder] = server
        else:
            server.stop()


def _started(master: str, folder: Path, say: Say) -> _Server:
    distribution = spark_distribution()
    folder.mkdir(parents=True, exist_ok=True)
    _end_leftover(folder)
    _forget_catalogue_of_elsewhere(folder)
    log, token, port = folder / "server.log", secrets.token_urlsafe(32), _free_port()
    say(f"starting a Spark Connect server for {master}; its log is {log}")
    properties = _written_properties(master, folder, port)
    with log.open("wb") as output:
        process = subprocess.Popen(
            ["sh", "-c", _GUARDED, "sh", *_command(distribution, master, properties)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(distribution, master, token),
            start_new_session=True,
        )
    # The client sends a token in the clear only to this very name.
    server = _Server(process, f"sc://localhost:{port}", token, folder)
    (folder / "server.pid").write_text(str(process.pid), encoding="utf-8")
    try:
        _wait_until_it_listens(process, port, log)
    except BaseException:
        server.stop()
        raise
    finally:
        properties.unlink(missing_ok=True)
    return server


@contextmanager
def _answering(address: str, log: Path | None = None) -> Iterator[None]:
    """Refuse an address that nobody listens at; say so when an error comes of a dead server."""
    host, port = endpoint(address)
    if not is_listening(address):
        raise SparkUnavailableError(
            f"No Spark Connect server listens at {host}:{port}. Start it, or name another: "
            "--master sc://host:15002, or local[2] for one that is started here."
        )
    try:
        yield
    except Exception as error:
        if is_listening(address):
            raise
        where = f"; the end of its log, {log}:\n{_end_of(log)}" if log else (
            ". Its log is on the machine that ran it."
        )  # fmt: skip
        raise SparkUnavailableError(
            f"The Spark Connect server at {host}:{port} ended while it was at work (killed, or out "
            f"of memory). Nothing was published; run again{where}"
        ) from error


def is_listening(address: str) -> bool:
    """Whether somebody listens at `sc://host:port`."""
    try:
        with socket.create_connection(endpoint(address), timeout=LONGEST_PROBE_SECONDS):
            return True
    except OSError:
        return False


def warehouse_folder(folder: Path) -> Path:
    """Where a server started here keeps the files of its tables."""
    return folder / "warehouse"


def _command(distribution: Path, master: str, properties: Path) -> list[str]:
    submit = str(distribution / "bin" / "spark-submit")
    # The last word of spark-submit: the class is in the distribution, there is no jar.
    given = ["--properties-file", str(properties), "--load-spark-defaults"]
    return [submit, "--master", master, *given, "--class", SERVER_CLASS, "spark-internal"]


def server_settings(master: str, folder: Path, port: int) -> dict[str, str]:
    """Settings of a server that is started here; the user's own win.

    Executors of another machine must reach the driver, so only a local master's is bound to
    loopback; elsewhere Spark takes the host's own address, or `spark.driver.host`. The door that
    the client uses is on loopback in any case.
    """
    derby = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    alone = {"spark.driver.host": LOOPBACK, "spark.driver.bindAddress": LOOPBACK}
    return {
        "spark.ui.enabled": "false",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(warehouse_folder(folder)),
        "spark.hadoop.javax.jdo.option.ConnectionURL": derby,
        **(alone if is_local(master) else {}),
        **chosen_settings(),
        "spark.connect.grpc.binding.address": LOOPBACK,
        "spark.connect.grpc.binding.port": str(port),
    }


def _written_properties(master: str, folder: Path, port: int) -> Path:
    """The settings in a file of this user alone: everybody may read a command line."""
    file = folder / "server.properties"
    file.unlink(missing_ok=True)
    lines = (
        f"{name}={value}".replace("\\", "\\\\").replace("\n", "\\n")
        for name, value in server_settings(master, folder, port).items()
    )
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:  # noqa: PTH123
        output.write("\n".join(lines) + "\n")
    return file


def _environment(distribution: Path, master: str, token: str) -> Mapping[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("SPARK_REMOTE", "PYTHONPATH")}
    return {
        **({"SPARK_LOCAL_IP": LOOPBACK} if is_local(master) else {}),
        **kept,
        "SPARK_HOME": str(distribution),
        "SPARK_NO_DAEMONIZE": "1",
        TOKEN_VARIABLE: token,
    }


def _forget_catalogue_of_elsewhere(folder: Path) -> None:
    """Remove the catalogue of a home that was copied or moved: it names the old home's files."""
    place = folder / "place"
    if not place.exists() or place.read_text(encoding="utf-8") != str(folder):
        for part in ("metastore", "warehouse"):
            shutil.rmtree(folder / part, ignore_errors=True)
        place.write_text(str(folder), encoding="utf-8")


def _wait_until_it_listens(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((LOOPBACK, port), timeout=1):
            return
        time.sleep(0.1)
    raise SparkUnavailableError(
        f"The Spark Connect server did not start; the end of {log}:\n{_end_of(log)}"
    )


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def _stop(server: subprocess.Popen[bytes]) -> None:
    if server.stdin is not None:
        server.stdin.close()
    try:
        server.wait(LONGEST_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        _kill_group(server.pid)
        server.wait()


def _end_leftover(folder: Path) -> None:
    """Wait for, then kill, a server that a killed run left: the catalogue admits one at a time."""
    noted = folder / "server.pid"
    with suppress(FileNotFoundError, ValueError):
        group = int(noted.read_text(encoding="utf-8"))
        deadline = time.monotonic() + LONGEST_STOP_SECONDS
        while _serves(group, folder):
            if time.monotonic() > deadline:
                _kill_group(group)
                break
            time.sleep(0.1)
    noted.unlink(missing_ok=True)


def _serves(group: int, folder: Path) -> bool:
    """Whether a process of the group still is a server of this folder."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, IndexError):
            fields = status.read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[2]) == group and fields[0] != "Z":
                said = status.with_name("cmdline").read_bytes()
                if SERVER_CLASS.encode() in said and str(folder).encode() in said:
                    return True
    return False


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
