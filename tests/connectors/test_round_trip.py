"""Any table lands equal, any corruption stays in balance, both ways of reading agree (F29, F33)."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from connectors.delimited import DelimitedFile
from connectors.errors import DamagedFileError, LandingError
from models.text import canonical
from tests.connectors.landing_case import LandingCase

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
CODECS = {"utf-8": "utf-8", "utf-16": "utf-16", "gb18030": "gb18030", "latin-1": "latin-1"}
COLUMNS = ["product_id", "product_name", "vendor", "category"]
QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def texts(encoding: str) -> st.SearchStrategy[str]:
    awkward = st.sampled_from(
        ["", " ", '"', '""', ",", "a,b", '"x"', ' "x"', "\n", "\r\n", "a\r", "'", "\\"]
        + ([] if encoding == "latin-1" else ["医院", "\ufeff", "\u3000x", "e\u0301", "\u200b", "🎟"])
    )
    known = st.characters(codec=encoding, exclude_characters="\x00", exclude_categories=["Cs"])
    return st.one_of(awkward, st.text(known, max_size=12))


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, str, bytes, list[list[str]]]:
    encoding = draw(st.sampled_from(sorted(CODECS)))
    delimiter = draw(st.sampled_from(sorted(DELIMITERS)))
    rows = draw(st.lists(st.lists(texts(encoding), min_size=3, max_size=3), max_size=12))
    table = [[f"P{number}", *row] for number, row in enumerate(rows)]
    # Python's writer leaves a bare return unquoted, which no reader can tell from a line end.
    has_return = any("\r" in value for row in table for value in row)
    quoting = csv.QUOTE_ALL if has_return else draw(st.sampled_from([0, csv.QUOTE_ALL]))
    buffer = io.StringIO(newline="")
    writer = csv.writer(
        buffer,
        delimiter=DELIMITERS[delimiter],
        lineterminator=draw(st.sampled_from(["\n", "\r\n"])),
        quoting=quoting,
    )
    writer.writerows([COLUMNS, *table])
    return encoding, delimiter, buffer.getvalue().encode(CODECS[encoding]), table


@given(tables())
@QUICK
def test_any_table_lands_equal(table: tuple[str, str, bytes, list[list[str]]]) -> None:
    encoding, delimiter, content, rows = table
    with tempfile.TemporaryDirectory() as folder:
        case = LandingCase(Path(folder), "products")
        case.write("products.csv", content)
        load = case.land_one({"encoding": encoding, "delimiter": delimiter})
        found = [[r[column] for column in COLUMNS] for r in case.rows(load)]
        numbers = [r["source_row"] for r in case.rows(load)]
    assert found == [[canonical(value) or None for value in row] for row in rows]
    assert numbers == list(range(1, len(rows) + 1))


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


PIECES = st.lists(
    st.sampled_from(
        ["a", "bc", "1", ",", ",", ",", "\n", "\n", "\r\n", '"', '"', '""', " ", "医", "\t", "''"]
    ),
    max_size=40,
).map("".join)


@given(st.integers(1, 3), PIECES)
@settings(QUICK, max_examples=400)
@example(2, ',  ""')
@example(2, 'a,"b" "c"\n')
@example(2, 'a,"" "\n')
def test_the_engine_agrees_with_the_exact_way(
    connection: duckdb.DuckDBPyConnection, width: int, body: str
) -> None:
    header = ["one", "two", "three"][:width]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes((",".join(header) + "\n" + body).encode())
        file = DelimitedFile(
            path, encoding="utf-8", delimiter="comma", columns=None, work=Path(folder)
        )
        try:
            fast = file.extract(header)
        except DamagedFileError:
            return
        if fast.fallback is None:
            return
        columns = ", ".join(fast.columns.values())
        query = f"select source_row, {columns} from ({fast.relation}) order by source_row"
        try:
            read = connection.execute(query).fetchall()
        except duckdb.InvalidInputException:
            return
        exact = file.exact(header)
        slow = connection.execute(
            f"select source_row, {columns} from ({exact.relation}) order by source_row"
        ).fetchall()
        lines = [
            line
            for (line,) in connection.execute(
                f"select source_line from ({exact.relation}) order by source_row"
            ).fetchall()
        ]
        places = file.locate([row[0] for row in read], len(read))
        repaired = file.repaired(header)
        again = connection.execute(
            f"select source_row, {', '.join(repaired.columns.values())}"
            f" from ({repaired.relation}) order by source_row"
        ).fetchall()
    assert exact.refused == repaired.refused == fast.refused
    assert again == read
    assert [[v or None for v in row] for row in read] == [[v or None for v in row] for row in slow]
    assert [places[row[0]][0] for row in read] == lines


CLEAN = "".join(
    ["product_id,product_name,unit_price\n"] + [f'P{n},"Name {n}",{n}.50\n' for n in range(30)]
).encode()
EDITS = st.lists(
    st.tuples(
        st.integers(40, len(CLEAN) - 1),
        st.integers(0, 3),
        st.sampled_from([b"", b'"', b",", b"\n", b"\r", b"\x00", b"\xff", b"x", b"P1", b"\xe5"]),
    ),
    max_size=4,
)


@given(EDITS)
@settings(QUICK, max_examples=150)
def test_random_corruption_keeps_the_balance(edits: list[tuple[int, int, bytes]]) -> None:
    content = CLEAN
    for place, length, new in sorted(edits, reverse=True):
        content = content[:place] + new + content[place + length :]
    with tempfile.TemporaryDirectory() as folder:
        case = LandingCase(Path(folder), "products")
        case.write("products.csv", content)
        try:
            load = case.land_one(quarantine_limit=1.0)
        except LandingError as error:
            assert "file ends inside line" in str(error) or "header" in str(error)
            assert case.loads() == []
            return
        landed, bad, aside = case.rows(load), case.quarantine(load), case.set_aside(load)
    rows = [r["source_row"] for r in [*landed, *bad, *aside]]
    assert sorted(rows) == list(range(1, load.rows_read + 1))
    lines = content.split(b"\n")
    for row in bad:
        shown: Any = row["raw_text"].split("\n")[0][:4].encode("utf-8", "ignore")
        assert row["source_line"] is not None
        if row["reason"] in ("column_count", "number_format"):
            line = lines[row["source_line"] - 1].replace(b"\x00", "\u2400".encode())
            assert line.startswith(shown)


@given(PIECES.map(lambda text: text.replace("''", "\r")))
@settings(QUICK, max_examples=300)
@example(body='  "",')
@example(body='a,  "b"\n')
def test_the_repaired_copy_agrees_with_the_exact_way(
    connection: duckdb.DuckDBPyConnection, body: str
) -> None:
    header = ["one", "two"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes(("one,two\n" + body).encode())
        file = DelimitedFile(
            path, encoding="utf-8", delimiter="comma", columns=None, work=Path(folder)
        )
        try:
            ways = [file.repaired(header), file.exact(header)]
        except DamagedFileError:
            return
        found = []
        for way in ways:
            columns = ", ".join(f"nullif({c}, '')" for c in way.columns.values())
            query = f"select source_row, source_line, {columns} from ({way.relation}) order by 1"
            try:
                found.append(connection.execute(query).fetchall())
            except duckdb.InvalidInputException:
                return
    assert ways[0].refused == ways[1].refused
    assert found[0] == found[1]
