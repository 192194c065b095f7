"""What the product can say: every text in its code, so that pages that quote it cannot rot."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("assets", "connectors", "data_tests", "models", "orchestration", "store")


@cache
def python_texts() -> tuple[str, ...]:
    """Every text in the Python of the product; what is filled in is `…`."""
    found = []
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.JoinedStr):
                    found.append("".join(_part(value) for value in node.values))
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.append(node.value)
    return tuple(found)


@cache
def sql_texts() -> tuple[str, ...]:
    """Every dbt model and macro."""
    files = (ROOT / "dbt_project").rglob("*.sql")
    return tuple(file.read_text(encoding="utf-8") for file in files)


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "…"
