"""What customers say, as assets: group `voice_of_customer`, between two dbt builds (VOC-14).

One asset reads every text that the engine in use has not read yet. Never read a text here
(`ml.voice`), and never describe a table (`assets.voice_tables`).
"""

import os
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Final

import dagster as dg
import duckdb

from assets.learned_assets import bounded_warehouse, results_of, table_specs
from assets.refresh import Refresh
from assets.spark_settings import TEXTS_VARIABLE, SparkUnavailableError, fewest_texts
from assets.spark_voices import read_on_spark
from assets.voice_engines import TaughtEngineError, configured_engine
from assets.voice_tables import (
    VOICE_TABLES,
    WRITTEN,
    create_voice_tables,
    forget_other_versions,
    insert_heard,
    unread_count,
    unread_texts,
)
from models.voice_of_customer import VoiceOfCustomer

if TYPE_CHECKING:
    from ml.voice.engine import Engine

FEW_TEXTS: Final = 50_000
"""Texts that one process reads by itself: others take 1.5 CPU s each to start, in which it reads
15,000 (`python -m benchmarks.voice`)."""
TOLD_EVERY: Final = 100_000
"""Texts between two lines that say how far it is."""


@dg.multi_asset(
    name="voices",
    specs=table_specs(
        VOICE_TABLES,
        deps=[["learning", WRITTEN]],
        group="voice_of_customer",
        kind="scikitlearn",
        code_version="1",
    ),
    pool="warehouse_writer",
)
def voices(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Read the texts that customers wrote and that were not read before (VOC-4)."""
    chosen = refresh.configuration.techniques.voice_of_customer
    with bounded_warehouse(refresh) as connection:
        create_voice_tables(connection)
        told: dict[str, Any] = {}
        if chosen is None or not chosen.active:
            context.log.info("the technique is off: nothing is read")
        else:
            told = _read(context, refresh, connection, chosen)
        results = results_of(connection, refresh, VOICE_TABLES, **told)
    yield from results


def _read(
    context: dg.AssetExecutionContext,
    refresh: Refresh,
    connection: duckdb.DuckDBPyConnection,
    chosen: VoiceOfCustomer,
) -> dict[str, Any]:
    """Read what is new, batch by batch; what was read stays when the run is killed."""
    try:
        engine = configured_engine(chosen, refresh.home.voice)
    except TaughtEngineError as error:
        raise dg.Failure(description=str(error), allow_retries=False) from error
    total, unread = unread_count(connection, engine.version)
    context.log.info(f"{total:,} texts, {unread:,} of them not read by engine {engine.version}")
    told = {"texts": total, "newly read": unread, "engine": engine.version}
    if refresh.chosen_engine == "spark" and unread:
        told |= _read_on_spark(context, refresh, connection, engine, unread)
    read_here(connection, engine, context.log.info)
    forget_other_versions(connection, engine.version)
    return told


def _read_on_spark(
    context: dg.AssetExecutionContext,
    refresh: Refresh,
    connection: duckdb.DuckDBPyConnection,
    engine: "Engine",
    unread: int,
) -> dict[str, Any]:
    """Let the executors read where that pays; what they leave is read here."""
    try:
        few = fewest_texts(refresh.master)
        if few is None or unread < few:
            context.log.info(f"read by this machine: {_why_here(few)}; {TEXTS_VARIABLE} changes it")
            return {"read on Spark": 0}
        found = read_on_spark(
            refresh, connection, engine, context.log.info, _teller(context.log.info, unread)
        )
    except SparkUnavailableError as missing:
        raise dg.Failure(description=str(missing), allow_retries=False) from missing
    if found.fault:
        context.log.warning(f"{unread - found.texts:,} texts are read here: {found.fault}")
        return {"read on Spark": found.texts, "not all, because": found.fault}
    context.log.info(f"read on Spark by {found.reader}")
    return {"read on Spark": found.texts, "Python of the executors": found.reader}


def _why_here(few: int | None) -> str:
    if few is None:
        return "a local master has no other cores"
    return f"fewer than {few:,} texts"


def read_here(
    connection: duckdb.DuckDBPyConnection, engine: "Engine", say: Callable[[str], None]
) -> None:
    """Read what is not read yet on this machine, by several processes when it is much.

    `connection` is a warehouse with the tables of `assets.voice_tables`; `say` hears the progress.
    """
    from ml.voice.batches import classified
    from ml.voice.engine import BATCH

    _, unread = unread_count(connection, engine.version)
    for said in classified(
        engine,
        unread_texts(connection, engine.version, BATCH),
        workers=1 if unread < FEW_TEXTS else os.cpu_count() or 1,
        progress=_teller(say, unread),
    ):
        insert_heard(connection, said)


def _teller(say: Callable[[str], None], unread: int) -> Callable[[int], None]:
    """Say how far it is, every so many texts."""
    told = 0

    def tell(done: int) -> None:
        nonlocal told
        if done - told >= TOLD_EVERY:
            told = done
            say(f"{done:,} of {unread:,} texts read")

    return tell
