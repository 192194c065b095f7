"""Tables for people and for scripts: aligned text, colours only on a terminal, JSON, CSV.

Names and texts of a CRM are others' words: nothing of them may steer the screen.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import typer

INDENT: Final = "  "
_ENDING: Final = {"ok": "green", "in": "green", "NO": "red", "FAILED": "red", "out": "yellow"}


def printable(text: str) -> str:
    """Return a text as one line: a blank for line ends, control, format and unassigned characters.

    So no value breaks a table, colours or clears a terminal, or turns the direction of a line.
    """
    return "".join(letter if letter.isprintable() else " " for letter in text)


def show_table(
    header: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str = "", empty: str = ""
) -> None:
    """Print a table: with rich on a terminal, else as aligned text. `empty` stands for no rows."""
    header = [printable(name) for name in header]
    if title:
        typer.echo(typer.style(printable(title), bold=True))
    if not rows:
        typer.echo(f"{INDENT}{empty or 'none'}")
        return
    if sys.stdout.isatty():
        _show_rich(header, rows)
        return
    for line in text_table(header, rows):
        typer.echo(line)


def text_table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[str]:
    """Lines of an aligned table: text to the left, numbers to the right."""
    cells = [[shown(value) for value in row] for row in rows]
    widths = [
        max(len(header[place]), *(len(row[place]) for row in cells)) for place in range(len(header))
    ]
    right = _numeric(header, rows)
    for row in [list(header), *cells]:
        parts = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ]
        yield f"{INDENT}{'  '.join(parts)}".rstrip()


def shown(value: Any) -> str:
    """A value for people: no value is a dash, whole numbers have marks between thousands."""
    if value is None or value == "":
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        plain = value.quantize(Decimal(1)) if value == value.to_integral_value() else value
        text = f"{plain:,f}"
        return text.rstrip("0").rstrip(".") if "." in text and len(text.split(".")[1]) > 2 else text
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return value.isoformat() if isinstance(value, date) else printable(str(value))


def show_json(value: Any) -> None:
    """Print a value as JSON: dates as ISO text, decimals as exact text.

    Characters that are not printable are escaped, which says the same to whoever reads JSON.
    """
    lines = json.dumps(value, indent=2, ensure_ascii=False, default=_plain).split("\n")
    typer.echo("\n".join(line if line.isprintable() else _escaped(line) for line in lines))


def show_csv(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Print rows as CSV with a header; text that a spreadsheet would run is neutralised (F54)."""
    from assets.export_file import neutralised

    is_screen = sys.stdout.isatty()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(header)
    for row in rows:
        cells = [neutralised(cell) if isinstance(cell, str) else _cell(cell) for cell in row]
        writer.writerow([printable(str(cell)) for cell in cells] if is_screen else cells)


def as_records(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> list[Mapping[str, Any]]:
    """Rows as JSON objects; names in snake case."""
    keys = [name.replace(" ", "_") for name in header]
    return [dict(zip(keys, row, strict=True)) for row in rows]


def _escaped(line: str) -> str:
    """A line of JSON with escapes for the characters that are not printable."""
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in line)


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else value


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _numeric(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[bool]:
    return [
        any(isinstance(row[place], int | float | Decimal) for row in rows)
        and not any(isinstance(row[place], str | bool) for row in rows)
        for place in range(len(header))
    ]


def _show_rich(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold dim")
    for name, is_right in zip(header, _numeric(header, rows), strict=True):
        table.add_column(name, justify="right" if is_right else "left", overflow="fold")
    for row in rows:
        # Text and not markup: names of accounts may hold square brackets.
        table.add_row(*(Text(shown(cell), style=_ENDING.get(str(cell), "")) for cell in row))
    console = Console()
    from rich.padding import Padding

    console.print(Padding(table, (0, 0, 0, len(INDENT))))
