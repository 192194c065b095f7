"""Hand-offs of 120 accounts over sixty days, told a second time by plain Python (SRS-4, SRS-5)."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.dbt_project.warehouse import Configuration, Dbt, Load, fill, query

pytestmark = pytest.mark.xdist_group("dbt")

START = date(2024, 1, 1)
DAYS = [START + timedelta(days=step) for step in (0, 3, 10, 17, 29, 30, 33, 40, 45, 60)]
ACCOUNTS = [f"a{number:03}" for number in range(120)]
LEVELS = (10.0, 49.99, 50.0, 55.0, 59.99, 60.0, 75.0)
"""Scores at and beside both borders."""
THRESHOLD, REARM_BELOW, PAUSE_DAYS = 60, 50, 30
READINESS = {
    "prediction_id": "purchase", "engagement_weight": 0, "fit_weight": 0, "prediction_weight": 1,
    "threshold": THRESHOLD, "rearm_below": REARM_BELOW, "pause_days": PAUSE_DAYS,
}  # fmt: skip
DECIDE = (
    "int_runs__begun", "int_accounts__readied", "int_handoffs__before", "int_handoffs__decided",
    "int_handoffs__answered", "int_accounts__handed_off", "seg_account_readiness", "rpt_handoffs",
    "sales_readiness_history", "handoff_history", "run_history",
)  # fmt: skip


@dataclass
class Story:
    """One account as the rules see it, day by day."""

    last: date | None = None
    lowest: float = 101.0
    answer: str | None = None

    def next_day(self, day: date, score: float, answer: str | None) -> tuple[bool, str]:
        """Whether it is handed off on a day, and its state at the end of it."""
        if self.last is not None:
            self.lowest = min(self.lowest, score)
        is_armed = self.last is None or self.lowest < REARM_BELOW
        is_ready = score >= THRESHOLD and is_armed
        is_rested = self.last is None or (day - self.last).days >= PAUSE_DAYS
        if is_ready and is_rested:
            self.last, self.lowest, self.answer = day, 101.0, None
        if answer is not None and self.last is not None:
            self.answer = answer
        if is_ready and not is_rested:
            return False, "ready"
        if self.last is None or self.answer == "returned":
            state = "nurture"
        else:
            state = self.answer or "handed_off"
        return is_ready and is_rested, state


def test_handoffs_follow_the_scores_of_every_day(dbt: Dbt, tmp_path: Path) -> None:
    """SRS-4: once at the threshold, again only after a fall and a pause; SRS-5: the last word."""
    drawn = random.Random(5)  # noqa: S311
    path = tmp_path / "warehouse.duckdb"
    created = datetime(2023, 1, 1)  # noqa: DTZ001
    accounts = [{"account_id": a, "account_name": a, "created_at": created} for a in ACCOUNTS]
    loads = [Load("accounts", accounts), Load("deals", [])]
    everyone = "select account_id, 'ideal' as label_id from accounts"
    stories = {account: Story() for account in ACCOUNTS}
    given: list[tuple[int, str, str, datetime]] = []
    handed_off: set[tuple[str, date]] = set()
    for number, day in enumerate(DAYS):
        configuration = Configuration(
            as_of=day, readiness=(READINESS,), ideal_customer=everyone, techniques={"rfm": True}
        )
        fill(path, loads, configuration)
        scores = {account: drawn.choice(LEVELS) for account in ACCOUNTS}
        answers = {a: drawn.choice(("accepted", "returned")) for a in drawn.sample(ACCOUNTS, 25)}
        for account, answer in answers.items():
            at = datetime(day.year, day.month, day.day, 9)  # noqa: DTZ001
            given.append((len(given) + 1, account, answer, at))
        with duckdb.connect(str(path)) as warehouse:
            rows = [[account, score] for account, score in scores.items()]
            warehouse.executemany(
                "insert into ml.predictions (account_id, prediction_id, prediction_probability) "
                "values (?, 'purchase', ?)",
                rows,
            )
            warehouse.executemany(
                "insert into config.handoff_answers (answer_id, account_id, answer, answered_at) "
                "values (?, ?, ?, ?)",
                given,
            )
        dbt(path, "run", *(["--select", *DECIDE] if number else []))
        expected = {}
        for account, score in scores.items():
            is_handed_off, state = stories[account].next_day(day, score, answers.get(account))
            expected[account] = state
            if is_handed_off:
                handed_off.add((account, day))
        states = query(path, "select account_id, sales_ready_state from marts.seg_account_readiness")
        assert dict(states) == expected, day
        told = query(path, "select account_id, handed_off_on from marts.rpt_handoffs")
        assert set(told) == handed_off, day
        assert len(told) == len(handed_off)
    again = [account for account in ACCOUNTS if sum(a == account for a, _ in handed_off) > 1]
    assert len(again) > 10
    assert {state for state in expected.values()} == {
        "nurture", "ready", "handed_off", "accepted",
    }  # fmt: skip
