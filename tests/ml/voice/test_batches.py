"""Processes and sizes of batches change nothing; no more than a few batches are under way."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.voice.batches import AHEAD, batches_of, classified
from ml.voice.engine import Engine
from ml.voice.teaching import teach
from tests.ml.voice.reading import lessons
from tests.ml.voice.test_teaching import SENTIMENTS, taught_words

TEXTS = [
    "The portal is excellent.", "服务很差", None, "", "How do I export?", "@x", "😀", "Сервис",
    "A glorpy login", "One snarfy invoice", "We want to buy 40 seats.", "It keeps crashing!",
]  # fmt: skip
ENGINE = Engine()


class Counting(Executor):
    """Works at once, but only when it is asked for the result; counts what waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.is_shut = False

    def submit(self, work: Any, /, *args: Any, **more: Any) -> Future[Any]:
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        counting = self

        class Late(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                counting.waiting -= 1
                return work(*args, **more)

        return Late()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self.is_shut = True


def frame(size: int) -> pd.DataFrame:
    bodies = [TEXTS[n % len(TEXTS)] for n in range(size)]
    return pd.DataFrame({"body": bodies}, index=[f"r{n}" for n in range(size)], dtype=object)


@given(size=st.integers(0, 60), batch=st.integers(1, 70), workers=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_batches_are_the_whole(size: int, batch: int, workers: int) -> None:
    responses = frame(size)
    pool = Counting()
    told: list[int] = []
    found = list(
        classified(
            ENGINE, batches_of(responses, batch), workers=workers, pool=pool, progress=told.append
        )
    )
    assert [len(part) for part in found] == [
        min(batch, size - start) for start in range(0, size, batch)
    ]
    whole = ENGINE.classify(responses)
    if found:
        pd.testing.assert_frame_equal(pd.concat(found), whole)
    assert told == [sum(len(part) for part in found[: n + 1]) for n in range(len(found))]
    assert pool.most <= AHEAD * workers
    assert not pool.is_shut


def test_own_processes_say_the_same_as_one() -> None:
    engine = teach(lessons(examples=taught_words(90, SENTIMENTS))).engine
    responses = frame(50)
    found = pd.concat(classified(engine, batches_of(responses, 7), workers=2))
    pd.testing.assert_frame_equal(found, engine.classify(responses))
    assert {"trained", "untrained"} <= set(found["engine"].dropna())


def test_batches_are_taken_as_there_is_room() -> None:
    taken = []

    def endless() -> Iterator[pd.DataFrame]:
        while True:
            taken.append(1)
            yield frame(3)

    found = classified(ENGINE, endless(), workers=2, pool=Counting())
    for _ in range(5):
        next(found)
    assert len(taken) <= 5 + 2 * AHEAD
    found.close()


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="0 workers"):
        list(classified(ENGINE, [], workers=0))
    with pytest.raises(ValueError, match="a batch has 0"):
        list(batches_of(frame(3), 0))
