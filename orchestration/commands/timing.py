"""`quintile timeline`: everything that happened with an account, newest first."""

from __future__ import annotations

from typing import Annotated, Any, Final

import typer

from orchestration.commands.published_rows import require_table, rows_of
from orchestration.commands.tables import show_json, show_table
from orchestration.options import (
    DEFAULT,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    configured,
    home_of,
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
    from assets.published import current, open_published
    from orchestration.commands.published_accounts import PublishedAccounts

    configuration = configured(config)
    place = home_of(config, home)
    publication = current(place.published)
    require_table(publication, "fct_timeline", "the timeline")
    with open_published(place.published) as connection:
        found = PublishedAccounts(connection, configuration, publication.as_of).find(account)
        ((total,),) = connection.execute(
            "select count(*) from marts.fct_timeline where account_id = ?", [found.account_id]
        ).fetchall()
        rows: list[dict[str, Any]] = rows_of(
            connection,
            "select occurred_at, occurred_on, is_whole_day, channel, type, direction, contact_id, "
            "source, source_id, summary from marts.fct_timeline where account_id = ? "
            "order by occurred_at desc, source, source_id, type limit ?",
            found.account_id,
            limit,
        )
    if as_json:
        told = {"account_id": found.account_id, "as_of": publication.as_of, "row_count": total}
        show_json({**told, "timeline": rows})
        return
    say(f"{found.account_name or '(no name)'} ({found.account_id}), as of {publication.as_of}")
    if not rows:
        say("  Nothing happened, or the account is outside the scope.")
        return
    table = [
        [row["occurred_on"], row["channel"], _in_one_line(row["summary"]), row["contact_id"] or ""]
        for row in rows
    ]
    title = f"Timeline ({len(rows)} of {total} rows)"
    show_table(["day", "channel", "what", "contact"], table, title=title)


def _in_one_line(summary: str) -> str:
    """Subjects are others' words: line ends and terminal codes must not reach the screen."""
    return "".join(letter if letter.isprintable() else " " for letter in summary)
