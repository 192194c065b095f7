"""`quintile export` and `quintile exports`: a file of the members, and the history (EXP)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

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
    from datetime import datetime

    from models.configuration import Configuration
    from store import Export


class SortOrder(StrEnum):
    """What the history can be sorted by (EXP-4)."""

    CREATED_AT = "created_at"
    SEGMENT_NAME = "segment_name"
    ROW_COUNT = "row_count"
    STATUS = "status"
    AS_OF = "as_of"
    REQUESTED_BY = "requested_by"


@reporting
def export(
    segment: Annotated[str, typer.Argument(help="Id of the segment.")],
    fields: Annotated[
        str,
        typer.Option("--fields", help="`all`, or at most 200 fields with commas between (EXP-3)."),
    ] = "all",
    raw: Annotated[
        bool,
        typer.Option(
            "--raw", help="Leave text that a spreadsheet would run as a formula as it is (F54)."
        ),
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export the members of a segment now, from the published copy: one CSV in one zip (EXP-1).

    The file can be had for 14 days and stays in the history for 90 (EXP-5, EXP-6). It is logged
    under your name. Members are those of the published copy; `quintile run` renews it.

    Example: quintile export renewals_next_month --fields account_id,account_name,revenue_amount
    """
    from assets.exporting import request_export, run_export, tidy_exports
    from store import Store

    configuration, place, now = configured(config), home_of(config, home), clock()
    chosen = _chosen(fields)
    _require_segment(configuration, segment)
    with Store.open(place.store_url) as store:
        tidy_exports(store, place.exports, now)
        requested = request_export(
            store,
            export_id=uuid.uuid4().hex[:16],
            segment_id=segment,
            fields=chosen,
            requested_by=user_name(),
            now=now,
            limits=configuration.limits,
            segment_name=configuration.segment(segment).name,
            raw=raw,
        )
        done = run_export(store, place.published, place.exports, requested.export_id, now=now)
    if as_json:
        show_json(
            {**done.model_dump(mode="json"), "path": str(place.exports / str(done.file_name))}
        )
        return
    if done.file_name is None or done.row_count is None:
        raise CommandError(f"export {done.export_id} is {done.status.value}: {done.failure}")
    say(f"{place.exports / done.file_name}")
    noun = "row" if done.row_count == 1 else "rows"
    say(
        f"  {done.segment_name}, as of {done.as_of}: {done.row_count:,} {noun}; can be had until "
        f"{done.download_until:%Y-%m-%d %H:%M} UTC"
    )


def _chosen(fields: str) -> Sequence[str] | None:
    names = [name.strip() for name in fields.split(",") if name.strip()]
    return None if names == ["all"] else names


def _require_segment(configuration: Configuration, segment: str) -> None:
    from models.problems import choose_from

    known = [one.id for one in configuration.segments]
    if segment not in known:
        raise CommandError(f"no segment {segment!r} is configured{choose_from(segment, known)}", 2)


@reporting
def exports(
    sort: Annotated[
        SortOrder, typer.Option("--sort", help="What to sort by; the newest or largest first.")
    ] = SortOrder.CREATED_AT,
    ascending: Annotated[
        bool, typer.Option("--ascending", help="The oldest or smallest first.")
    ] = False,
    segment: Annotated[str | None, typer.Option(help="Only exports of this segment.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="Rows to show.")] = 50,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the export history of the last 90 days: segment, rows, time, status, expiry (EXP-4).

    Files that may no longer be had are removed first (EXP-6).
    """
    from assets.exporting import tidy_exports
    from store import Store

    place, now = home_of(config, home), clock()
    with Store.open(place.store_url) as store:
        tidy_exports(store, place.exports, now)
        found = store.exports.list(
            order_by=sort.value, descending=not ascending, segment_id=segment, limit=limit
        )
    if as_json:
        show_json([one.model_dump(mode="json") for one in found])
        return
    header = ["requested", "segment", "as of", "rows", "status", "can be had until", "by", "file"]
    rows = [_row(one, now) for one in found]
    show_table(header, rows, empty="no export in the last 90 days; `quintile export SEGMENT`")
    for one in found:
        if one.failure:
            say(f"  ! {one.export_id} ({one.segment_id}): {one.failure}")
    if found:
        say(f"  Files lie in {place.exports}")


def _row(export: Export, now: datetime) -> tuple[Any, ...]:
    until = f"{export.download_until:%Y-%m-%d %H:%M}" if export.is_downloadable(now) else None
    return (
        f"{export.created_at:%Y-%m-%d %H:%M}",
        export.segment_name,
        export.as_of,
        export.row_count,
        export.status.value,
        until,
        export.requested_by,
        export.file_name if until else None,
    )
