"""`quintile timeline`: everything that happened with an account, newest first."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from orchestration.commands.published_rows import asked_account, rows_of
from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    reporting,
    say,
)

_SHOWN: Final = 25


@reporting
def timeline(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    limit: Annotated[int, typer.Option(min=1, help="How many rows, the newest first.")] = _SHOWN,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what happened with an account: every channel, deals and segments in one list (ACC-5).

    Days are those of the organisation's time zone. Reads the published copy.

    Examples: quintile timeline "Acme Clinic"
              quintile timeline zcrm_5843001000000001 --limit 100
    """
    with asked_account(account, config, home, ("fct_timeline", "the timeline")) as found:
        ((total,),) = found.connection.execute(
            "select count(*) from marts.fct_timeline where account_id = ?", [found.account_id]
        ).fetchall()
        rows: list[dict[str, Any]] = rows_of(
            found.connection,
            "select occurred_at, occurred_on, is_whole_day, channel, type, direction, contact_id, "
            "source, source_id, summary from marts.fct_timeline where account_id = ? "
            "order by occurred_at desc, source, source_id, type limit ?",
            found.account_id,
            limit,
        )
    if as_json:
        show_json({**found.document, "row_count": total, "timeline": rows})
        return
    say(found.head)
    if not rows:
        say("  Nothing happened, or the account is outside the scope.")
        return
    table = [
        [row["occurred_on"], row["channel"], row["summary"], row["contact_id"] or ""]
        for row in rows
    ]
    title = f"Timeline ({len(rows)} of {total} rows)"
    show_table(["day", "channel", "what", "contact"], table, title=title)
