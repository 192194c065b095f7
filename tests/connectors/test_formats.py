"""JSON Lines, Excel and Parquet: typed values stay exact, odd ones are found (F34, F38, F39)."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from connectors.errors import DamagedFileError, LandingError, SchemaDriftError
from tests.connectors.landing_case import LandingCase

GERMAN = {"decimal": ",", "thousands": ".", "date_format": "%d.%m.%Y"}


def values(case: LandingCase, source: dict[str, Any] | None = None) -> dict[str, tuple[Any, ...]]:
    load = case.land_one(source, quarantine_limit=1.0)
    return {
        r["account_id"]: (r["account_name"], r["employees"], r["annual_revenue"],
                          r["contract_end_date"], r["is_deleted"])
        for r in case.rows(load)
    }  # fmt: skip


def test_json_lines_keep_the_digits_they_were_written_with(tmp_path: Path) -> None:
    case = LandingCase(
        tmp_path, fields={"created_at": {"unknown": True}, "industry": "Info.Industry"}
    )
    lines = [
        '{"account_id": 12345678901234567890, "account_name": "A", "employees": 5, '
        '"annual_revenue": 99999999999999.9999, "is_deleted": false, "Info": {"Industry": "x"}}',
        '{"account_id": "007", "account_name": null, "employees": "1.000", '
        '"annual_revenue": "1.234,5", "contract_end_date": "31.12.2026", "is_deleted": "yes"}',
        '{"account_id": "E", "account_name": ["a", 1], "annual_revenue": 1.5e3}',
    ]
    case.write("accounts.jsonl", "\n".join(lines))
    assert values(case, GERMAN) == {
        "12345678901234567890": ("A", 5, Decimal("99999999999999.9999"), None, False),
        "007": (None, 1000, Decimal("1234.5000"), date(2026, 12, 31), True),
        "E": ('["a", 1]', None, Decimal("1500.0000"), None, None),
    }
    assert case.rows(case.loads()[0])[0]["industry"] == "x"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"account_id": "1"', "json"),
        ("[1]", "json"),
        ('{"account_id": "1", "account_id": "2"}', "json"),
        ('{"a": ' * 2000 + "1" + "}" * 2000, "json"),
        ('{"account_id": "\\ud800"}', "encoding"),
        ('{"account_id": "a\\u0000b"}', "nul_character"),
        ('{"account_id": "1", "annual_revenue": NaN}', "not_a_number"),
        ('{"account_id": "1", "annual_revenue": 1e400}', "number_format"),
        ('{"account_id": "1", "annual_revenue": true}', "not_a_number"),
        ('{"account_name": "x"}', "missing_key"),
        ('{"account_id": "1", "contract_end_date": 45000}', "date_format"),
    ],
)
def test_bad_json_lines_are_quarantined_with_their_line(
    tmp_path: Path, line: str, reason: str
) -> None:
    case = LandingCase(tmp_path, fields={"created_at": {"unknown": True}})
    good = [json.dumps({"account_id": f"G{n}", "account_name": "g", "annual_revenue": 1,
                        "contract_end_date": None}) for n in range(30)]  # fmt: skip
    case.write("accounts.jsonl", "\n".join([*good[:7], "", line, *good[7:]]) + "\n")
    load = case.land_one()
    (bad,) = case.quarantine(load)
    assert (bad["reason"], bad["source_line"], bad["source_row"]) == (reason, 9, 8)
    assert bad["raw_text"] == line[:2000]
    assert load.rows_accepted == 30


def test_excel_cells_keep_their_types(tmp_path: Path) -> None:
    workbook = openpyxl.Workbook()
    workbook.active.title = "Notes"
    sheet = workbook.create_sheet("Accounts")
    sheet.append([])
    sheet.append(["Account Id", "Account Name", "Employees", "Annual Revenue", "Contract End Date",
                  "Created Time", "Is Deleted"])  # fmt: skip
    sheet.append(
        [123456789012, "Zahl", 12, 0.1 + 0.2, date(2026, 12, 31), datetime(2024, 1, 2, 3, 4), True]
    )
    sheet.append([])
    sheet.append(["007", "Text", "1.000", "1.234,5", "31.12.2026", "2024-01-02", "no"])
    sheet.append(["bad", "Bad", 1, "12 €", None, None, None])
    workbook.save(tmp_path / "book.xlsx")
    case = LandingCase(tmp_path)
    source = {"files": {"accounts": str(tmp_path / "book.xlsx")}, "sheet": "Accounts", **GERMAN}
    assert values(case, source) == {
        "123456789012": ("Zahl", 12, Decimal("0.3000"), date(2026, 12, 31), True),
        "007": ("Text", 1000, Decimal("1234.5000"), date(2026, 12, 31), False),
    }
    (load,) = case.loads()
    (bad,) = case.quarantine(load)
    assert (bad["source_line"], bad["source_row"], bad["field"]) == (6, 3, "annual_revenue")
    assert json.loads(bad["raw_text"])["Annual Revenue"] == "12 €"
    assert not [w for w in case.warnings(load) if w["reason"] == "rounded"]
    with pytest.raises(LandingError, match=r"no sheet 'Acounts'; did you mean 'Accounts'"):
        case.land({**source, "sheet": "Acounts"})


def write_parquet(path: Path, **columns: Any) -> None:
    parquet.write_table(pa.table(columns), path)


def test_parquet_of_every_type(tmp_path: Path) -> None:
    case = LandingCase(tmp_path)
    write_parquet(
        case.drop / "accounts.parquet",
        account_id=pa.array([1, 2, 9007199254740993], pa.int64()),
        account_name=pa.array(["A", None, " C "]).dictionary_encode(),
        created_at=pa.array(
            [datetime(2024, 1, 2, 3), None, None], pa.timestamp("ns", "Europe/Berlin")
        ),
        employees=pa.array([1.0, 2.5, None], pa.float32()),
        annual_revenue=pa.array([Decimal("1.23456"), Decimal("2"), None], pa.decimal128(30, 5)),
        contract_end_date=pa.array([date(2026, 1, 1), date(1800, 1, 1), None]),
        is_deleted=pa.array([True, False, None]),
        modified_at=pa.array([None, None, datetime(2024, 1, 1)], pa.timestamp("us")),
        tags=pa.array([["a"], [], None]),
    )
    found = values(case)
    assert found == {
        "1": ("A", 1, Decimal("1.2346"), date(2026, 1, 1), True),
        "9007199254740993": ("C", None, None, None, None),
    }
    (load,) = case.loads()
    assert case.rows(load)[0]["created_at"] == datetime(2024, 1, 2, 3)
    (bad,) = case.quarantine(load)
    assert (bad["reason"], bad["source_row"]) == ("date_out_of_range", 2)
    assert json.loads(bad["raw_text"])["contract_end_date"] == "1800-01-01"


@pytest.mark.parametrize("column", ["Account Id", "Account Name", "Created Time", "Employees"])
def test_parquet_with_a_damaged_page_is_refused_whole(tmp_path: Path, column: str) -> None:
    case = LandingCase(tmp_path)
    path = case.drop / "accounts.parquet"
    numbers = range(5_000)
    table = pa.table(
        {
            "Account Id": [f"A{n}" for n in numbers],
            "Account Name": [f"name {n * n}" for n in numbers],
            "Created Time": [datetime(2024, 1, 1) + timedelta(minutes=n) for n in numbers],
            "Employees": list(numbers),
        }
    )
    parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    group = parquet.read_metadata(path).row_group(0)
    chunk = group.column(table.column_names.index(column))
    content = bytearray(path.read_bytes())
    start = chunk.data_page_offset
    content[start : start + 60] = bytes(b ^ 0x5A for b in content[start : start + 60])
    path.write_bytes(bytes(content))
    with pytest.raises(DamagedFileError, match="cannot be read"):
        case.land()
    assert case.loads() == []


def test_parquet_texts_with_nul_keep_all_of_themselves(tmp_path: Path) -> None:
    case = LandingCase(tmp_path)
    write_parquet(
        case.drop / "accounts.parquet",
        **{
            "Account Id": ["A1", "A2\0é", "A2", *(f"B{n}" for n in range(40))],
            "Account Name": ["café\0and the rest", "x", "y", *("z" * 40)],
            "Created Time": [None] * 43,
        },
    )
    load = case.land_one()
    assert (load.rows_accepted, load.rows_quarantined, load.rows_duplicate) == (42, 1, 0)
    names = {row["account_id"]: row["account_name"] for row in case.rows(load)}
    assert (names["A1"], names["A2"]) == ("café\0and the rest", "y")
    assert [row["reason"] for row in case.quarantine(load)] == ["control_character"]


def test_parquet_doubles_are_not_noise_and_nan_is_refused(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, "products")
    write_parquet(
        case.drop / "products.parquet",
        product_id=["1", "2", "3", "4"],
        product_name=["a", "b", "c", "d"],
        unit_price=[0.1 + 0.2, float("nan"), float("inf"), 1e300],
    )
    load = case.land_one(quarantine_limit=1.0)
    assert [r["unit_price"] for r in case.rows(load)] == [Decimal("0.3000")]
    assert load.warning_count == 0
    assert [q["source_row"] for q in case.quarantine(load)] == [2, 3, 4]


@pytest.mark.parametrize(
    ("column", "family"),
    [
        (pa.array([True]), "boolean"),
        (pa.array([date(2024, 1, 1)]), "date"),
        (pa.array([[1.0]]), "a list"),
        (pa.array([{"a": 1}]), "struct"),
        (pa.array([b"1"]), "bytes"),
    ],
)
def test_parquet_columns_of_a_wrong_type_stop_the_load(
    tmp_path: Path, column: Any, family: str
) -> None:
    case = LandingCase(tmp_path, "products")
    write_parquet(
        case.drop / "products.parquet", product_id=["1"], product_name=["a"], unit_price=column
    )
    with pytest.raises(SchemaDriftError, match=f"products.parquet.*'unit_price' holds {family}"):
        case.land(uses={"unit_price": ["segment dear"]})


def test_a_column_that_changes_its_type_inside_a_set_stops_the_load(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, "products")
    for number, price in enumerate((pa.array([1]), pa.array(["1"]))):
        write_parquet(
            case.drop / f"products_{number}.parquet",
            product_id=[str(number)],
            product_name=["a"],
            unit_price=price,
        )
    with pytest.raises(
        SchemaDriftError, match=r"products_1\.parquet.*unit_price.*text, it held number"
    ):
        case.land({"loads": "snapshot"})
    with pytest.raises(SchemaDriftError, match=r"products_1\.parquet.*it held number"):
        case.land()
    assert [load.files[0].name for load in case.loads()] == ["products_0.parquet"]


def test_int96_times_are_read(tmp_path: Path) -> None:
    case = LandingCase(tmp_path)
    table = pa.table(
        {
            "account_id": ["1"],
            "account_name": ["a"],
            "created_at": pa.array([datetime(2024, 1, 2, 3, 4, 5)], pa.timestamp("us")),
        }
    )
    parquet.write_table(table, case.drop / "accounts.parquet", use_deprecated_int96_timestamps=True)
    load = case.land_one()
    assert case.rows(load)[0]["created_at"] == datetime(2024, 1, 2, 3, 4, 5)


def test_landed_parquet_has_the_contract_columns_in_order(tmp_path: Path) -> None:
    from models.fields import LANDING_COLUMNS

    case = LandingCase(tmp_path, "deals")
    case.write("deals.csv", "deal_id,account_id,stage,closing_date,created_at\n")
    load = case.land_one()
    path = load.folder(case.landing) / "data.parquet"
    described = duckdb.sql(f"describe from '{path}'").fetchall()
    expected = {f.name: f.type.sql for f in case.module.fields} | dict(LANDING_COLUMNS)
    assert {name: kind for name, kind, *_ in described} == expected
    assert [name for name, *_ in described] == list(expected)
