"""Many responses by several processes: batches in, their signals out, in the same order (VOC-14).

A text is read for itself, so the number of processes and the size of batches change nothing but the
time. Only so many batches are under way at once, whatever the number of texts.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from typing import Final

import pandas as pd

from ml.voice.engine import BATCH, Engine
from ml.voice.packing import packed, unpacked

AHEAD: Final = 2
"""Batches under way per process: one is read while the next waits."""

Progress = Callable[[int], None]


def batches_of(responses: pd.DataFrame, size: int = BATCH) -> Iterator[pd.DataFrame]:
    """Split responses into batches, the last one smaller.

    Raises:
        ValueError: the size is not positive.
    """
    if size < 1:
        raise ValueError(f"a batch has {size} responses; at least 1 is needed")
    for start in range(0, len(responses), size):
        yield responses.iloc[start : start + size]


def classified(
    engine: Engine,
    batches: Iterable[pd.DataFrame],
    *,
    workers: int = 1,
    pool: Executor | None = None,
    progress: Progress | None = None,
) -> Generator[pd.DataFrame]:
    """Classify batches of responses, each as `Engine.classify` does, in their order.

    Args:
        engine: Who classifies.
        batches: Frames with body and subject; taken one by one, as there is room.
        workers: Processes; with 1, and no pool, everything happens in this one.
        pool: Processes of the caller, which stay; `workers` then says how many batches are under
            way.
        progress: Told the number of responses classified so far, after each batch.

    Raises:
        ValueError: the number of workers is not positive.
    """
    if workers < 1:
        raise ValueError(f"{workers} workers cannot work; at least 1 is needed")
    done = 0
    for found in _found(engine, batches, workers, pool):
        done += len(found)
        if progress is not None:
            progress(done)
        yield found


def _found(
    engine: Engine, batches: Iterable[pd.DataFrame], workers: int, pool: Executor | None
) -> Iterator[pd.DataFrame]:
    if pool is not None:
        yield from _by_pool(engine, batches, workers, pool)
    elif workers == 1:
        yield from map(engine.classify, batches)
    else:
        # A fork would copy locks that threads of the caller hold.
        context = multiprocessing.get_context("spawn")
        own = ProcessPoolExecutor(workers, mp_context=context)
        try:
            yield from _by_pool(engine, batches, workers, own)
        finally:
            own.shutdown(cancel_futures=True)


def _by_pool(
    engine: Engine, batches: Iterable[pd.DataFrame], workers: int, pool: Executor
) -> Iterator[pd.DataFrame]:
    content = packed(engine)
    under_way: deque[Future[pd.DataFrame]] = deque()
    try:
        for batch in batches:
            if len(under_way) >= AHEAD * workers:
                yield under_way.popleft().result()
            under_way.append(pool.submit(_classified, content, batch))
        while under_way:
            yield under_way.popleft().result()
    finally:
        for rest in under_way:
            rest.cancel()


def _classified(engine: bytes, batch: pd.DataFrame) -> pd.DataFrame:
    return unpacked(engine).classify(batch)
