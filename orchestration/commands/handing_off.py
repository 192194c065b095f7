"""`quintile handoffs` and `quintile handoff`: what sales is handed, and what it says."""

from __future__ import annotations

from datetime import datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final
from zoneinfo import ZoneInfo

import typer

from orchestration.commands.published_rows import asked_account, require_table, rows_of
from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    CommandError,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    clock,
    configured,
    home_of,
    reporting,
    say,
    user_name,
)

if TYPE_CHECKING:
    from models.configuration import Configuration


class SalesAnswer(StrEnum):
    """What sales can say (SRS-5)."""

    accepted = "accepted"
    returned = "returned"


_NEEDED: Final = ("rpt_handoffs", "hand-offs")
_COLUMNS: Final = (
    "account_id", "account_name", "handed_off_on", "sales_ready_score", "handoff_state",
    "answered_by", "answered_on", "converted_on", "note",
)  # fmt: skip
_SELECT: Final = """
    select handoffs.account_id, accounts.account_name, handoffs.handed_off_on,
        handoffs.sales_ready_score, handoffs.handoff_state, handoffs.answered_by,
        handoffs.answered_on, handoffs.converted_on, handoffs.note
    from marts.rpt_handoffs as handoffs
    left join marts.dim_landed_accounts as accounts on handoffs.account_id = accounts.account_id
"""


@reporting
def handoffs(
    every: Annotated[
        bool, typer.Option("--all", help="Earlier hand-offs and those that are settled as well.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Rows to show; 0 shows all.")
    ] = 50,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the accounts that were handed off to sales and wait for an answer, oldest first.

    An account is handed off once its sales-ready score reaches the threshold, and again only after
    the score has fallen and a pause is over (SRS-4). Reads the published copy; answer with
    `quintile handoff`.

    Example: quintile handoffs --all
    """
    from assets.published import current, open_published

    configuration = configured(config)
    place = home_of(config, home)
    publication = current(place.published)
    require_table(publication, *_NEEDED)
    _require_active(configuration)
    where = "" if every else "where handoffs.is_latest and handoffs.handoff_state = 'handed_off' "
    order = "order by handoffs.handed_off_on, handoffs.sales_ready_score desc, handoffs.account_id"
    with open_published(place.published) as connection:
        rows = rows_of(connection, f"{_SELECT} {where} {order}")
    shown = rows[:limit] if limit else rows
    if as_json:
        show_json({"as_of": publication.as_of, "count": len(rows), "handoffs": shown})
        return
    what = "hand-offs in all" if every else "hand-offs wait for an answer"
    say(f"{len(rows):,} {what}, as of {publication.as_of}")
    if not rows:
        return
    columns = _COLUMNS if every else _COLUMNS[:4]
    header = [name.replace("_", " ") for name in columns]
    show_table(header, [[row[name] for name in columns] for row in shown])
    if len(shown) < len(rows):
        say(f"  … and {len(rows) - len(shown):,} more; --limit 0 shows all.")


@reporting
def handoff(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    answer: Annotated[
        SalesAnswer, typer.Argument(help="accepted: sales works on it; returned: nurture it on.")
    ],
    note: Annotated[str | None, typer.Option(help="Why, in a sentence.")] = None,
    by: Annotated[str | None, typer.Option(help="Who says so [default: your user name].")] = None,
    on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Day it was said [default: now]."),
    ] = None,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write down what sales says to a hand-off; the next run shows it (SRS-5).

    A later answer to the same hand-off replaces an earlier one, which stays in the ledger. Nothing
    that is published changes before the next run.

    Example: quintile handoff "Acme Clinic" returned --note "no budget before May"
    """
    from store import Answer, Store

    with asked_account(account, config, home, _NEEDED) as found:
        _require_active(found.configuration)
        rows = rows_of(
            found.connection,
            f"{_SELECT} where handoffs.is_latest and handoffs.account_id = ?",
            found.account_id,
        )
    if not rows:
        raise CommandError(
            f"{found.account.title} was never handed off; `quintile handoffs` lists those that "
            "were.",
            2,
        )
    zone = ZoneInfo(found.configuration.organization.time_zone)
    said_at = _instant(on, zone)
    handed_off_on = rows[0]["handed_off_on"]
    if said_at.astimezone(zone).date() < handed_off_on:
        raise CommandError(f"the account was handed off on {handed_off_on}, after that day.", 2)
    with Store.open(home_of(config, home).store_url) as store:
        written = store.handoffs.answer(
            found.account_id, Answer(answer), who=by or user_name(), now=said_at, note=note
        )
    if as_json:
        show_json(written.model_dump(mode="json"))
        return
    say(
        f"{found.account.title}, handed off on {handed_off_on}: {answer.value} by "
        f"{written.answered_by}. The next run shows it."
    )


def _instant(on: datetime | None, zone: ZoneInfo) -> datetime:
    """The time of an answer: the end of the day that is named, else now."""
    if on is None:
        return clock()
    return datetime.combine(on.date(), time(23, 59, 59), zone)


def _require_active(configuration: Configuration) -> None:
    if configuration.sales_readiness is None or not configuration.sales_readiness.active:
        raise CommandError(
            "nothing is handed off: the configuration has no sales_readiness "
            "(docs/configuration.md).",
            2,
        )
