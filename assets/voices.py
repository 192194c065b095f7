"""What customers say, as assets: group `voice_of_customer`, between two dbt builds (VOC-14).

One asset reads every text that the engine in use has not read yet. Never read a text here
(`ml.voice`), and never describe a table (`assets.voice_tables`).
"""

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import dagster as dg

from assets.learned_tables import SCHEMA
from assets.observation import shown
from assets.refresh import Refresh
from assets.voice_engines import TaughtEngineError, engine_in_use, read_engine
from assets.voice_tables import (
    VOICE_TABLES,
    WRITTEN,
    create_voice_tables,
    forget_other_versions,
    insert_heard,
    unread_count,
    unread_texts,
)
from assets.warehouse import literal, row_count, warehouse
from models.voice_of_customer import VoiceOfCustomer
from models.voice_patterns import wanted_keywords

if TYPE_CHECKING:
    from ml.voice.engine import Engine

MEMORY_LIMIT: Final = "1GB"
"""What the warehouse may hold while engines read beside it."""
FEW_TEXTS: Final = 20_000
"""Texts that one process reads before a second one has started."""
TOLD_EVERY: Final = 100_000


@dg.multi_asset(
    name="voices",
    specs=[
        dg.AssetSpec(
            [SCHEMA, name],
            deps=[["learning", WRITTEN]],
            group_name="voice_of_customer",
            kinds={"python"},
            owners=["team:marketing-analytics"],
            description=description,
            code_version="1",
        )
        for name, (description, _) in VOICE_TABLES.items()
    ],
    pool="warehouse_writer",
)
def voices(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Read the texts that customers wrote and that were not read before (VOC-4)."""
    chosen = refresh.configuration.techniques.voice_of_customer
    with warehouse(refresh.home.warehouse) as connection:
        connection.execute(f"set memory_limit = '{MEMORY_LIMIT}'")
        connection.execute(f"set temp_directory = {literal(str(refresh.home.root / 'spill'))}")
        create_voice_tables(connection)
        told: dict[str, Any] = {}
        if chosen is None or not chosen.active:
            context.log.info("the technique is off: nothing is read")
        else:
            told = _read(context, refresh, connection, chosen)
        counts = {name: row_count(connection, SCHEMA, name) for name in VOICE_TABLES}
        looks = {name: shown(connection, name) for name in VOICE_TABLES}
    for name, (_, columns) in VOICE_TABLES.items():
        yield dg.MaterializeResult(
            asset_key=[SCHEMA, name],
            metadata={
                "dagster/row_count": counts[name],
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(column, kind) for column, kind in columns.items()]
                ),
                "as_of": str(refresh.as_of),
                **told,
                **looks[name],
            },
        )


def _read(
    context: dg.AssetExecutionContext, refresh: Refresh, connection: Any, chosen: VoiceOfCustomer
) -> dict[str, Any]:
    """Read what is new, batch by batch; what was read stays when the run is killed."""
    from ml.voice.batches import classified
    from ml.voice.engine import BATCH

    engine = engine_of(refresh, chosen)
    total, unread = unread_count(connection, engine.version)
    context.log.info(f"{total:,} texts, {unread:,} of them not read by engine {engine.version}")
    workers = 1 if unread < FEW_TEXTS else os.cpu_count() or 1
    batches: list[Any] = []

    def taken() -> Iterator[Any]:
        for batch in unread_texts(connection, engine.version, BATCH):
            batches.append(batch["text_hash"])
            yield batch

    done = told = 0
    for said in classified(engine, taken(), workers=workers):
        insert_heard(connection, batches.pop(0), said)
        done += len(said)
        if done - told >= TOLD_EVERY:
            told = done
            context.log.info(f"{done:,} of {unread:,} texts read")
    forget_other_versions(connection, engine.version)
    return {"texts": total, "newly read": done, "engine": engine.version}


def engine_of(refresh: Refresh, chosen: VoiceOfCustomer) -> "Engine":
    """Return the configured engine with the names and keywords of the configuration.

    Raises:
        dg.Failure: a taught engine is asked for, and there is none that can be read.
    """
    from ml.voice.engine import Engine
    from ml.voice.languages import CHINESE, ENGLISH
    from ml.voice.lessons import Entry
    from ml.voice.names import aliases_of
    from ml.voice.vectors import installed

    if chosen.engine == "untrained":
        engine = Engine(vectors=installed())
    else:
        try:
            found = engine_in_use(refresh.home.voice)
            if found is None:
                raise TaughtEngineError(
                    f"techniques.voice_of_customer.engine is {chosen.engine!r}, and no engine was "
                    "taught yet: run `quintile voice teach`, or write `engine: untrained`"
                )
            engine = read_engine(found)
        except TaughtEngineError as error:
            raise dg.Failure(description=str(error), allow_retries=False) from error
        if chosen.engine == "lexicon":
            engine = Engine(engine.lessons, vectors=installed())
    entries = tuple(
        Entry("keyword", word.lower(), CHINESE if _is_chinese(word) else ENGLISH)
        for word in dict.fromkeys(wanted_keywords(chosen))
    )
    if entries:
        known = {(e.kind, e.phrase) for e in engine.lessons.lexicon}
        new = tuple(e for e in entries if (e.kind, e.phrase) not in known)
        lessons = replace(engine.lessons, lexicon=(*engine.lessons.lexicon, *new))
        engine = Engine(lessons, engine.sentiments, engine.intents, engine.vectors)
    return engine.with_names(aliases_of(chosen.competitors))


def _is_chinese(word: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in word)
