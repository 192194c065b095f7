"""`quintile engagement`: what people did, what it is worth, and when they can be reached."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

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

if TYPE_CHECKING:
    import duckdb

_SHOWN: Final = 15
_WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@reporting
def engagement(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    every: Annotated[
        bool, typer.Option("--all", help=f"Every entry of the ledger, not the newest {_SHOWN}.")
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell how engaged an account is: its score, the events behind it, and when to reach whom.

    Every point traces to one event, and the points add up to the score (BEY-11). The best times are
    shares of answered mails and calls by weekday and three hours, from five attempts on (ENG-5).
    Reads the published copy.

    Examples: quintile engagement "Acme Clinic"
              quintile engagement zcrm_5843001000000001 --all
    """
    needed = ("seg_account_engagement", "engagement")
    with asked_account(account, config, home, needed) as found:
        told = _told(found.connection, found.account_id)
    if as_json:
        show_json({**found.document, **told})
        return
    say(found.head)
    score = told["score"]
    if score is None:
        say("  No score: the account is outside the scope, or the technique is off.")
        return
    if score["has_no_signal"]:
        say("  No event of this account in the window: the score of 0 says nothing (ENG-11).")
    else:
        trend = f"{score['engagement_trend']:+} since 90 days before"
        say(f"  score {score['engagement_score']} of 100, {trend}")
        say(
            f"  {score['positive_points']:+.2f} and {score['negative_points']:+.2f} points by "
            f"{score['event_count']} events{_capped(score)}; they last did something on "
            f"{score['last_engaged_on'] or 'no known day'}"
        )
    say()
    _show_entries(told["entries"], every=every)
    _show_times(told["best_times"])


def _capped(score: dict[str, Any]) -> str:
    """What caps took, where they took anything."""
    return f", caps took {score['capped_points']:+.2f}" if score["capped_points"] else ""


def _told(connection: duckdb.DuckDBPyConnection, account_id: str) -> dict[str, Any]:
    scores = rows_of(
        connection,
        "select * exclude (account_id, as_of) from marts.seg_account_engagement "
        "where account_id = ?",
        account_id,
    )
    entries = rows_of(
        connection,
        "select counted_on, engagement_event, contact_id, message_id, points, counted_points "
        "from marts.fct_engagement_points where account_id = ? "
        "order by counted_on desc nulls first, occurred_at desc, event_key",
        account_id,
    )
    times = rows_of(
        connection,
        "select contact_id, channel, weekday, from_hour, attempt_count, answer_count, answer_share "
        "from marts.rpt_contact_times where account_id = ? "
        "order by answer_share desc, attempt_count desc, contact_id, channel, weekday, from_hour",
        account_id,
    )
    return {"score": scores[0] if scores else None, "entries": entries, "best_times": times}


def _show_entries(entries: list[dict[str, Any]], *, every: bool) -> None:
    if not entries:
        return
    shown = entries if every else entries[:_SHOWN]
    table = [
        [
            entry["counted_on"] or "",
            entry["engagement_event"].replace("_", " "),
            entry["contact_id"] or "",
            entry["message_id"] or "",
            f"{entry['points']:+.2f}",
            f"{entry['counted_points']:+.2f}",
        ]
        for entry in shown
    ]
    header = ["day", "event", "contact", "message", "points", "counted"]
    title = f"Ledger ({len(shown)} of {len(entries)} entries)"
    show_table(header, table, title=title)
    say()


def _show_times(times: list[dict[str, Any]]) -> None:
    if not times:
        say("No contact was tried five times in one block of hours: no best time yet.")
        return
    table = [
        [
            time["contact_id"],
            time["channel"],
            _WEEKDAYS[time["weekday"] - 1],
            f"{time['from_hour']:02}-{time['from_hour'] + 3:02}",
            f"{time['answer_share']:.0%}",
            f"{time['answer_count']} of {time['attempt_count']}",
        ]
        for time in times[:_SHOWN]
    ]
    header = ["contact", "channel", "day", "hours", "answered", "of attempts"]
    show_table(header, table, title="When they answer")
