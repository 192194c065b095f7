"""`quintile account`: the whole account, by the six questions."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from orchestration.commands.published_rows import asked_account, rows_of
from orchestration.commands.tables import show_json, shown
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    reporting,
    say,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_FIRST_OF: Final[Mapping[str, str]] = MappingProxyType(
    {
        "account_id": "who",
        "owned_product_count": "what",
        "lead_source": "where",
        "first_purchase_on": "when",
        "intents": "why",
        "preferred_channel": "how",
    }
)
"""Question by the column that begins it; `rpt_account_360` has its columns in this order."""


@reporting
def account(
    asked: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Id or name of the account.")],
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell who an account is, what it owns and where, when, why and how to reach it (ACC-1).

    Reads the published copy.

    Examples: quintile account "Acme Clinic"
              quintile account zcrm_5843001000000001 --json
    """
    needed = ("rpt_account_360", "the 360-degree account")
    with asked_account(asked, config, home, needed) as found:
        rows = rows_of(
            found.connection,
            "select * exclude (as_of) from marts.rpt_account_360 where account_id = ?",
            found.account_id,
        )
    answers = _by_question(rows[0]) if rows else None
    if as_json:
        show_json({**found.document, "answers": answers})
        return
    say(found.head)
    if answers is None:
        say("  No row: the account is outside the scope.")
        return
    for question, fields in answers.items():
        say()
        say(f"{question.capitalize()}?")
        for name, value in fields.items():
            say(f"  {name.replace('_', ' '):32}{shown(value)}")


def _by_question(row: dict[str, Any]) -> dict[str, dict[str, Any]]:
    answers: dict[str, dict[str, Any]] = {}
    question = ""
    for name, value in row.items():
        question = _FIRST_OF.get(name, question)
        answers.setdefault(question, {})[name] = value
    return answers
