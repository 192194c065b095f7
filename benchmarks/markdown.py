"""What benchmarks print, as Markdown: tables, lists, and the commands that made the figures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

Row = dict[str, Any]


def made_by(rows: Sequence[Row]) -> str:
    """The commands that made some rows, with their machines."""
    lines = []
    for text in dict.fromkeys(row["command"] for row in rows):
        of = [row for row in rows if row["command"] == text]
        machine = of[-1]["machine"]
        loads = ", ".join(str(row["machine"]["load_average"][0]) for row in of)
        versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
        lines.append(
            f"`{text}`, on {machine['cores']} cores, {machine['memory_gigabytes']} GB, "
            f"{machine['system']}, Python {machine['python']}, {versions}; "
            f"load average after each size: {loads}.\n"
        )
    return "\n".join(lines)


def markdown(lines: Iterable[str]) -> str:
    """What a benchmark prints, as Markdown: lines with bars become tables, others a list."""
    return "\n".join(_markdown_lines(lines))


def _markdown_lines(lines: Iterable[str]) -> Iterator[str]:
    in_table = False
    for line in lines:
        if " | " in line:
            yield f"| {line} |"
            if not in_table:
                yield "|" + "---|" * (line.count(" | ") + 1)
            in_table = True
        else:
            if in_table and line:
                yield ""
            yield f"- {line}" if line else ""
            in_table = False
