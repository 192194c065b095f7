"""A PostgreSQL server for tests, started from the programs that Debian installs."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


def _server_programs() -> Path | None:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    return Path(found).parent if found else folders[0].parent if folders else None


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """URL, without database, of a server that lives as long as the tests."""
    programs = _server_programs()
    if programs is None:
        pytest.skip("the PostgreSQL server is not installed (Debian: postgresql)")
    # PostgreSQL refuses to run as root; Debian's package brings the user `postgres`.
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()
    with tempfile.TemporaryDirectory() as place, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        if os.geteuid() == 0:
            shutil.chown(place, user)

        def run(*words: str) -> None:
            subprocess.run(
                words, user=user if os.geteuid() == 0 else None, cwd=place, check=True,
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip

        data = f"{place}/data"
        run(f"{programs}/initdb", "-D", data, "-A", "trust", "-U", "quintile", "--no-sync")
        options = f"-p {port} -k {place} -c listen_addresses=127.0.0.1 -c fsync=off"
        control = f"{programs}/pg_ctl"
        run(control, "-D", data, "-o", options, "-l", f"{place}/log", "-w", "start")
        try:
            yield f"postgresql://quintile@127.0.0.1:{port}"
        finally:
            run(control, "-D", data, "-m", "immediate", "stop")
