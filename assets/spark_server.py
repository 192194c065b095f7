"""A Spark Connect server for one run: the only way this pipeline talks to Spark.

An address `sc://host:port` is a server that somebody else runs. For any other master (`local[2]`,
`spark://host:7077`, `yarn`, ...) a server is started from a Spark distribution on this machine,
bound to loopback, behind a key that only this process knows, and stopped when the block ends or
this process dies. Add here how a server is found, started and stopped; never what is asked of it.
"""

from __future__ import annotations

import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from assets.environment import environment

DISTRIBUTION_VARIABLE = "SPARK_HOME"
TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
SETTINGS_VARIABLE = "QUINTILE_SPARK_SETTINGS"
OWN_DISTRIBUTION = Path(__file__).resolve().parent.parent / ".venv-spark"
SERVER_CLASS = "org.apache.spark.sql.connect.service.SparkConnectServer"
LONGEST_START_SECONDS = 180
LONGEST_STOP_SECONDS = 20

_GUARDED = (
    'exec 3<&0; "$@" </dev/null & server=$!; '
    '{ read -r _ <&3; kill "$server"; for _ in $(seq 100); do kill -0 "$server" || exit 0; '
    'sleep 0.1; done; kill -9 "$server"; } >/dev/null 2>&1 & '
    'wait "$server"'
)
"""The server ends with the pipe from this process, so it never outlives a killed run."""

Say = Callable[[str], None]


class SparkUnavailableError(RuntimeError):
    """Spark cannot be used; the message says what is missing and how to get it."""


@contextmanager
def connect_server(master: str, folder: Path, say: Say = lambda _: None) -> Iterator[str]:
    """Address of a Spark Connect server for a master, for one block.

    Args:
        master: `sc://host:port` of a running Connect server, or any master of Spark.
        folder: Where a server started here keeps its tables, catalogue and log.
        say: Told what is started.

    Raises:
        SparkUnavailableError: no client, no distribution, or the server does not come up; the end
            of its log is inside.
    """
    require_client()
    if master.startswith("sc://"):
        if "token=" in master:
            raise SparkUnavailableError(
                "A token in the address would be kept with the run. Leave it out and set the "
                f"environment variable {TOKEN_VARIABLE}."
            )
        yield master
        return
    distribution = spark_distribution()
    folder.mkdir(parents=True, exist_ok=True)
    _end_leftover(folder)
    log = folder / "server.log"
    token, port = secrets.token_urlsafe(32), _free_port()
    say(f"starting a Spark Connect server for {master}; its log is {log}")
    with log.open("wb") as output:
        server = subprocess.Popen(
            ["sh", "-c", _GUARDED, "sh", *_command(distribution, master, folder, port)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env=_environment(distribution, token),
            start_new_session=True,
        )
    (folder / "server.pid").write_text(str(server.pid), encoding="utf-8")
    try:
        _wait_until_it_listens(server, port, log)
        with environment({TOKEN_VARIABLE: token}):
            # The client sends a token in the clear only to this very name.
            yield f"sc://localhost:{port}"
    finally:
        _stop(server)
        (folder / "server.pid").unlink(missing_ok=True)


def require_client() -> None:
    """Refuse, saying how to install it, when the Spark extra is missing.

    Raises:
        SparkUnavailableError: pyspark-client or dbt-spark cannot be imported.
    """
    from importlib.util import find_spec

    missing = [
        package
        for package, module in (("pyspark-client", "pyspark"), ("dbt-spark", "dbt.adapters.spark"))
        if find_spec(module) is None
    ]
    if missing:
        raise SparkUnavailableError(
            f"The engine spark needs {' and '.join(missing)}, which are not installed here. Run "
            "`make spark`, or install the extra: pip install 'quintile[spark]'."
        )


def spark_distribution() -> Path:
    """Folder of a Spark distribution: $SPARK_HOME, else what `make spark` installed.

    Raises:
        SparkUnavailableError: neither is there, or Java is missing.
    """
    named = os.environ.get(DISTRIBUTION_VARIABLE, "")
    candidates = [Path(named)] if named else sorted(
        OWN_DISTRIBUTION.glob("lib/python*/site-packages/pyspark")
    )  # fmt: skip
    found = next((place for place in candidates if (place / "bin" / "spark-submit").exists()), None)
    if found is None:
        looked = named or "$SPARK_HOME (not set) and .venv-spark"
        raise SparkUnavailableError(
            f"No Spark distribution found in {looked}. Run `make spark`, set SPARK_HOME to one, or "
            "give the address of a running Spark Connect server: --master sc://host:15002."
        )
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        raise SparkUnavailableError(
            "Spark needs Java 17 or newer: install it or set JAVA_HOME, or give the address of a "
            "running Spark Connect server: --master sc://host:15002."
        )
    return found


def chosen_settings() -> dict[str, str]:
    """Settings of Spark that the user gave, `name=value` separated by blanks.

    Raises:
        SparkUnavailableError: one of them is no `name=value`.
    """
    pairs = shlex.split(os.environ.get(SETTINGS_VARIABLE, ""))
    wrong = [pair for pair in pairs if not re.fullmatch(r"spark\.[\w.\-]+=.*", pair)]
    if wrong:
        raise SparkUnavailableError(
            f"{SETTINGS_VARIABLE}: {wrong[0]!r} is no setting; write spark.name=value, separated "
            "by blanks."
        )
    return dict(pair.split("=", 1) for pair in pairs)


def warehouse_folder(folder: Path) -> Path:
    """Where a server started here keeps the files of its tables."""
    return folder / "warehouse"


def _command(distribution: Path, master: str, folder: Path, port: int) -> list[str]:
    derby = f"jdbc:derby:;databaseName={folder / 'metastore'};create=true"
    settings = {
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(warehouse_folder(folder)),
        "spark.hadoop.javax.jdo.option.ConnectionURL": derby,
        **chosen_settings(),
    }
    options = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    submit = str(distribution / "bin" / "spark-submit")
    return [submit, "--master", master, *options, "--class", SERVER_CLASS, "spark-internal"]


def _environment(distribution: Path, token: str) -> Mapping[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("SPARK_REMOTE", "PYTHONPATH")}
    return {
        **kept,
        "SPARK_HOME": str(distribution),
        "SPARK_LOCAL_IP": os.environ.get("SPARK_LOCAL_IP", "127.0.0.1"),
        "SPARK_NO_DAEMONIZE": "1",
        TOKEN_VARIABLE: token,
    }


def _wait_until_it_listens(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + LONGEST_START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.1)
    end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])
    raise SparkUnavailableError(f"The Spark Connect server did not start; the end of {log}:\n{end}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
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
