"""Fields that stand in another table: found, missing, ambiguous, changed (LKP-3)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.errors import LandingError, SchemaDriftError
from connectors.landing import LandingResult, land_module
from models.fields import DEALS
from models.modules import DealsModule
from models.organization import Organization
from models.sources import Source

QUICK = settings(max_examples=25, deadline=None)
ORGANIZATION = Organization(name="X", currency="USD")
PAIRS = "crm.deal_company"


def written(path: Path, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([header, *rows])


def landed(folder: Path, lookup: Mapping[str, Any] | None = None) -> LandingResult:
    fields = {
        "account_id": lookup or {"lookup": PAIRS, "by": "deal_id", "value": "company_id"},
        "stage": {"value": "Won"},
        "closing_date": {"unknown": True},
        "created_at": {"unknown": True},
    }
    mapping = DealsModule.model_validate(
        {"from": "crm.deals", "fields": fields, "stages": {"won": ["Won"]}}
    )
    source = Source(files=("*.csv",))
    return land_module(
        DEALS, mapping, source, folder / "landing", ORGANIZATION, base_directory=folder,
        lookup_sources={"crm": source},
    )  # fmt: skip


def accounts(folder: Path, result: LandingResult) -> dict[str, str | None]:
    (load,) = result.loads
    file = folder / "landing" / "deals" / load.load_id / "data.parquet"
    return dict(duckdb.sql(f"select deal_id, account_id from '{file}'").fetchall())


KEYS = st.sampled_from(["1", "2", "3", "04", "4", "a b", "é"])


@given(
    st.lists(KEYS, unique=True, min_size=1),
    st.lists(st.tuples(KEYS, st.sampled_from(["", "c1", "c2", "9", "10"]))),
)
@QUICK
def test_the_smallest_value_of_the_key_is_taken(
    deals: list[str], pairs: list[tuple[str, str]]
) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder / "deals.csv", ["deal_id"], [[deal] for deal in deals])
        written(folder / "deal_company.csv", ["deal_id", "company_id"], pairs)
        result = landed(folder)
        expected = {
            deal: min((c for d, c in pairs if d == deal and c), default=None) for deal in deals
        }
        assert accounts(folder, result) == expected
        values = {key: {c for d, c in pairs if d == key and c} for key, _ in pairs}
        several = sum(len(found) > 1 for found in values.values())
        notes = [note for note in result.loads[0].notes if "several values" in note]
        assert bool(notes) == (several > 0)
        assert all(f"{several} keys" in note for note in notes)


def test_a_changed_pair_lands_its_table_anew(tmp_path: Path) -> None:
    written(tmp_path / "deals.csv", ["deal_id"], [["1"], ["2"]])
    written(tmp_path / "deal_company.csv", ["deal_id", "company_id"], [["1", "a"]])
    assert accounts(tmp_path, landed(tmp_path)) == {"1": "a", "2": None}
    assert landed(tmp_path).loads == ()
    written(tmp_path / "deal_company.csv", ["deal_id", "company_id"], [["1", "a"], ["2", "b"]])
    assert accounts(tmp_path, landed(tmp_path)) == {"1": "a", "2": "b"}


def test_a_missing_column_or_table_is_named(tmp_path: Path) -> None:
    written(tmp_path / "deals.csv", ["deal_id"], [["1"]])
    with pytest.raises(LandingError, match="deal_company"):
        landed(tmp_path)
    written(tmp_path / "deal_company.csv", ["deal", "company"], [["1", "a"]])
    with pytest.raises(SchemaDriftError, match="no column 'deal_id'"):
        landed(tmp_path)
    found = landed(tmp_path, {"lookup": PAIRS, "by": "deal_id", "key": "deal", "value": "company"})
    assert accounts(tmp_path, found) == {"1": "a"}


def test_values_of_typed_files_are_found_as_texts(tmp_path: Path) -> None:
    duckdb.sql("select 7 as deal_id").write_parquet(str(tmp_path / "deals.parquet"))
    duckdb.sql("select 7 as deal_id, 99 as company_id").write_parquet(
        str(tmp_path / "deal_company.parquet")
    )
    source = Source(files=("*.parquet",))
    mapping = DealsModule.model_validate(
        {
            "from": "crm.deals",
            "fields": {
                "account_id": {"lookup": PAIRS, "by": "deal_id", "value": "company_id"},
                "stage": {"value": "Won"},
                "closing_date": {"unknown": True},
                "created_at": {"unknown": True},
            },
            "stages": {"won": ["Won"]},
        }
    )
    result = land_module(
        DEALS, mapping, source, tmp_path / "landing", ORGANIZATION, base_directory=tmp_path,
        lookup_sources={"crm": source},
    )  # fmt: skip
    assert accounts(tmp_path, result) == {"7": "99"}


def exported(folder: Path, rows: Mapping[str, Sequence[Sequence[str]]], loads: str) -> str | None:
    """Account of deal 1 by pairs of several exports, on the last day of January."""
    written(folder / "deals.csv", ["deal_id"], [["1"]])
    for day, pairs in rows.items():
        written(folder / f"deal_company_{day}.csv", ["deal_id", "company_id"], pairs)
    deals = Source(files=("deals.csv",))
    pairs_of = Source.model_validate(
        {"files": ["deal_company_*.csv"], "loads": loads, "exported_at": r"(\d{4}-\d\d-\d\d)",
         "null_values": ["NULL"]}
    )  # fmt: skip
    mapping = DealsModule.model_validate(
        {
            "from": "crm.deals",
            "fields": {
                "account_id": {"lookup": "pairs.deal_company", "by": "deal_id",
                               "value": "company_id"},
                "stage": {"value": "Won"},
                "closing_date": {"unknown": True},
                "created_at": {"unknown": True},
            },
            "stages": {"won": ["Won"]},
        }
    )  # fmt: skip
    result = land_module(
        DEALS, mapping, deals, folder / "landing", ORGANIZATION, base_directory=folder,
        as_of=date(2024, 1, 31), lookup_sources={"crm": deals, "pairs": pairs_of},
    )  # fmt: skip
    return accounts(folder, result)["1"]


@pytest.mark.parametrize("loads", ["incremental", "snapshot"])
def test_the_newest_export_known_on_the_day_decides(tmp_path: Path, loads: str) -> None:
    rows = {
        "2024-01-01": [["1", "a"]],
        "2024-01-20": [["1", "NULL"], ["1", "z"]],
        "2024-02-10": [["1", "b"]],
    }
    assert exported(tmp_path, rows, loads) == "z"


@pytest.mark.parametrize(("loads", "expected"), [("incremental", "a"), ("snapshot", None)])
def test_a_pair_that_a_snapshot_lacks_is_gone(
    tmp_path: Path, loads: str, expected: str | None
) -> None:
    rows = {"2024-01-01": [["1", "a"]], "2024-01-20": [["2", "z"]]}
    assert exported(tmp_path, rows, loads) == expected
