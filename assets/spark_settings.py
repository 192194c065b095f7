"""What the user says of Spark: address, settings, distribution, and what is wrong with them.

Reads the environment and this machine only. Add here what must be known before anything is started;
never how a server is started nor what it is asked.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from pathlib import Path

DISTRIBUTION_VARIABLE = "SPARK_HOME"
TOKEN_VARIABLE = "SPARK_CONNECT_AUTHENTICATE_TOKEN"
SETTINGS_VARIABLE = "QUINTILE_SPARK_SETTINGS"
PYTHON_VARIABLE = "QUINTILE_SPARK_PYTHON"
TEXTS_VARIABLE = "QUINTILE_SPARK_TEXTS"
OWN_DISTRIBUTION = Path(__file__).resolve().parent.parent / ".venv-spark"
FEWEST_TEXTS = 200_000
"""Fewer are not read sooner by executors, even with four times the cores of this machine.

Starting their Pythons takes as much CPU as 100,000 texts take here (`benchmarks.spark_texts`).
"""
CONNECT = "sc://"
CONNECT_PORT = 15002
"""Port of a Spark Connect server whose address names none."""

_SECRET = re.compile(r"(?i)[;/](token|authorization)=|@")


class SparkUnavailableError(RuntimeError):
    """Spark cannot be used; the message says what is missing and how to get it."""


def refuse_secrets(master: str) -> str:
    """The address of Spark as it is, unless it holds a key: addresses are kept with the run.

    The error does not repeat the address.

    Raises:
        SparkUnavailableError: there is a token, a header that is one, or a user in it.
    """
    if master.startswith(CONNECT) and _SECRET.search(master):
        raise SparkUnavailableError(
            "A token in the address would be kept with the run. Leave it out and set the "
            f"environment variable {TOKEN_VARIABLE}."
        )
    return master


def endpoint(address: str) -> tuple[str, int]:
    """Host and port of `sc://host:port/;name=value`."""
    place = address.removeprefix(CONNECT).partition("/")[0]
    host, _, port = place.rpartition(":") if re.search(r":\d+$", place) else (place, "", "")
    return host.strip("[]"), int(port or CONNECT_PORT)


def is_local(master: str) -> bool:
    """Whether a master is Spark within one process of this machine."""
    return master.startswith("local")


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


def chosen_python() -> str:
    """Python that the user wants executors to start; empty when none is named."""
    return os.environ.get(PYTHON_VARIABLE, "").strip()


def fewest_texts(master: str) -> int | None:
    """Unread texts from which on executors read them; None where this machine always does.

    What the user says counts (0: always); else `FEWEST_TEXTS`, and on a local master never: its
    executors have no cores but this machine's.

    Raises:
        SparkUnavailableError: the user says something that is no number.
    """
    said = os.environ.get(TEXTS_VARIABLE, "").strip()
    if not said:
        return None if is_local(master) else FEWEST_TEXTS
    if not re.fullmatch(r"[0-9]{1,18}", said):
        raise SparkUnavailableError(
            f"{TEXTS_VARIABLE}: {said!r} is no number of texts; write such as 100000, or 0 for all."
        )
    return int(said)
