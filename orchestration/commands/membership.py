"""`quintile members`: who is in a segment, now or on any past day (SEG-11, BEY-2)."""

from __future__ import annotations

import difflib
from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.commands.tables import as_records, show_csv, show_json, show_table
from orchestration.options import (
    DEFAULT,
    CommandError,
    ConfigurationOption,
    HomeOption,
    JsonOption,
    day_of,
    home_of,
    reporting,
    say,
)

if TYPE_CHECKING:
    import duckdb

HEADER = ("account_id", "account_name", "entered_on", "cause")

_NOW = """
    select member.account_id, account.account_name, member.entered_on,
           arg_max(ledger.cause, ledger.as_of) filter (where ledger.event = 'entered')
    from marts.seg_members as member
    left join marts.dim_landed_accounts as account on account.account_id = member.account_id
    left join marts.seg_membership_ledger as ledger
        on ledger.segment_id = member.segment_id and ledger.account_id = member.account_id
    where member.segment_id = $segment
    group by all order by member.account_id"""

# The last event up to the day decides; hidden members are out of the lists of that day (SEG-12).
_REPLAYED = """
    select last.account_id, account.account_name, last.entered_on, last.cause
    from (
        select account_id, arg_max(is_visible, as_of) as is_visible,
               arg_max(member_since_on, as_of) as entered_on,
               arg_max(cause, as_of) filter (where event = 'entered') as cause
        from marts.seg_membership_ledger
        where segment_id = $segment and as_of <= $day
        group by account_id
    ) as last
    left join marts.dim_landed_accounts as account on account.account_id = last.account_id
    where last.is_visible order by last.account_id"""


@reporting
def members(
    segment: Annotated[str, typer.Argument(help="Id of the segment.")],
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of",
            formats=["%Y-%m-%d"],
            help="A past day, replayed from the ledger [default: the published day].",
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=0, help="Rows to show; 0 shows all.")
    ] = 50,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV; all rows unless --limit is given.")
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the members of a segment: how many first, then who, since when and why they entered.

    With --as-of, those of any past day, replayed from the membership ledger. Reads the published
    copy and nothing else; `quintile export` writes every field of the members into a file.

    Example: quintile members renewals_next_month --as-of 2026-09-30 --csv
    """
    from assets.published import current, open_published

    place = home_of(config, home)
    publication = current(place.published)
    day = day_of(as_of) or publication.as_of
    with open_published(place.published) as connection:
        name = _segment_name(connection, segment)
        rows = _members(connection, segment, day, publication.as_of)
    if as_json:
        shown = rows[:limit] if limit else rows
        document = {"segment_id": segment, "segment_name": name, "as_of": day, "count": len(rows)}
        show_json({**document, "members": as_records(HEADER, shown)})
        return
    if as_csv:
        is_limited = limit and _is_given("limit")
        show_csv(HEADER, rows[:limit] if is_limited else rows)
        return
    noun = "member" if len(rows) == 1 else "members"
    say(f"{name} ({segment}), as of {day}: {len(rows):,} {noun}")
    if rows:
        shown = rows[:limit] if limit else rows
        show_table(
            [heading.replace("_", " ") for heading in HEADER],
            [(*row[:3], (row[3] or "").replace("_", " ")) for row in shown],
        )
        if len(shown) < len(rows):
            say(f"  … and {len(rows) - len(shown):,} more; --limit 0 shows all.")


def _is_given(option: str) -> bool:
    """Whether an option was written on the command line, not its default."""
    import click

    source = click.get_current_context().get_parameter_source(option)
    return source is click.core.ParameterSource.COMMANDLINE


def _segment_name(connection: duckdb.DuckDBPyConnection, segment: str) -> str:
    """Name of a segment that is published, or that the ledger remembers."""
    names: dict[str, str] = dict(
        connection.execute("select segment_id, segment_name from marts.seg_segments").fetchall()
    )
    if segment in names:
        return names[segment]
    remembered = connection.execute(
        "select distinct segment_id from marts.seg_membership_ledger order by 1"
    ).fetchall()
    if (segment,) in remembered:
        return f"{segment} (no longer configured)"
    near = difflib.get_close_matches(segment, names, 1)
    hint = f"; did you mean {near[0]!r}?" if near else ";"
    listed = ", ".join(names) or "none"
    raise CommandError(f"no segment {segment!r} in the published copy{hint} published: {listed}", 2)


def _members(
    connection: duckdb.DuckDBPyConnection, segment: str, day: date, published: date
) -> list[tuple[Any, ...]]:
    if day > published:
        raise CommandError(
            f"the published copy is as of {published}; members of {day} are not computed yet. "
            "Run `quintile run`, or ask for an earlier day.",
            2,
        )
    if day == published:
        return connection.execute(_NOW, {"segment": segment}).fetchall()
    found = connection.execute("select min(as_of) from history.run_history").fetchone()
    first = found[0] if found else None
    if first is None or day < first:
        raise CommandError(f"the history begins on {first}; nothing is known of {day}.", 2)
    return replayed(connection, segment, day)


def replayed(
    connection: duckdb.DuckDBPyConnection, segment: str, day: date
) -> list[tuple[Any, ...]]:
    """Members of a past day, replayed from the ledger: columns of HEADER, by account_id (BEY-2)."""
    return connection.execute(_REPLAYED, {"segment": segment, "day": day}).fetchall()
