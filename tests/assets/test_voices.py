"""Whoever reads the texts, all are read; who, and why not Spark, is told (VOC-14)."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from assets import voices
from assets.spark_voices import ReadOnSpark
from assets.voice_tables import insert_heard, unread_texts
from ml.voice.engine import Engine
from models.voice_of_customer import VoiceOfCustomer
from tests.assets.test_voice_tables import TEXTS, stored, warehouse

__all__ = ["warehouse"]


def reading(
    connection: duckdb.DuckDBPyConnection, folder: Path, master: str
) -> tuple[dict[str, Any], list[str]]:
    """What the asset tells and logs of a run on Spark."""
    logged: list[str] = []
    log = SimpleNamespace(info=logged.append, warning=lambda text: logged.append(f"! {text}"))
    refresh: Any = SimpleNamespace(
        chosen_engine="spark", master=master, home=SimpleNamespace(voice=folder)
    )
    context: Any = SimpleNamespace(log=log)
    return voices._read(context, refresh, connection, VoiceOfCustomer()), logged


def half_read(_: Any, connection: Any, engine: Engine, *__: Any) -> ReadOnSpark:
    """Executors that read two texts and fail."""
    for batch in unread_texts(connection, engine.version, 2):
        insert_heard(connection, engine.classify(batch))
        break
    return ReadOnSpark(2, "python3, 8 at a time", "pandas is missing")


def refused(*_: Any) -> ReadOnSpark:
    raise AssertionError("Spark must not be asked")


def test_what_executors_leave_is_read_here(
    warehouse: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(voices, "read_on_spark", half_read)
    monkeypatch.setenv("QUINTILE_SPARK_TEXTS", "5")
    told, logged = reading(warehouse, tmp_path, "spark://cluster:7077")
    assert told["newly read"] == 5 and told["read on Spark"] == 2
    assert told["not all, because"] == "pandas is missing"
    assert "! 3 texts are read here: pandas is missing" in logged
    heard = stored(warehouse)
    assert sorted(row[0] for row in heard[0]) == sorted(TEXTS)
    monkeypatch.setattr(voices, "read_on_spark", refused)
    told, _ = reading(warehouse, tmp_path, "spark://cluster:7077")
    assert told["newly read"] == 0, "what is read is never read again"
    assert stored(warehouse) == heard


@pytest.mark.parametrize(
    ("master", "said", "why"),
    [("local[2]", "", "no other cores"), ("sc://cluster", "6", "fewer than 6 texts")],
)
def test_where_it_does_not_pay_this_machine_reads(
    warehouse: duckdb.DuckDBPyConnection,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    master: str,
    said: str,
    why: str,
) -> None:
    monkeypatch.setattr(voices, "read_on_spark", refused)
    monkeypatch.setenv("QUINTILE_SPARK_TEXTS", said)
    told, logged = reading(warehouse, tmp_path, master)
    assert told["read on Spark"] == 0 and len(stored(warehouse)[0]) == len(TEXTS)
    assert any(why in line and "QUINTILE_SPARK_TEXTS" in line for line in logged)
