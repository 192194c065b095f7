"""One session on a Spark Connect server, which dbt shares in this process.

Holds how a session is opened, how long a dead server is waited for, and how what a killed run left
at work on somebody else's server is stopped. Never put here a statement about tables.
"""

from __future__ import annotations

import os
import uuid
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from assets.environment import environment
from assets.spark_server import is_listening
from assets.spark_settings import DISTRIBUTION_VARIABLE, chosen_settings

CATALOGUE_VARIABLE = "QUINTILE_SPARK_CATALOG"
REMOTE_VARIABLE = "SPARK_REMOTE"

MOST_RETRIES = 8
LONGEST_PAUSE_MILLISECONDS = 10_000
"""Under a minute in all: the client's own would be silent for ten."""

_SETTINGS: Mapping[str, str] = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # Small tables stay in few tasks; large ones are still split by their size.
    "spark.sql.adaptive.coalescePartitions.parallelismFirst": "false",
}


@contextmanager
def spark_session(address: str, noted: Path | None = None) -> Iterator[Any]:
    """Open a session for one block; dbt finds it by SPARK_REMOTE.

    Args:
        address: `sc://host:port`.
        noted: File that holds the session's id while the block lasts. When a killed run left it,
            the statements of that run are stopped first; they would go on without it.
    """
    told = {
        REMOTE_VARIABLE: address,
        # Without it the client looks for a distribution that it does not need, and exits.
        DISTRIBUTION_VARIABLE: os.environ.get(DISTRIBUTION_VARIABLE, "none"),
    }
    with environment(told), warnings.catch_warnings():
        # About pandas 3, which never sees a row here, and about static settings that dbt repeats.
        warnings.filterwarnings("ignore", module="pyspark")
        if noted is not None:
            _stop_killed(address, noted)
        name = str(uuid.uuid4())
        session = _connected(address, name)
        try:
            if noted is not None:
                noted.write_text(name, encoding="utf-8")
            for setting, value in {**_SETTINGS, **_changeable(session, chosen_settings())}.items():
                session.conf.set(setting, value)
            catalogue = os.environ.get(CATALOGUE_VARIABLE, "")
            if catalogue:
                session.catalog.setCurrentCatalog(catalogue)
            yield session
        finally:
            session.stop()
            if noted is not None:
                noted.unlink(missing_ok=True)


def _connected(address: str, name: str) -> Any:
    """A session of that id; one that exists already is gone on with."""
    from pyspark.sql import SparkSession

    parameters = "" if "/;" in address else "/"
    session = SparkSession.builder.remote(f"{address}{parameters};session_id={name}").create()
    session.client.set_retry_policies([retries(address)])
    return session


def _stop_killed(address: str, noted: Path) -> None:
    """Interrupt what the session of a killed run still does on the server, and close it."""
    from pyspark.errors import PySparkException

    with suppress(FileNotFoundError):
        session = _connected(address, noted.read_text(encoding="utf-8"))
        # A server that was restarted in between does not know it, nor has it anything to stop.
        with suppress(PySparkException):
            session.interruptAll()
        session.stop()
        noted.unlink()


def retries(address: str) -> Any:
    """Try again for a while, but not once nobody listens any more."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    class WhileListening(DefaultPolicy):
        """The client's own policy, for a server that is alive."""

        def can_retry(self, e: BaseException) -> bool:
            """Whether an error may pass by itself."""
            return super().can_retry(e) and is_listening(address)

    return WhileListening(max_retries=MOST_RETRIES, max_backoff=LONGEST_PAUSE_MILLISECONDS)


def _changeable(session: Any, settings: Mapping[str, str]) -> dict[str, str]:
    """Settings that a session may change; the others belong to the server's start."""
    return {name: value for name, value in settings.items() if session.conf.isModifiable(name)}
