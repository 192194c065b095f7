"""Loads: what is landed again, in which order, and what a killed run leaves (F30, F31, F41)."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

import connectors.attempt
import connectors.inputs
from connectors.errors import QuarantineLimitError, SchemaDriftError
from models.modules import AccountsModule, MappedModule
from tests.connectors.landing_case import LandingCase

HEADER = "product_id,product_name,unit_price,modified_at\n"
FIRST = HEADER + "P1,One,1,2024-01-01\nP2,Two,2,2024-01-01\n"
SECOND = HEADER + "P1,One!,1,2024-02-01\n"


@pytest.fixture
def case(tmp_path: Path) -> LandingCase:
    return LandingCase(tmp_path, "products")


def test_the_same_file_is_landed_once(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    first = case.land_one(landed_at="2024-03-01T00:00:00")
    before = {p.name: p.read_bytes() for p in first.folder(case.landing).iterdir()}
    again = case.land(landed_at="2025-01-01T00:00:00")
    assert again.loads == ()
    assert [(s.name, s.reason) for s in again.skipped] == [("products.csv", "already landed")]
    assert {p.name: p.read_bytes() for p in first.folder(case.landing).iterdir()} == before
    assert first.landed_at == "2024-03-01T00:00:00"


def test_two_machines_make_the_same_load(tmp_path: Path) -> None:
    ids = set()
    for name in ("a", "b"):
        case = LandingCase(tmp_path / name, "products")
        case.write("products.csv", FIRST)
        ids.add(case.land_one().load_id)
    assert len(ids) == 1


def test_a_new_content_is_a_new_load_and_another_name_is_none(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    first = case.land_one()
    case.write("products_copy_1.csv", FIRST)
    copied = case.land({"files": {"products": "products*.csv"}})
    assert copied.loads == ()
    assert "same content as products.csv, already landed" in [s.reason for s in copied.skipped]
    case.write("products.csv", SECOND)
    second = case.land_one({"files": {"products": "products*.csv"}})
    assert second.load_sequence == first.load_sequence + 1
    assert [load.is_active for load in case.loads()] == [True, True]


def test_going_back_to_an_old_content_is_news(case: LandingCase) -> None:
    for content in (FIRST, SECOND, FIRST):
        case.write("products.csv", content)
        case.land_one()
        assert case.land().loads == ()
    loads = case.loads()
    assert [load.load_sequence for load in loads] == [1, 2, 3]
    assert loads[0].content_hash == loads[2].content_hash
    assert all(load.is_active for load in loads)


def test_a_changed_mapping_lands_again_and_supersedes(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    case.land_one()
    case.mapping = MappedModule.model_validate(
        {"from": "crm.products", "fields": {"unit_price": {"unknown": True}}}
    )
    second = case.land_one()
    assert [r["unit_price"] for r in case.rows(second)] == [None, None]
    assert [(load.load_sequence, load.is_active) for load in case.loads()] == [
        (1, False),
        (2, True),
    ]
    assert case.land().loads == ()


def test_a_mapping_that_goes_back_is_in_force_again(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    mappings = [case.mapping] + [
        MappedModule.model_validate({"from": "crm.products", "fields": fields})
        for fields in ({"unit_price": {"unknown": True}}, {"category": {"value": "Any"}})
    ]
    order = (0, 1, 0, 2, 1, 0)
    for position in order:
        case.mapping = mappings[position]
        case.land_one()
        assert case.land().loads == ()
    loads = case.loads()
    assert [load.is_active for load in loads] == [False] * 5 + [True]
    assert len({load.load_id for load in loads}) == len(order)
    assert case.rows(loads[5])[0]["unit_price"] == case.rows(loads[0])[0]["unit_price"] is not None


def test_a_renamed_column_leaves_what_landed_before_as_it_is(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, "accounts")
    header = "account_id,account_name,created_at,"
    for day in (1, 2, 3):
        case.write(f"accounts_{day}.csv", f"{header}Industry\nA{day},One,2024-01-01,Mining\n")
    assert len(case.land().loads) == 3
    case.mapping = AccountsModule.model_validate(
        {"from": "crm.accounts", "fields": {"industry": "Line of trade"}}
    )
    with pytest.raises(SchemaDriftError, match="no column 'Line of trade'"):
        case.land()  # so far the mapping fits no file
    case.write("accounts_4.csv", f"{header}Line of trade\nA4,One,2024-01-01,Farming\n")
    result = case.land()
    (fourth,) = result.loads
    assert [row["industry"] for row in case.rows(fourth)] == ["Farming"]
    assert {(s.name, s.reason) for s in result.skipped} == {
        (
            f"accounts_{day}.csv",
            "already landed under the earlier mapping; the new one does not fit its columns, "
            "so it stays as landed",
        )
        for day in (1, 2, 3)
    }
    assert [load.is_active for load in case.loads()] == [True] * 4
    assert case.land().loads == ()
    case.write("accounts_5.csv", f"{header}Industry\nA5,One,2024-01-01,Mining\n")
    with pytest.raises(SchemaDriftError, match="accounts_5"):
        case.land()


def test_limits_of_a_source_do_not_read_it_again(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    case.land_one()
    assert case.land({"quarantine_limit": 0.2, "largest_loss": 1}).loads == ()


def test_the_quarantine_limit_is_a_setting_of_the_source(case: LandingCase) -> None:
    case.write("products.csv", FIRST + "P3,Three,x,2024-01-01\n")
    with pytest.raises(QuarantineLimitError, match=r"raise sources\.crm\.quarantine_limit"):
        case.land({"quarantine_limit": 0.3})
    assert case.land_one({"quarantine_limit": 0.4}).rows_quarantined == 1


def test_all_bad_rows_of_a_refused_load_can_be_read_until_a_good_one(case: LandingCase) -> None:
    case.write("products.csv", FIRST + "P3,Three,x,2024-01-01\nP4,Four,y,2024-01-01\n")
    refused = case.landing.parent / "refused" / "products"
    for _ in range(2):  # the second time it takes the place of the first
        with pytest.raises(QuarantineLimitError) as caught:
            case.land()
        (kept,) = refused.rglob("*.*")
        assert f"All bad rows are in {kept}" in str(caught.value)
    rows = duckdb.sql(f"select source_file, source_line, field, raw_text from '{kept}'").fetchall()
    assert rows == [
        ("products.csv", 4, "unit_price", "P3,Three,x,2024-01-01"),
        ("products.csv", 5, "unit_price", "P4,Four,y,2024-01-01"),
    ]
    case.write("products.csv", FIRST)
    assert case.land_one().rows_accepted == 2
    assert not refused.exists()


def test_exports_load_in_the_order_of_their_dates(case: LandingCase) -> None:
    source = {"files": "*.csv", "exported_at": r"_(\d{4}-\d{2}-\d{2})"}
    case.write("products_2024-02-01.csv", SECOND)
    case.write("products_2024-01-01.csv", FIRST)
    result = case.land(source)
    assert [load.exported_on for load in result.loads] == ["2024-01-01", "2024-02-01"]
    case.write("products_2023-12-01.csv", FIRST.replace("One", "Old"))
    late = case.land_one(source)
    assert (late.exported_on, late.load_sequence) == ("2023-12-01", 3)


def test_a_snapshot_is_one_load_per_date(case: LandingCase) -> None:
    source = {"files": "*.csv", "loads": "snapshot", "exported_at": r"_(\d{8})"}
    case.write("products_20240101_1.csv", FIRST)
    case.write("products_20240101_2.csv", HEADER + "P3,Three,3,2024-01-01\nP1,Newer,1,2024-01-02\n")
    case.write("products_20240201_1.csv", FIRST)
    first, second = case.land(source).loads
    assert (first.rows_read, first.rows_accepted, first.rows_duplicate) == (4, 3, 1)
    assert {r["product_name"] for r in case.rows(first)} == {"Two", "Three", "Newer"}
    assert second.exported_on == str(date(2024, 2, 1))
    assert first.is_snapshot and second.is_snapshot
    assert case.land(source).loads == ()


def test_files_of_a_snapshot_must_agree(case: LandingCase) -> None:
    case.write("products_1.csv", FIRST)
    case.write("products_2.csv", "product_id,product_name\nP3,Three\n")
    with pytest.raises(SchemaDriftError, match=r"products_2\.csv.*other columns than products_1"):
        case.land({"loads": "snapshot"})


def test_a_mapped_column_that_vanishes_stops_the_load(case: LandingCase) -> None:
    case.write("products.csv", FIRST)
    case.land_one()
    case.write("products.csv", FIRST.replace("unit_price", "unit_prise"))
    uses = {"unit_price": ["segment expensive"]}
    with pytest.raises(SchemaDriftError) as caught:
        case.land(uses=uses)
    message = str(caught.value)
    for part in ("products.csv", "unit_price", "did you mean 'unit_prise'", "segment expensive"):
        assert part in message
    assert len(case.loads()) == 1


def test_growing_files_wait(case: LandingCase, monkeypatch: pytest.MonkeyPatch) -> None:
    path = case.write("products.csv", FIRST)
    hashed = connectors.inputs.content_hash

    def growing(file: Path) -> str:
        digest = hashed(file)
        with path.open("a") as stream:
            stream.write("P3,Three,3,2024-01-01\n")
        return digest

    monkeypatch.setattr(connectors.inputs, "content_hash", growing)
    assert "still being written" in case.land().skipped[0].reason
    monkeypatch.undo()
    assert case.land_one().rows_read == 3


def test_files_replaced_while_read_wait(case: LandingCase, monkeypatch: pytest.MonkeyPatch) -> None:
    case.write("products.csv", FIRST)
    written = connectors.attempt.write_data

    def replacing(*arguments: Any) -> None:
        case.write("products.csv", SECOND)
        written(*arguments)

    monkeypatch.setattr(connectors.attempt, "write_data", replacing)
    assert "changed while it was read" in case.land().skipped[0].reason
    assert case.loads() == []
    monkeypatch.undo()
    assert case.land_one().rows_read == 1


KILL = """
    import os, signal, sys
    from pathlib import Path
    import connectors.attempt, connectors.loads
    from tests.connectors.landing_case import LandingCase

    def kill(*arguments, **options):
        os.kill(os.getpid(), signal.SIGKILL)

    point = sys.argv[2]
    if point == "rename":
        Path.rename = kill
    elif point == "flush":
        connectors.loads._flush = kill
    else:
        setattr(connectors.attempt, point, kill)
    LandingCase(Path(sys.argv[1]), "products").land()
"""
POINTS = [
    "write_typed",
    "find_losers",
    "write_data",
    "write_quarantine",
    "finish",
    "flush",
    "rename",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_run_leaves_nothing_and_the_next_one_completes(tmp_path: Path, point: str) -> None:
    killed = LandingCase(tmp_path / "killed", "products")
    calm = LandingCase(tmp_path / "calm", "products")
    for case in (killed, calm):
        case.write("products.csv", FIRST)
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(KILL), str(tmp_path / "killed"), point],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert run.returncode == -signal.SIGKILL
    assert killed.loads() == []
    assert list((killed.landing / "products").glob(".writing-*"))
    result = killed.land()
    assert result.swept == 1
    assert [p.name for p in (killed.landing / "products").iterdir()] == [result.loads[0].load_id]
    undisturbed = calm.land_one()
    assert result.loads == (undisturbed,)
    for name in ("data.parquet", "quarantine.parquet", "warnings.parquet", "manifest.json"):
        files = [case.loads()[0].folder(case.landing) / name for case in (killed, calm)]
        assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
def test_a_run_that_is_told_to_stop_ends_and_the_next_one_completes(
    tmp_path: Path, sent: signal.Signals
) -> None:
    """F01: SIGTERM as systemd sends it, SIGINT as Ctrl-C does; never half a load."""
    case = LandingCase(tmp_path, "products")
    case.write("products.csv", FIRST)
    program = textwrap.dedent(KILL).replace("SIGKILL", sent.name)
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path), "write_quarantine"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    assert run.returncode != 0
    assert case.loads() == []
    assert case.land_one().rows_read == 2


def test_a_memory_cap_refuses_the_load_and_leaves_nothing(case: LandingCase) -> None:
    """F09: an error of this load, not the end of the process; with memory it lands."""
    lines = (f"P{n},{n * 7919:x} {n**5:x},1,2024-01-01\n" for n in range(200_000))
    case.write("products.csv", HEADER + "".join(lines))
    with pytest.raises(duckdb.OutOfMemoryException, match="Out of Memory"):
        case.land(memory_limit="12MB")
    assert case.loads() == []
    assert list((case.landing / "products").iterdir()) == []
    assert case.land_one(memory_limit="500MB").rows_accepted == 200_000


def test_as_many_different_values_as_rows_fit_into_the_memory_of_landing(
    case: LandingCase,
) -> None:
    """F48: 100,000 products, each of a category of its own, one of 10,000 characters."""
    lines = [f"P{n},name {n},1,2024-01-01,category {n}" for n in range(100_000)]
    lines[500] = f"P500,{'x' * 10_000},1,2024-01-01,category 500"
    header = HEADER.strip() + ",category"
    case.write("products.csv", "\n".join([header, *lines]) + "\n")
    load = case.land_one(memory_limit="256MB")
    assert (load.rows_accepted, load.rows_quarantined) == (100_000, 0)
    rows = case.rows(load)
    assert len({row["category"] for row in rows}) == 100_000
    assert max(len(row["product_name"]) for row in rows) == 10_000


DUPLICATES = HEADER + "".join(
    [
        "P1,first,1,2024-01-01\n",
        "P1,newest,1,2024-03-01\n",
        "P1,older,1,2024-02-01\n",
        "P1,no date,1,\n",
        "P2,same,2,2024-01-01\n",
        "P2,same,2,2024-01-01\n",
        "P3,tie one,3,2024-01-01\n",
        "P3,tie two,3,2024-01-01\n",
        "p3,other case,3,2024-01-01\n",
        "P4,undated one,4,\n",
        "P4,undated two,4,\n",
    ]
)


@pytest.mark.parametrize(
    ("keep", "names"),
    [
        ("last", {"P1": "newest", "P2": "same", "P3": "tie two", "P4": "undated two"}),
        ("first", {"P1": "newest", "P2": "same", "P3": "tie one", "P4": "undated one"}),
    ],
)
def test_duplicates_leave_one_row(tmp_path: Path, keep: str, names: dict[str, str]) -> None:
    case = LandingCase(tmp_path, "products", keep=keep)
    case.write("products.csv", DUPLICATES)
    load = case.land_one()
    found = {r["product_id"]: r["product_name"] for r in case.rows(load)}
    assert found == {**names, "p3": "other case"}
    assert (load.rows_read, load.rows_duplicate) == (11, 6)
    conflicts = [w for w in case.warnings(load) if w["reason"] == "conflicting_duplicate"]
    assert {w["record_id"] for w in conflicts} == {"P3", "P4"}
    assert {r["record_id"] for r in case.set_aside(load)} == {"P1", "P2", "P3", "P4"}


def test_equal_lines_of_a_deal_add_up(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, "deal_lines")
    case.write("deal_lines.csv", "deal_id,product_id,quantity\nD1,P1,1\nD1,P1,1\n")
    assert case.land_one().rows_accepted == 2
    case.write("deal_lines.csv", "deal_id,product_id,line_id\nD1,P1,L1\nD1,P1,L1\nD1,P1,\nD1,P1,\n")
    case.mapping = MappedModule.model_validate(
        {"from": "crm.deal_lines", "fields": {"quantity": {"unknown": True}}}
    )
    load = case.land_one()
    assert (load.rows_accepted, load.rows_duplicate) == (3, 1)


def test_filtered_rows_are_counted_and_bad_ones_are_not_filtered(tmp_path: Path) -> None:
    where = {"all": [{"field": "unit_price", "at_least": 2}, {"field": "tier", "equals": "gold"}]}
    case = LandingCase(tmp_path, "products", custom={"tier": "Tier"}, where=where)
    case.write(
        "products.csv",
        "product_id,product_name,unit_price,Tier\n"
        "P1,cheap,1,gold\nP2,good,2,Gold\nP3,silver,3,silver\nP4,bad,x,silver\nP5,none,,gold\n",
    )
    load = case.land_one(quarantine_limit=0.5)
    assert [r["product_id"] for r in case.rows(load)] == ["P2"]
    assert case.rows(load)[0]["custom_fields"] == [("tier", "Gold")]
    assert (load.rows_filtered, load.rows_quarantined, load.rows_read) == (3, 1, 5)
    aside = {r["record_id"]: r["reason"] for r in case.set_aside(load)}
    assert aside == {"P1": "filtered", "P3": "filtered", "P5": "filtered"}


def test_doubtful_values_of_optional_fields_are_warned(tmp_path: Path) -> None:
    case = LandingCase(
        tmp_path, "accounts", custom={"seats": {"column": "Seats", "type": "integer"}}
    )
    case.write(
        "accounts.csv",
        "account_id,account_name,created_at,employees,annual_revenue,Seats,parent_account_id\n"
        "A1,,2024-01-01,many,0.12345,x,\u200bA2\n",
    )
    load = case.land_one()
    (row,) = case.rows(load)
    assert (row["employees"], str(row["annual_revenue"]), row["parent_account_id"]) == (
        None, "0.1235", "A2",
    )  # fmt: skip
    assert {(w["field"], w["reason"], w["detail"]) for w in case.warnings(load)} == {
        ("account_name", "missing", None),
        ("employees", "not_an_integer", "many"),
        ("annual_revenue", "rounded", "0.12345"),
        ("seats", "not_an_integer", "x"),
        ("parent_account_id", "invisible_marks_removed", "\u200bA2"),
    }


def test_flags_that_protect_people_are_never_guessed(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, "contacts")
    case.write(
        "contacts.csv",
        "contact_id,account_id,email,email_opt_out,is_primary\nC1,A1,a@b.c,perhaps,perhaps\n",
    )
    load = case.land_one(quarantine_limit=1.0)
    (bad,) = case.quarantine(load)
    assert (bad["field"], bad["reason"]) == ("email_opt_out", "not_a_boolean")
