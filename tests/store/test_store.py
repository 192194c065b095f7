"""The store on both databases: opening, migrations, revisions, runs, exports."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import StatementError

from store import ExportStatus, RevisionAction, RunState, Store, StoreError
from store.exports import ExportOrder
from store.opening import opened_engine, writing
from store.revisions import action_of, sections
from store.tables import REVISION, Base

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = date(2026, 3, 1)
ROOT = Path(__file__).parents[2]

DOCUMENT: dict[str, Any] = {
    "organization": {"name": "Zylker", "currency": "USD"},
    "sources": {"crm": {"database": {"url": "postgresql://user:secret@host/crm"}}},
    "techniques": {
        "rfm": {"active": True, "labels": [{"id": "lost", "name": "Lost", "recency": [1, 2]}]},
        "engagement": {"active": False},
    },
    "segments": [{"id": "big", "name": "Big", "where": {"all": []}}, {"id": "new", "where": {}}],
    "exports": [],
}


def changed(**more: Any) -> dict[str, Any]:
    return {**DOCUMENT, **more}


# Opening


def test_migrations_make_exactly_the_tables_of_the_code(url: str) -> None:
    engine = opened_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert context.get_current_revision() == REVISION
    engine.dispose()


def test_reopening_keeps_everything(url: str) -> None:
    with Store.open(url) as store:
        written = store.record_revision(DOCUMENT, who="maria", now=NOW)
    with Store.open(url) as store:
        assert store.revisions.list() == written
        assert store.record_revision(DOCUMENT, who="maria", now=NOW) == ()


def test_processes_that_open_an_empty_store_at_once_all_succeed(url: str) -> None:
    program = (
        "import sys; from datetime import *; from store import Store\n"
        "store = Store.open(sys.argv[1])\n"
        "store.runs.start(sys.argv[2], as_of=date(2026, 3, 1), definition_hash='x', "
        "now=datetime(2026, 3, 1, tzinfo=UTC))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, url, f"r{n}"], cwd=ROOT) for n in range(4)
    ]
    assert [process.wait(60) for process in processes] == [0] * 4
    with Store.open(url) as store:
        assert {run.run_id for run in store.runs.list()} == {"r0", "r1", "r2", "r3"}


def test_store_of_a_newer_version_is_refused(url: str) -> None:
    engine = opened_engine(url)
    with writing(engine) as session:
        session.execute(text("update alembic_version set version_num = '9999'"))
        session.commit()
    engine.dispose()
    with pytest.raises(StoreError, match=r"newer version of Quintile \(its schema is 9999"):
        Store.open(url)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("mysql://root:secret@host/db", "does not run on 'mysql'"),
        ("no url", "looks like sqlite:///"),
        ("postgresql://user:secret@127.0.0.1:1/db", "cannot be opened"),
        ("sqlite:////proc/store.sqlite", "cannot be opened"),
    ],
)
def test_unusable_store_is_named_without_its_password(address: str, said: str) -> None:
    with pytest.raises(StoreError, match=said) as raised:
        Store.open(address)
    assert "secret" not in str(raised.value)


def test_sqlite_keeps_a_write_ahead_log(tmp_path: Path) -> None:
    Store.open(f"sqlite:///{tmp_path}/store.sqlite").close()
    engine = create_engine(f"sqlite:///{tmp_path}/store.sqlite")
    with engine.connect() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"


def test_a_failed_write_leaves_nothing(store: Store) -> None:
    with pytest.raises(StatementError, match="no time zone") as raised:
        store.record_revision(DOCUMENT, who="maria", now=NOW.replace(tzinfo=None))
    assert "Zylker" not in str(raised.value)
    assert store.revisions.list() == ()


# Configuration revisions


def test_one_row_per_changed_section(store: Store) -> None:
    """TEC-12: who, when, technique, action, before, after."""
    first = store.record_revision(DOCUMENT, who="maria", now=NOW, definition_hash="one")
    assert {row.section for row in first} == {
        "organization", "sources.crm", "techniques.rfm", "techniques.engagement",
        "segments.big", "segments.new",
    }  # fmt: skip
    assert {row.action for row in first} == {RevisionAction.CREATED}
    rfm = {"active": True, "labels": [{"id": "lost", "name": "Lost", "recency": [1, 1]}]}
    later = NOW.astimezone(timezone(timedelta(hours=-8))) + timedelta(hours=1)
    second = store.record_revision(
        changed(techniques={"rfm": rfm, "engagement": {"active": True}}, segments=[]),
        who="li", now=later, definition_hash="two",
    )  # fmt: skip
    assert [(row.section, row.technique, row.action) for row in second] == [
        ("segments.big", None, "REMOVED"),
        ("segments.new", None, "REMOVED"),
        ("techniques.engagement", "engagement", "ACTIVATED"),
        ("techniques.rfm", "rfm", "CHANGED"),
    ]
    change = second[-1]
    assert (change.recorded_by, change.recorded_at, change.definition_hash) == ("li", later, "two")
    assert change.before == DOCUMENT["techniques"]["rfm"]
    assert change.after == rfm
    assert store.revisions.list(since=NOW + timedelta(minutes=1)) == second
    assert store.revisions.sections() == sections(
        changed(techniques={"rfm": rfm, "engagement": {"active": True}}, segments=[])
    )


def test_passwords_are_not_kept(store: Store) -> None:
    (row,) = [r for r in store.record_revision(DOCUMENT, "x", NOW) if r.section == "sources.crm"]
    assert row.after == {"database": {"url": "postgresql://user:***@host/crm"}}


def test_only_edits_and_activations_count(store: Store) -> None:
    """TEC-3, TEC-4: set-up, renaming and deactivation do not count."""

    def save(hour: int, **rfm: Any) -> list[RevisionAction]:
        document = {"techniques": {"rfm": {"active": True, "labels": [], **rfm}}}
        rows = store.record_revision(document, "maria", NOW + timedelta(hours=hour))
        return [row.action for row in rows]

    label = {"id": "lost", "name": "Lost", "recency": 1}
    assert save(0) == ["CREATED"]
    assert save(1, labels=[label]) == ["CHANGED"]
    assert save(2, labels=[{**label, "name": "Gone", "description": "…"}]) == ["RENAMED"]
    assert save(3, labels=[{**label, "name": "Gone", "description": "…"}], active=False) == [
        "DEACTIVATED"
    ]
    assert save(4, labels=[{**label, "name": "Gone", "description": "…"}]) == ["ACTIVATED"]
    assert store.revisions.counted_edits("rfm", NOW, NOW + timedelta(hours=4)) == 1
    assert store.revisions.counted_edits("rfm", NOW, NOW + timedelta(hours=5)) == 2


values = st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["a", "b"])
parts = st.dictionaries(st.sampled_from(["active", "id", "name", "x"]), values, max_size=4)
documents = st.fixed_dictionaries(
    {},
    optional={
        "organization": parts,
        "techniques": st.dictionaries(st.sampled_from(["rfm", "engagement"]), parts),
        "segments": st.lists(parts, max_size=3),
    },
)


@given(documents, documents)
def test_revisions_replay_to_the_last_configuration(before: dict, after: dict) -> None:
    """Applying the changed sections to the old ones gives the new ones, and nothing more."""
    old, new = sections(before), sections(after)
    said = {name: action_of(old.get(name), new.get(name)) for name in {*old, *new}
            if old.get(name) != new.get(name)}  # fmt: skip
    replayed = {name: part for name, part in old.items() if name not in said}
    replayed |= {name: new[name] for name, action in said.items() if action != "REMOVED"}
    assert replayed == new
    for name, action in said.items():
        assert (action == "CREATED") == (name not in old)
        assert (action == "REMOVED") == (name not in new)


def test_concurrent_saves_of_one_configuration_write_it_once(store: Store) -> None:
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: store.record_revision(DOCUMENT, "x", NOW), range(8)))
    assert sorted(len(rows) for rows in found) == [0] * 7 + [6]


def test_two_people_who_save_one_technique_overwrite_nothing_unseen(store: Store) -> None:
    """F60: both saves are kept, one after the other; each says what it replaced and by whom."""
    store.record_revision(DOCUMENT, "first", NOW)

    def save(who: str) -> None:
        changed = {**DOCUMENT, "techniques": {"rfm": {"active": True, "where": who}}}
        store.record_revision(changed, who, NOW)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(save, ("anna", "ben")))
    rows = [row for row in store.revisions.list() if row.section == "techniques.rfm"]
    newest, before, oldest = sorted(rows, key=lambda row: row.revision_id, reverse=True)
    assert {newest.recorded_by, before.recorded_by} == {"anna", "ben"}
    assert (newest.before, before.before) == (before.after, oldest.after)
    assert newest.after["where"] == newest.recorded_by
    assert store.revisions.sections()["techniques.rfm"] == newest.after


# Runs


def test_runs_from_start_to_end(store: Store) -> None:
    for name in ("good", "bad", "dead"):
        store.runs.start(name, as_of=DAY, definition_hash="x", now=NOW)
    store.runs.succeed("good", now=NOW + timedelta(minutes=1), published_version="v1")
    store.runs.fail("bad", now=NOW, failed_step="landing", failure="no file")
    assert [run.run_id for run in store.runs.fail_dead(alive="alive", now=NOW)] == ["dead"]
    found = {run.run_id: run for run in store.runs.list()}
    assert found["good"].state is RunState.SUCCEEDED
    assert found["good"].ended_at == NOW + timedelta(minutes=1)
    assert (found["bad"].failed_step, found["bad"].failure) == ("landing", "no file")
    assert found["dead"].state is RunState.FAILED
    assert "nothing was published" in str(found["dead"].failure)
    again = store.runs.start("bad", as_of=DAY, definition_hash="y", now=NOW)
    assert (again.state, again.failure, again.ended_at) == (RunState.STARTED, None, None)
    with pytest.raises(KeyError):
        store.runs.succeed("unknown", now=NOW)
    assert [run.run_id for run in store.runs.list(limit=1)] == ["bad"]


# Exports


def schedule(store: Store, export_id: str, hour: int = 0, **more: Any) -> None:
    arguments = {
        "segment_id": "big", "segment_name": f"Segment {export_id}", "fields": None,
        "requested_by": "maria", "download_days": 14, "history_days": 90, **more,
    }  # fmt: skip
    store.exports.schedule(export_id, now=NOW + timedelta(hours=hour), **arguments)


def finish(store: Store, export_id: str, rows: int) -> None:
    store.exports.start(export_id, as_of=DAY, file_name=f"{export_id}.zip")
    store.exports.complete(export_id, row_count=rows, sha256="0", segment_name="Big", now=NOW)


def test_export_states(store: Store) -> None:
    schedule(store, "a", fields=["account_id", "tier"])
    assert store.exports.get("a").status is ExportStatus.SCHEDULED
    assert store.exports.get("a").fields == ("account_id", "tier")
    finish(store, "a", 7)
    done = store.exports.get("a")
    assert (done.status, done.row_count, done.as_of) == (ExportStatus.COMPLETED, 7, DAY)
    assert store.exports.fail("a", failure="too late").status is ExportStatus.COMPLETED
    assert done.is_downloadable(done.download_until - timedelta(microseconds=1))
    assert not done.is_downloadable(done.download_until)
    assert store.exports.expire(now=done.download_until - timedelta(microseconds=1)) == ()
    assert [one.export_id for one in store.exports.expire(now=done.download_until)] == ["a"]
    assert not store.exports.get("a").is_downloadable(NOW)
    assert store.exports.forget(now=done.kept_until - timedelta(microseconds=1)) == ()
    assert [one.export_id for one in store.exports.forget(now=done.kept_until)] == ["a"]
    with pytest.raises(KeyError):
        store.exports.get("a")


def test_deleted_segment_wins_over_a_running_export(store: Store) -> None:
    schedule(store, "a")
    schedule(store, "b", segment_id="new")
    store.exports.start("a", as_of=DAY, file_name="a.zip")
    assert [one.export_id for one in store.exports.invalidate_segments(left=["new"])] == ["a"]
    finish(store, "a", 1)
    assert store.exports.get("a").status is ExportStatus.INVALID
    assert store.exports.get("b").status is ExportStatus.SCHEDULED


@pytest.mark.parametrize(
    ("order", "ascending"),
    [
        ("created_at", ["b", "a", "c"]),
        ("segment_name", ["a", "b", "c"]),
        ("row_count", ["c", "a", "b"]),
        ("status", ["a", "c", "b"]),
    ],
)
def test_history_can_be_sorted(store: Store, order: ExportOrder, ascending: list[str]) -> None:
    """EXP-4; what has no value yet comes last in both directions."""
    for export_id, hour in (("a", 1), ("b", 0), ("c", 2)):
        schedule(store, export_id, hour)
    for export_id, rows in (("a", 9), ("c", 2)):
        store.exports.start(export_id, as_of=DAY, file_name="x.zip")
        store.exports.complete(
            export_id, row_count=rows, sha256="0", segment_name=f"Segment {export_id}", now=NOW
        )

    def listed(descending: bool) -> list[str]:
        found = store.exports.list(order_by=order, descending=descending)
        return [one.export_id for one in found]

    assert listed(False) == ascending
    expected = ["a", "c", "b"] if order == "row_count" else list(reversed(ascending))
    if order == "status":
        expected = ["b", "c", "a"]
    assert listed(True) == expected
    assert [one.export_id for one in store.exports.list(status=ExportStatus.SCHEDULED)] == ["b"]
    assert len(store.exports.list(segment_id="big", limit=2)) == 2
