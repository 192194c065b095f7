"""Cells, headers and file names of exports: harmless in a spreadsheet, exact for a reader (F54)."""

from __future__ import annotations

import csv
import hashlib
import io
import unicodedata
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from assets.export_file import neutralised, restored, slug, write_zipped_csv

STARTS = "=+-@\t\r\n\0"
hostile = st.builds(
    str.__add__,
    st.text(st.sampled_from("'=+-@＝＋－＠\t\r\n\0 \u200b\ufeff\u3000"), max_size=4),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
)


def is_formula(text: str) -> bool:
    """The rule as the rule says it, by other means than the code: strip, then look."""
    shown = text.lstrip(" \u3000\u200b\ufeff")
    return bool(shown) and (shown[0] in STARTS or unicodedata.normalize("NFKC", shown[0]) in "=+-@")


@settings(max_examples=500)
@given(hostile)
@example("=cmd|' /C calc'!A0")
@example("'=1")
@example("\u200b=1")
def test_neutralised_text_is_no_formula_and_comes_back_exactly(text: str) -> None:
    safe = neutralised(text)
    assert not is_formula(safe)
    assert safe in (text, f"'{text}")
    assert restored(safe) == text
    assert (safe != text) or not is_formula(text)


def test_every_character_that_normalises_to_a_formula_start_is_known() -> None:
    for code in range(0x110000):
        character = chr(code)
        if unicodedata.normalize("NFKC", character) in tuple("=+-@"):
            assert neutralised(f"{character}1+1") != f"{character}1+1", f"U+{code:04X}"


@pytest.mark.parametrize(
    "text", ["", "Smith", "it's", "a=b", "1-2", "'quoted'", "5 - 3", "ünïcode"]
)
def test_harmless_text_stays(text: str) -> None:
    assert neutralised(text) == text == restored(text)


cells = st.none() | hostile | st.sampled_from(['"', ";=1", ",=1", 'a"b', "x\r\ny", "\t"])
rows = st.lists(st.tuples(cells, st.none() | st.integers() | st.decimals(-9, 9, places=2), cells))


@settings(max_examples=150, deadline=None)
@given(rows, st.booleans())
def test_csv_parses_back(
    tmp_path_factory: pytest.TempPathFactory, content: list, raw: bool
) -> None:
    target = tmp_path_factory.getbasetemp() / "export.zip"
    header = ["=name", "number", "note"]
    count, digest = write_zipped_csv(
        target, "x.csv", header, [content[:2], content[2:]], [0, 2], raw=raw
    )
    assert count == len(content)
    assert digest == hashlib.sha256(target.read_bytes()).hexdigest()
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        text = archive.read("x.csv").decode("utf-8")
    names, *lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    back = (lambda cell: cell) if raw else restored
    assert [back(name) for name in names] == header
    assert raw or names[0] == "'=name"
    expected = [tuple("" if cell is None else str(cell) for cell in row) for row in content]
    assert [(back(a), b, back(c)) for a, b, c in lines] == expected
    if not raw:
        assert not any(is_formula(cell) for line in lines for cell in (line[0], line[2]))


def test_typed_negative_numbers_stay_bare_and_text_is_quoted(tmp_path: Path) -> None:
    row: list[Any] = ["-5", Decimal("-5.00"), -7, None, "a;=1"]
    write_zipped_csv(tmp_path / "x.zip", "x.csv", list("abcde"), [[row]], [0, 4])
    with zipfile.ZipFile(tmp_path / "x.zip") as archive:
        lines = archive.read("x.csv").split(b"\r\n")
    assert lines == [b'"a","b","c","d","e"', b'"\'-5",-5.00,-7,"","a;=1"', b""]


def test_equal_rows_make_equal_bytes_over_a_longer_file(tmp_path: Path) -> None:
    target = tmp_path / "x.zip"
    target.write_bytes(b"half a file of a killed process" * 1000)
    first = write_zipped_csv(target, "x.csv", ["a"], [[("x",)]], [0])
    content = target.read_bytes()
    target.unlink()
    assert write_zipped_csv(target, "x.csv", ["a"], [[("x",)]], [0]) == first
    assert target.read_bytes() == content


@settings(max_examples=200)
@given(st.text())
@example("../../etc/passwd")
@example("=cmd()")
@example("续约" * 200)
@example("...")
def test_slug_is_a_safe_part_of_a_file_name(name: str) -> None:
    found = slug(name)
    assert found
    assert neutralised(found) == found
    assert len(found.encode()) <= 120
    assert not set(found) & set('/\\:*?"<>|.\0') and not any(part.isspace() for part in found)


def test_slug_keeps_words_of_any_script() -> None:
    assert slug("Renewals: next month!") == "renewals-next-month"
    assert slug("下月续约") == "下月续约"
