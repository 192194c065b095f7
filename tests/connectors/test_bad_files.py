"""One clean file and its mutations: each fault is found in its place (F29, F32 to F39).

A bad row comes with line, field and reason, and no good row is lost.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import (
    DamagedFileError,
    LandingError,
    QuarantineLimitError,
    RefusedArchiveError,
    SchemaDriftError,
)
from tests.connectors.landing_case import LandingCase

HEADER = ["Account Id", "Account Name", "Created Time", "Annual Revenue", "Contract End Date"]
ROWS = [
    [f"A{n:03}", f"Müller {n} 医院", f"2024-01-{n % 28 + 1:02}T10:00:00Z", f"{n}.25", "2026-12-31"]
    for n in range(40)
]
BAD = 20  # the row that mutations touch; its line is 22, after the header and 20 rows


def text_of(rows: list[list[str]], delimiter: str = ",", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in [HEADER, *rows])


def landed(case: LandingCase, **source: Any) -> dict[str, tuple[Any, ...]]:
    load = case.land_one(source)
    return {
        r["account_id"]: (r["account_name"], r["created_at"], r["annual_revenue"], r["source_row"])
        for r in case.rows(load)
    }


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Any, ...]]:
    case = LandingCase(tmp_path_factory.mktemp("clean"))
    case.write("accounts.csv", text_of(ROWS))
    found = landed(case)
    assert len(found) == 40
    return found


@dataclass(frozen=True)
class Cell:
    """A mutation of one cell of the bad row."""

    column: int
    value: str
    reason: str
    field: str


def numbers(*values: str, reason: str = "number_format") -> list[Cell]:
    return [Cell(3, value, reason, "annual_revenue") for value in values]


def dates(*values: str, reason: str = "date_format") -> list[Cell]:
    return [Cell(4, value, reason, "contract_end_date") for value in values]


CELLS = [
    *numbers("1.234.5", "1 234", "(5)", "5-", "$5", "5%", "1e3", "1e400", "0x1F", "1_000", "--5"),
    *numbers("５", "five", "NaN", "inf", "-Infinity", "-", ".", reason="not_a_number"),
    *numbers("100000000000000", "1" + "0" * 30, "-99999999999999.99995", reason="overflow"),
    *dates("02/03/2024", "24-1-2", "2024-1-2", "45000", "1700000000", "2024-02-30", "infinity"),
    *dates("epoch", "2024-02-03x", "2024-13-01", "２０２４-01-01"),
    *dates("0000-00-00", "9999-12-31", "1899-12-31", "2200-01-01", reason="date_out_of_range"),
    Cell(2, "2024-01-01T25:00:00", "timestamp_format", "created_at"),
    Cell(2, "2024-01-01T10:00:00+99:00", "timestamp_format", "created_at"),
    Cell(2, "2024-01-01T24:00:00", "timestamp_format", "created_at"),
    Cell(2, "yesterday", "timestamp_format", "created_at"),
    Cell(2, "0001-01-01T00:00:00", "timestamp_out_of_range", "created_at"),
    Cell(0, "", "missing_key", "account_id"),
    Cell(0, " \u3000\u00a0", "missing_key", "account_id"),
    Cell(0, "\u200b\u202e", "missing_key", "account_id"),
    Cell(0, "A\x07", "control_character", "account_id"),
    Cell(1, "x" * 1_000_001, "too_long", "account_name"),
]


@pytest.mark.parametrize("cell", CELLS, ids=lambda c: f"{c.field}-{c.value[:24]!r}")
def test_a_bad_value_is_quarantined_with_its_place(
    tmp_path: Path, clean: dict[str, Any], cell: Cell
) -> None:
    rows = [list(row) for row in ROWS]
    rows[BAD][cell.column] = cell.value
    case = LandingCase(tmp_path)
    case.write("accounts.csv", text_of(rows))
    load = case.land_one()
    (bad,) = case.quarantine(load)
    assert (bad["reason"], bad["field"]) == (cell.reason, cell.field)
    assert (bad["source_line"], bad["source_row"]) == (22, 21)
    assert bad["raw_text"] == ",".join(rows[BAD])[:2000]
    if cell.reason == "too_long":
        assert "1000001" in bad["detail"]
    assert {row["account_id"] for row in case.rows(load)} == set(clean) - {"A020"}


def replaced(line: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda lines: [*lines[:21], line, *lines[22:]]


LINES: dict[str, tuple[bytes, str, str]] = {
    "open quote": (b'A020,"Acme,2024-01-01,1,2026-12-31', "quote", "does not close"),
    "text after a quote": (b'A020,"Acme"x,2024-01-01,1,2026-12-31', "quote", "followed by text"),
    "backslash quote": (b'A020,"Ac\\"me",2024-01-01,1,2026-12-31', "quote", "followed by text"),
    "too few": (b"A020,Acme", "column_count", "2 values, the header has 5"),
    "too many": (b"A020,Acme,,,,,x", "column_count", "7 values, the header has 5"),
    "NUL": (b"A020,Ac\x00me,2024-01-01,1,2026-12-31", "nul_character", "NUL"),
    "bytes": (b"A020,Ac\xffme,2024-01-01,1,2026-12-31", "encoding", "0xff"),
    "surrogate": (b"A020,\xed\xa0\x80,2024-01-01,1,2026-12-31", "encoding", "0xed"),
    "GBK bytes": (b"A020,\xbf\xcd\xbb\xa7,2024-01-01,1,2026-12-31", "encoding", "0xbf"),
    "return": (b"A020,Ac\rme,2024-01-01,1,2026-12-31", "line_end", "return"),
    "comment": (b"# exported by hand", "column_count", "1 values"),
}


@pytest.mark.parametrize("name", LINES)
def test_a_bad_line_is_quarantined_with_its_place(
    tmp_path: Path, clean: dict[str, Any], name: str
) -> None:
    line, reason, detail = LINES[name]
    lines = text_of(ROWS).encode().split(b"\n")
    before = b"\n".join(lines[:21]) + b"\n"
    case = LandingCase(tmp_path)
    case.write("accounts.csv", b"\n".join([*lines[:21], line, *lines[22:]]))
    load = case.land_one()
    (bad,) = case.quarantine(load)
    assert (bad["reason"], bad["source_line"], bad["source_row"]) == (reason, 22, 21)
    assert detail in bad["detail"]
    if reason == "encoding":
        offset = int(re.findall(r"byte (\d+) of the file", bad["detail"])[0])
        assert offset == len(before) + line.index(bytes.fromhex(detail[2:]))
    expected = {key: value for key, value in clean.items() if key != "A020"}
    found = {r["account_id"]: r for r in case.rows(load)}
    assert {
        key: (r["account_name"], r["created_at"], r["annual_revenue"], r["source_row"])
        for key, r in found.items()
    } == expected


def test_lines_are_right_after_embedded_line_ends_and_blank_lines(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[3][1] = '"two\nlines"'
    rows[5][1] = '"and ""three""\r\nof\nthem"'
    rows[9][3] = "5%"  # line 2 + 9 + 3 more
    text = text_of(rows).replace("A007,", "\n\n   \nA007,") + "\nTotal: 40 accounts,,\n"
    case = LandingCase(tmp_path)
    case.write("accounts.csv", text)
    load = case.land_one()
    bad = case.quarantine(load)
    assert [(b["source_line"], b["source_row"], b["reason"]) for b in bad] == [
        (11 + 3 + 3, 10, "number_format"),
        (42 + 3 + 3 + 1, 41, "column_count"),
    ]
    names = {r["account_id"]: r["account_name"] for r in case.rows(load)}
    assert names["A003"] == "two\nlines"
    assert names["A005"] == 'and "three"\r\nof\nthem'
    assert len(names) == 39


UTF16 = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}
SPELLINGS: dict[str, tuple[str, bytes, dict[str, Any]]] = {
    "CR LF": ("a.csv", text_of(ROWS, end="\r\n").encode(), {}),
    "CR": ("a.csv", text_of(ROWS, end="\r").encode(), {}),
    "mixed line ends": ("a.csv", text_of(ROWS).replace("31\nA03", "31\r\nA03").encode(), {}),
    "no last line end": ("a.csv", text_of(ROWS)[:-1].encode(), {}),
    "blank lines": ("a.csv", text_of(ROWS).replace("\n", "\n\n").encode(), {}),
    "byte order mark": ("a.csv", codecs.BOM_UTF8 + text_of(ROWS).encode(), {}),
    "GB18030": ("a.csv", text_of(ROWS).encode("gb18030"), {"encoding": "gb18030"}),
    "detected GB18030": ("a.csv", text_of(ROWS).encode("gb18030"), {"encoding": "detect"}),
    **{
        codec: ("a.csv", mark + text_of(ROWS, end="\r\n").encode(codec), {"encoding": "utf-16"})
        for codec, mark in UTF16.items()
    },
    "detected UTF-16": (
        "a.csv",
        UTF16["utf-16-le"] + text_of(ROWS).encode("utf-16-le"),
        {"encoding": "detect"},
    ),
    "tab": ("a.tsv", text_of(ROWS, "\t").encode(), {}),
    "semicolon": ("a.csv", text_of(ROWS, ";").encode(), {"delimiter": "semicolon"}),
    "pipe": ("a.txt", text_of(ROWS, "|").encode(), {"delimiter": "pipe"}),
    "sniffed": ("a.csv", text_of(ROWS, ";").encode(), {"delimiter": "sniff"}),
    "gzip": ("a.csv.gz", gzip.compress(text_of(ROWS).encode()), {}),
    "reordered": (
        "a.csv",
        "".join(",".join(row[::-1]) + "\n" for row in [HEADER, *ROWS]).encode(),
        {},
    ),
    "header variants": (
        "a.csv",
        text_of(ROWS)
        .replace("Account Id", " ACCOUNT_ID ")
        .replace("Created T", "created t")
        .encode(),
        {},
    ),
    "extra column": (
        "a.csv",
        "".join(",".join([*row, "x"]) + "\n" for row in [HEADER, *ROWS]).encode(),
        {},
    ),
    "no header": (
        "a.csv",
        "".join(",".join(row) + "\n" for row in ROWS).encode(),
        {"columns": HEADER},
    ),
    "decomposed": (
        "a.csv",
        text_of(ROWS).replace("ü", "u\u0308").encode(),
        {},
    ),
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling_of_a_clean_file_lands_equal(
    tmp_path: Path, clean: dict[str, Any], name: str
) -> None:
    file, content, source = SPELLINGS[name]
    case = LandingCase(tmp_path)
    case.write(file, content)
    assert landed(case, files={"accounts": "a.*"}, **source) == clean
    (load,) = case.loads()
    assert load.warning_count == 0


def test_whitespace_delimited_files_have_no_quotes(tmp_path: Path) -> None:
    case = LandingCase(tmp_path, fields={"account_name": {"copy": "account_id"}})
    case.write("accounts.txt", ' account_id  created_at\n  "A1   2024-01-01\nA2 \t2024-01-02  \n')
    load = case.land_one({"delimiter": "whitespace"})
    assert [r["account_id"] for r in case.rows(load)] == ['"A1', "A2"]


def test_a_field_of_a_million_characters_is_kept(tmp_path: Path) -> None:
    rows = [list(row) for row in ROWS]
    rows[BAD][1] = "医" * 1_000_000
    case = LandingCase(tmp_path)
    case.write("accounts.csv", text_of(rows))
    load = case.land_one()
    assert load.rows_accepted == 40
    assert max(len(r["account_name"]) for r in case.rows(load)) == 1_000_000


def test_two_thousand_columns(tmp_path: Path) -> None:
    extra = [f"extra {n}" for n in range(2000)]
    case = LandingCase(tmp_path)
    lines = [HEADER + extra, *[row + ["x"] * 2000 for row in ROWS]]
    case.write("accounts.csv", "".join(",".join(line) + "\n" for line in lines))
    assert case.land_one().rows_accepted == 40


def archive(*members: tuple[str, bytes], **attributes: Any) -> bytes:
    import io

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            for key, value in attributes.items():
                setattr(info, key, value)
            file.writestr(info, content)
    return buffer.getvalue()


GOOD = text_of(ROWS).encode()
PACKED = gzip.compress(GOOD)
REFUSALS: dict[str, tuple[str, bytes, type[LandingError], str]] = {
    "cut mid-row": ("a.csv", GOOD[:-20], DamagedFileError, "file ends inside line 41"),
    "cut mid-quote": (
        "a.csv",
        GOOD[: GOOD.rindex(b",") + 1] + b'"2026-\nmore',
        DamagedFileError,
        "file ends inside line 42: the quote opened in line 41",
    ),
    "cut gzip": ("a.csv.gz", PACKED[: len(PACKED) // 2], DamagedFileError, "file ends inside line"),
    "no gzip": ("a.csv.gz", b"plain", DamagedFileError, "unpacked"),
    "empty": ("a.csv", b"", DamagedFileError, "empty"),
    "only blank lines": ("a.csv", b"\n\n", DamagedFileError, "empty"),
    "doubled header": (
        "a.csv",
        GOOD.replace(b"Annual Revenue", b"account id"),
        SchemaDriftError,
        "twice",
    ),
    "renamed key": (
        "a.csv",
        GOOD.replace(b"Account Id", b"Acount Ident"),
        SchemaDriftError,
        "Acount",
    ),
    "no header": ("a.csv", GOOD.split(b"\n", 1)[1], SchemaDriftError, "account_id"),
    "zip outside": (
        "a.csv.zip",
        archive(("../a.csv", GOOD)),
        RefusedArchiveError,
        r"'\.\./a\.csv'",
    ),
    "zip absolute": ("a.csv.zip", archive(("/etc/a.csv", GOOD)), RefusedArchiveError, "/etc/a.csv"),
    "zip back-slash": ("a.csv.zip", archive(("..\\a.csv", GOOD)), RefusedArchiveError, "out of"),
    "zip link": (
        "a.csv.zip",
        archive(("a.csv", b"/etc/passwd"), external_attr=0o120777 << 16),
        RefusedArchiveError,
        "link",
    ),
    "zip in zip": ("a.csv.zip", archive(("b.zip", GOOD)), RefusedArchiveError, "archive itself"),
    "zip bomb": (
        "a.csv.zip",
        archive(("a.csv", b"0" * 9_000_000)),
        RefusedArchiveError,
        "200 times",
    ),
    "zip twice": (
        "a.csv.zip",
        archive(("a.csv", GOOD), ("A.csv", GOOD)),
        RefusedArchiveError,
        "twice",
    ),
    "zip of many": (
        "a.csv.zip",
        archive(*((f"{n}.csv", b"") for n in range(10_001))),
        RefusedArchiveError,
        "10001 members",
    ),
    "zip of two": (
        "a.csv.zip",
        archive(("a.csv", GOOD), ("b.csv", GOOD)),
        RefusedArchiveError,
        "2 files",
    ),
    "damaged zip": ("a.csv.zip", archive(("a.csv", GOOD))[:-30], DamagedFileError, "damaged"),
    "damaged workbook": ("a.xlsx", b"PK\x03\x04nothing", DamagedFileError, "damaged|read"),
    "cut JSON Lines": (
        "a.jsonl",
        b'{"Account Id": "1", "Account Name": "x", "Created Time": null}\n{"Account Id": "2", "Acc',
        DamagedFileError,
        "file ends inside line 2",
    ),
    "Parquet without footer": ("a.parquet", b"PAR1" + b"\x00" * 50, DamagedFileError, "Parquet"),
    "all rows bad": (
        "a.csv",
        GOOD.replace(b"2026-12-31", b"31.12.2026"),
        QuarantineLimitError,
        "40 of 40 rows.*date_format 40.*limit of 5.0%",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refused_file_leaves_nothing(tmp_path: Path, name: str) -> None:
    file, content, kind, message = REFUSALS[name]
    case = LandingCase(tmp_path)
    case.write(file, content)
    with pytest.raises(kind, match=message) as caught:
        case.land({"files": {"accounts": "a.*"}})
    assert file in str(caught.value)
    assert caught.value.remedy in str(caught.value)
    assert case.loads() == []
    assert list((case.landing / "accounts").iterdir()) == []


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    content = bytearray(archive(("a.csv", GOOD)))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    case = LandingCase(tmp_path)
    case.write("a.csv.zip", bytes(content))
    with pytest.raises(RefusedArchiveError, match="encrypted"):
        case.land({"files": {"accounts": "a.*"}})


def test_one_zipped_file_is_read(tmp_path: Path, clean: dict[str, Any]) -> None:
    case = LandingCase(tmp_path)
    case.write("a.csv.zip", archive(("exports/Accounts.csv", GOOD)))
    assert landed(case, files={"accounts": "a.*"}) == clean


def test_a_header_alone_is_no_rows(tmp_path: Path) -> None:
    case = LandingCase(tmp_path)
    case.write("accounts.csv", ",".join(HEADER))
    load = case.land_one()
    assert (load.rows_read, load.rows_accepted) == (0, 0)
    assert "account_id" in load.columns
