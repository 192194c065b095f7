"""docs/reliability.md cannot rot: its tests exist, its messages are said, no case is lost."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from tests.product_texts import ROOT, python_texts, sql_texts

PAGE = ROOT / "docs" / "reliability.md"
CASES = [
    *(f"F{number:02}" for number in (*range(1, 16), *range(29, 50))),
    *(f"F60.{number}" for number in range(1, 12)),
]
NODE = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


@cache
def rows() -> dict[str, list[str]]:
    """Cells of the tables by the number of their case."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if match := re.match(r"F\d\d(\.\d+)?\b", cells[0]):
            assert match[0] not in found, f"{match[0]} is there twice"
            assert len(cells) == 4, line
            found[match[0]] = cells
    return found


@cache
def functions(file: Path) -> frozenset[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def is_said(message: str) -> bool:
    """Whether one text of the product has all parts of a message in their order."""
    parts = [re.escape(part) for part in message.split("…") if part]
    pattern = re.compile(".*".join(parts), re.DOTALL)
    return any(pattern.search(text) for text in (*sql_texts(), *python_texts()))


def test_every_case_has_its_row() -> None:
    assert list(rows()) == CASES


def test_every_test_that_is_cited_exists() -> None:
    cited = NODE.findall(PAGE.read_text(encoding="utf-8"))
    assert len(cited) > len(CASES)
    missing = [f"{file}::{name}" for file, name in cited
               if not (ROOT / file).is_file() or name not in functions(ROOT / file)]  # fmt: skip
    assert missing == []


@pytest.mark.parametrize("case", CASES)
def test_a_case_has_a_test_or_is_said_to_be_missing(case: str) -> None:
    _, happens, message, tests = rows()[case]
    assert bool(NODE.findall(tests)) != ("not built yet:" in happens)
    for quote in re.findall(r"`([^`]+)`", message):
        assert is_said(quote), f"the product does not say {quote!r}"


def test_a_message_that_nobody_says_is_found() -> None:
    assert not is_said("the disk is sorry about …")
    assert is_said("… is damaged (…); it was put aside as …")
