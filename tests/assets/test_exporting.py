"""Exports from request to end: limits, content, times, kills (EXP-1 to EXP-10, vector 15, F05)."""

from __future__ import annotations

import csv
import hashlib
import io
import subprocess
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from assets.export_query import UnknownExportFieldError, UnknownSegmentError
from assets.exporting import (
    ExportBusyError,
    ExportRefusedError,
    ExportUnavailableError,
    download,
    invalidate_exports,
    request_export,
    run_export,
    scheduled_export_id,
    tidy_exports,
)
from assets.published import NothingPublishedError
from assets.warehouse_lease import exclusive_lock
from models.limits import Limits
from store import Export, ExportStatus, Store
from tests.assets.published_tables import AS_OF, NOW, make_warehouse, publish_it
from tests.assets.publishing_processes import ROOT, command

SECOND = timedelta(seconds=1)


class Desk:
    """A published copy, a store and a folder, with the arguments that never vary."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.published = place / "published"
        self.folder = place / "exports"
        self.url = f"sqlite:///{place / 'store.sqlite'}"
        self.store = Store.open(self.url)

    def publish(self, *statements: str, **more: object) -> None:
        publish_it(make_warehouse(self.place / "w.duckdb", *statements), self.published, **more)

    def request(self, export_id: str = "e1", segment: str = "renewals", **more: object) -> Export:
        arguments = {"fields": None, "requested_by": "maria", "now": NOW, "limits": Limits()}
        return request_export(
            self.store, export_id=export_id, segment_id=segment, **{**arguments, **more}
        )  # type: ignore[arg-type]

    def run(self, export_id: str = "e1", now: datetime = NOW, **more: object) -> Export:
        return run_export(self.store, self.published, self.folder, export_id, now=now, **more)  # type: ignore[arg-type]

    def export(self, *arguments: str, **more: object) -> Export:
        return self.run(self.request(*arguments, **more).export_id)

    def lines(self, export_id: str = "e1", now: datetime = NOW) -> list[dict[str, str]]:
        with zipfile.ZipFile(download(self.store, self.folder, export_id, now)) as archive:
            (name,) = archive.namelist()
            text = archive.read(name).decode("utf-8")
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    found.publish()
    yield found
    found.store.close()


def test_all_fields_of_the_members_in_order_of_account(desk: Desk) -> None:
    done = desk.export()
    assert (done.status, done.row_count, done.as_of) == (ExportStatus.COMPLETED, 3, AS_OF)
    assert done.segment_name == "Renewals: next month!"
    assert done.file_name == "renewals-next-month_2026-03-01_e1.zip"
    path = download(desk.store, desk.folder, "e1", NOW)
    assert done.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["renewals-next-month_2026-03-01_e1.csv"]
    lines = desk.lines()
    assert [line["account_id"] for line in lines] == ["A001", "A002", "A004"]
    assert lines[0] == {
        "account_id": "A001",
        "account_name": "Account 1",
        "industry": "steel",
        "revenue_amount": "-1.25",
        "won_deal_count": "1",
        "last_purchase_on": "2026-01-02",
        "created_at": "2025-12-31T23:59:59Z",
        "is_deleted": "false",
        "tier": "",
        "seats": "",
        "custom_industry": "",
        "firmographics_label": "",
        "firmographics_labels": "",
        "rfm_label": "New",
        "rfm_labels": "New; Lost",
        "segments": "'=Big; Renewals: next month!",
        "base_currency": "USD",
    }
    assert (lines[2]["tier"], lines[2]["seats"]) == ("gold", "4")


def test_chosen_fields_in_chosen_order_with_the_currency_of_amounts(desk: Desk) -> None:
    desk.export(fields=["revenue_amount", "account_id"])
    assert list(desk.lines()[0]) == ["revenue_amount", "account_id", "base_currency"]
    desk.export("e2", fields=["account_id", "seats"])
    assert list(desk.lines("e2")[0]) == ["account_id", "seats"]


def test_empty_segment_has_a_header_and_is_completed(desk: Desk) -> None:
    done = desk.export("e1", "empty")
    assert (done.status, done.row_count) == (ExportStatus.COMPLETED, 0)
    assert desk.lines() == []


def test_vector_15_counts_of_fields(desk: Desk) -> None:
    """200 chosen fields pass, 201 are refused before anything is saved, all 250 pass."""
    many = ", ".join(f"{n} as field_{n:03d}" for n in range(243))
    desk.publish(
        f"create or replace table marts.dim_accounts as select account_id, {many} "
        "from marts.dim_accounts"
    )
    names = ["account_id", *(f"field_{n:03d}" for n in range(200))]
    assert desk.export(fields=names[:200]).status is ExportStatus.COMPLETED
    assert len(desk.lines()[0]) == 200
    with pytest.raises(ExportRefusedError, match="201 fields are chosen; at most 200"):
        desk.request("e2", fields=names)
    assert [export.export_id for export in desk.store.exports.list()] == ["e1"]
    desk.export("e3")
    # 244 of accounts, two labels for each of two techniques, segments, currency
    assert len(desk.lines("e3")[0]) == 250


def test_vector_15_times(desk: Desk) -> None:
    """Downloaded until 14 * 24 h, in the history until day 90, each to the second (EXP-7)."""
    name = desk.export().file_name
    assert name is not None
    end, gone = NOW + timedelta(hours=14 * 24), NOW + timedelta(days=90)
    path = download(desk.store, desk.folder, "e1", end - SECOND)
    assert tidy_exports(desk.store, desk.folder, end - SECOND) == ()
    assert path.is_file()
    with pytest.raises(ExportUnavailableError, match="until 2026-03-16T06:00:00"):
        download(desk.store, desk.folder, "e1", end)
    assert tidy_exports(desk.store, desk.folder, end) == (
        "export e1 expired, its file was removed",
    )
    assert not path.exists()
    assert desk.store.exports.get("e1").status is ExportStatus.EXPIRED
    with pytest.raises(ExportUnavailableError, match="until 2026-03-16"):
        download(desk.store, desk.folder, "e1", end)
    assert tidy_exports(desk.store, desk.folder, gone - SECOND) == ()
    assert len(desk.store.exports.list()) == 1
    assert tidy_exports(desk.store, desk.folder, gone) == ("export e1 left the history",)
    assert desk.store.exports.list() == ()


def test_vector_15_deleted_segment_invalidates(desk: Desk) -> None:
    path = desk.folder / str(desk.export().file_name)
    desk.export("e2", "big")
    assert [one.export_id for one in invalidate_exports(desk.store, desk.folder, left=["big"])] == [
        "e1"
    ]
    assert not path.exists()
    with pytest.raises(ExportUnavailableError, match="'renewals' was deleted"):
        download(desk.store, desk.folder, "e1", NOW)
    assert desk.lines("e2")
    invalidate_exports(desk.store, desk.folder, deleted=["big"])
    assert {one.status for one in desk.store.exports.list()} == {ExportStatus.INVALID}
    assert list(desk.folder.glob("*.zip")) == []


def test_segment_deleted_while_its_export_runs(desk: Desk) -> None:
    def delete_it(step: str) -> None:
        if step == "written":
            invalidate_exports(desk.store, desk.folder, deleted=["renewals"])

    desk.request()
    assert desk.run(on_step=delete_it).status is ExportStatus.INVALID
    assert list(desk.folder.iterdir()) == []


def test_content_is_the_membership_when_the_export_ran(desk: Desk) -> None:
    """EXP-10: not when it was asked for, not when it is downloaded."""
    desk.request()
    desk.publish("delete from marts.seg_members where account_id = 'A004'")
    desk.run()
    desk.publish("delete from marts.seg_members")
    assert [line["account_id"] for line in desk.lines()] == ["A001", "A002"]


def test_rerun_of_a_scheduled_export_makes_equal_bytes(desk: Desk) -> None:
    export_id = scheduled_export_id("renewals", AS_OF, "definition", None)
    first = desk.export(export_id)
    path = desk.folder / str(first.file_name)
    content = path.read_bytes()
    desk.publish(
        "create or replace table marts.dim_accounts as "
        "from marts.dim_accounts order by account_id desc",
        now=NOW + timedelta(days=1),
        definition_hash="other",
    )
    again = desk.export(export_id, now=NOW + timedelta(hours=5))
    assert again.file_name == first.file_name
    assert again.sha256 == first.sha256
    assert path.read_bytes() == content
    assert len(desk.store.exports.list()) == 1
    others = {
        scheduled_export_id("big", AS_OF, "definition", None),
        scheduled_export_id("renewals", date(2026, 3, 2), "definition", None),
        scheduled_export_id("renewals", AS_OF, "other", None),
        scheduled_export_id("renewals", AS_OF, "definition", ["account_id"]),
        scheduled_export_id("renewals", AS_OF, "definition", None, raw=True),
    }
    assert len({*others, export_id}) == 6


def test_formulas_of_a_crm_are_text_unless_raw_is_asked_for(desk: Desk) -> None:
    desk.publish(
        """update marts.dim_accounts set account_name = '=HYPERLINK("http://x")'""",
        "update marts.dim_accounts set industry = '-5'",
        """alter table marts.dim_accounts add column "=evil" varchar default '＝1'""",
        "update marts.seg_segments set name = '=../../Evil' where segment_id = 'renewals'",
    )
    done = desk.export()
    assert done.file_name == "evil_2026-03-01_e1.zip"
    line = desk.lines()[0]
    assert line["account_name"] == """'=HYPERLINK("http://x")"""
    assert (line["industry"], line["revenue_amount"]) == ("'-5", "-1.25")
    assert line["'=evil"] == "'＝1"
    desk.export("e2", raw=True)
    raw = desk.lines("e2")[0]
    assert (raw["account_name"], raw["=evil"]) == ('=HYPERLINK("http://x")', "＝1")


def test_unknown_names_are_refused_with_the_nearest_one(desk: Desk) -> None:
    with pytest.raises(UnknownExportFieldError, match="did you mean 'account_name'"):
        desk.export(fields=["acount_name"])
    assert desk.store.exports.get("e1").status is ExportStatus.FAILED
    with pytest.raises(UnknownExportFieldError, match="twice"):
        desk.export(fields=["tier", "tier"])
    with pytest.raises(UnknownSegmentError, match="did you mean 'renewals'"):
        desk.export("e2", "renewal")
    with pytest.raises(ExportRefusedError, match="letters, digits"):
        desk.request("../e3")
    with pytest.raises(ExportUnavailableError, match="did you mean"):
        download(desk.store, desk.folder, "e2", NOW)
    with pytest.raises(ExportUnavailableError, match="no export 'e9'"):
        download(desk.store, desk.folder, "e9", NOW)
    assert list(desk.folder.iterdir()) == []


def test_nothing_published_fails_the_export_with_what_to_do(desk: Desk, tmp_path: Path) -> None:
    desk.published = tmp_path / "nowhere"
    with pytest.raises(NothingPublishedError):
        desk.export()
    assert "nothing is published" in str(desk.store.exports.get("e1").failure)


def test_stale_copy_is_refused_unless_somebody_signs_for_it(desk: Desk) -> None:
    """BEY-4."""
    day = timedelta(days=1)
    desk.request()
    assert desk.run(now=NOW + day, maximum_age=day).status is ExportStatus.COMPLETED
    desk.request()
    with pytest.raises(ExportRefusedError, match=r"older than 1 day"):
        desk.run(now=NOW + day + SECOND, maximum_age=day)
    desk.request()
    done = desk.run(now=NOW + day + SECOND, maximum_age=day, stale_allowed_by="maria")
    assert done.status is ExportStatus.COMPLETED


@pytest.mark.parametrize("step", ["started", "row 3", "written", "renamed"])
def test_killed_export_leaves_no_file_and_fails(desk: Desk, step: str) -> None:
    """F05: no file under the final name, the history says failed, a rerun makes the same bytes."""
    expected = desk.export("expected").sha256
    desk.request("expected")
    killed = subprocess.run(
        command("export_and_die", desk.url, desk.published, desk.folder, "expected", step),
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    with pytest.raises(ExportUnavailableError, match="running"):
        download(desk.store, desk.folder, "expected", NOW)
    (note,) = tidy_exports(desk.store, desk.folder, NOW)
    assert "ended before it was finished" in note
    assert desk.store.exports.get("expected").status is ExportStatus.FAILED
    assert list(desk.folder.iterdir()) == []
    assert desk.export("expected").sha256 == expected


def test_export_that_another_process_writes_is_left_alone(desk: Desk) -> None:
    desk.request()

    def meanwhile(step: str) -> None:
        if step == "started":
            assert tidy_exports(desk.store, desk.folder, NOW) == ()
            with pytest.raises(ExportBusyError):
                desk.run()

    assert desk.run(on_step=meanwhile).status is ExportStatus.COMPLETED
    assert desk.lines()


def test_orphaned_files_go_and_foreign_files_stay(desk: Desk) -> None:
    desk.export()
    (desk.folder / "old_2026-01-01_e0.zip").touch()
    (desk.folder / ".e0.part").touch()
    (desk.folder / "holiday photos.zip").touch()
    tidy_exports(desk.store, desk.folder, NOW)
    assert {path.name for path in desk.folder.iterdir()} == {
        "holiday photos.zip", "renewals-next-month_2026-03-01_e1.zip",
    }  # fmt: skip


def test_large_segment_streams(desk: Desk, tmp_path: Path) -> None:
    """Python never holds more than a few chunks; progress counts up to all rows."""
    desk.publish(
        "create or replace table marts.dim_accounts as select printf('A%06d', i) as account_id, "
        "repeat('x', 200) as account_name from range(60000) t(i)",
        "create or replace table marts.seg_members as "
        "select 'renewals' as segment_id, account_id from marts.dim_accounts",
        "drop table marts.seg_account_labels",
    )
    desk.request()
    seen: list[tuple[int, int]] = []
    tracemalloc.start()
    done = desk.run(on_progress=lambda *numbers: seen.append(numbers))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert done.row_count == 60_000
    assert seen[-1] == (60_000, 60_000)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert len(seen) > 5
    assert peak < 12_000_000  # the text alone is 12 MB


def test_lock_of_a_writer_keeps_its_part(desk: Desk) -> None:
    desk.folder.mkdir()
    part = desk.folder / ".e7.part"
    with exclusive_lock(part):
        tidy_exports(desk.store, desk.folder, NOW)
        assert part.exists()
    tidy_exports(desk.store, desk.folder, NOW)
    assert not part.exists()


def test_oracle_of_members(desk: Desk) -> None:
    """The exported accounts are the members that the published copy has, nothing else."""
    desk.export("e1", "big", fields=["account_id"])
    with duckdb.connect(str(desk.place / "w.duckdb")) as connection:
        members = connection.execute(
            "select account_id from marts.seg_members where segment_id = 'big' order by 1"
        ).fetchall()
    assert [(line["account_id"],) for line in desk.lines()] == members
