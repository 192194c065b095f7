"""The runbooks say what the product says: every quoted message stands in its code.

Messages are compared as templates: what a program fills in is `…` on both sides.
"""

from __future__ import annotations

import re
from functools import cache

import pytest
from typer.main import get_command

from assets import runbooks
from assets.runbooks import RUNBOOKS, Runbook, runbook_of
from orchestration.cli import app
from tests.product_texts import ROOT, python_texts

PARTS = ("**Still good:**", "**Why:**", "**What to do:**", "**It is over when**")
LIKELIEST = 10


@cache
def text() -> str:
    return (ROOT / runbooks.FILE).read_text(encoding="utf-8")


@cache
def sections() -> dict[str, str]:
    """Body of each section by the anchor that its heading has on a page."""
    _, *found = re.split(r"(?m)^## ", text())
    bodies = {}
    for section in found:
        title, _, body = section.partition("\n")
        bodies[re.sub("[^a-z0-9 -]", "", title.lower()).replace(" ", "-")] = body
    return bodies


def quotes(body: str) -> list[str]:
    (block,) = re.findall(r"(?ms)^```text\n(.*?)^```", body)
    return block.strip().splitlines()


def anchor(runbook: Runbook) -> str:
    return runbook.section.partition("#")[2]


def test_every_likely_failure_has_its_section_and_every_section_its_failure() -> None:
    assert len(RUNBOOKS) >= LIKELIEST
    assert {anchor(runbook) for runbook in RUNBOOKS} == set(sections())
    assert all(runbook.section.startswith(f"{runbooks.FILE}#") for runbook in RUNBOOKS)


@pytest.mark.parametrize("runbook", RUNBOOKS, ids=anchor)
def test_what_a_section_quotes_is_what_the_product_says(runbook: Runbook) -> None:
    body = sections()[anchor(runbook)]
    for part in PARTS:
        assert body.count(part) == 1, part
    for quote in quotes(body):
        assert any(quote in template for template in python_texts()), quote
        # Who reads that message is sent to this very section.
        assert runbook_of(quote.replace("…", "7")) is runbook, quote


def test_a_word_that_nobody_says_fails_the_test_above() -> None:
    said = "no file holds the table …"
    assert any(said in template for template in python_texts())
    assert not any(said.replace("holds", "keeps") in template for template in python_texts())


def test_commands_of_the_runbooks_exist_with_their_options() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    found = re.findall(r"`?quintile (\w+)((?: --?[\w-]+)*)", text())
    assert {name for name, _ in found} >= {"run", "status", "check", "dev"}
    for name, options in found:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(options.split()) <= known, f"quintile {name}{options}"


def test_pages_that_are_linked_exist() -> None:
    for page in ("runbooks.md", "upgrading.md"):
        content = (ROOT / "docs" / page).read_text(encoding="utf-8")
        for target, fragment in re.findall(r"\]\((\w+\.md)(?:#([\w-]+))?\)", content):
            assert (ROOT / "docs" / target).is_file(), target
            assert not fragment or fragment in sections(), fragment
