"""A Connect server that somebody else runs: it knows nothing of Quintile."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from assets.spark_server import SERVER_CLASS, is_listening
from assets.spark_settings import chosen_settings
from benchmarks.cluster import LONGEST_START_SECONDS, started


@contextmanager
def foreign_server(distribution: Path, folder: Path, key: str) -> Iterator[str]:
    """Address of a Connect server with a key and a catalogue of its own, for one block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    derby = f"jdbc:derby:;databaseName={folder / 'server' / 'metastore'};create=true"
    properties = {
        **chosen_settings(),
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.sql.catalogImplementation": "hive",
        "spark.sql.warehouse.dir": str(folder / "server" / "warehouse"),
        "spark.hadoop.javax.jdo.option.ConnectionURL": derby,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.connect.grpc.binding.port": str(port),
        "spark.connect.authenticate.token": key,
    }
    given = [word for name, value in properties.items() for word in ("--conf", f"{name}={value}")]
    with ExitStack() as processes:
        log = started(
            processes, distribution, folder / "server", "org.apache.spark.deploy.SparkSubmit",
            "--master", "local[2]", *given, "--class", SERVER_CLASS, "spark-internal",
        )  # fmt: skip
        # The client sends a key in the clear only to this very name.
        address = f"sc://localhost:{port}"
        deadline = time.monotonic() + LONGEST_START_SECONDS
        while not is_listening(address):
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8", errors="replace")
            time.sleep(0.1)
        yield address
