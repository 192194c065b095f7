"""Names and texts of a CRM are others' words: no command lets them steer the screen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.commands.tables import printable
from tests.orchestration.command_line import quintile
from tests.orchestration.published_copy import installed

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m"
BIDI = "\u202egnp.exe\u2066"
HOSTILE = f"Acme{ESCAPES}\r\nA9  Forged Ltd\u2028{BIDI}"
"""Clears the screen, names the window, colours, forges a row, turns the direction of the line."""

TABLES = """
update marts.dim_landed_accounts set account_name = $hostile where account_id <> 'A3';
update marts.dim_landed_accounts set billing_country = $hostile where account_id = 'A2';
create table marts.rpt_account_360 as
select 'A2' as account_id, $hostile as account_name, date '2026-03-01' as as_of;
create table marts.fct_timeline as
select timestamp '2026-02-01 10:00' as occurred_at, date '2026-02-01' as occurred_on,
       false as is_whole_day, 'email' as channel, 'received' as type, 'incoming' as direction,
       'C1' as contact_id, 'events' as source, 'E1' as source_id, $hostile as summary,
       'A2' as account_id;
"""
COMMANDS = (
    ("explain", "A2"),
    ("explain", "A2", "global"),
    ("explain", "Acme"),
    ("members", "large"),
    ("account", "A2"),
    ("timeline", "A2"),
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = "'" + HOSTILE + "'"
    return installed(tmp_path_factory.mktemp("hostile"), TABLES.replace("$hostile", text))[0]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_hostile_name_stays_in_its_line(place: Path, command: tuple[str, ...]) -> None:
    spoken = quintile(*command, "-c", place)
    shown = spoken.out + spoken.err
    lines = shown.split("\n")
    assert [line for line in lines if not line.isprintable()] == []
    assert any("Acme" in line and "Forged Ltd" in line for line in lines), shown
    assert not [line for line in lines if line.startswith(("A9", "  A9"))]


@pytest.mark.parametrize("command", [c for c in COMMANDS if c != ("explain", "Acme")], ids=" ".join)
def test_json_says_the_same_in_escapes(place: Path, command: tuple[str, ...]) -> None:
    spoken = quintile(*command, "--json", "-c", place)
    assert all(line.isprintable() for line in spoken.out.split("\n"))
    assert HOSTILE in _texts(spoken.json)


def test_check_names_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    path, _ = installed(tmp_path, published=False)
    text = path.read_text(encoding="utf-8").replace(
        "field: employees", f"field: {json.dumps(BIDI)}"
    )
    path.write_text(text, encoding="utf-8")
    spoken = quintile("check", "-c", path)
    assert spoken.code == 2
    assert "gnp.exe" in spoken.err
    assert all(line.isprintable() for line in spoken.err.split("\n"))


@given(st.text())
def test_a_printable_text_is_the_text_with_blanks(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) == len(text)
    assert all(new in (old, " ") for old, new in zip(text, shown, strict=True))
    assert printable(shown) == shown


def _texts(document: object) -> list[str]:
    if isinstance(document, dict):
        return [text for value in document.values() for text in _texts(value)]
    if isinstance(document, list):
        return [text for value in document for text in _texts(value)]
    return [document] if isinstance(document, str) else []
