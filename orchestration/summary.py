"""What a run leaves on the screen: figures of the published copy, read in a minute."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assets.home import Home
from assets.published import current, open_published
from assets.warehouse import row_count
from orchestration.commands.tables import text_table

if TYPE_CHECKING:
    import duckdb

BAR = "█"
BAR_WIDTH = 32


def run_summary(home: Home, configuration: Path, seconds: float) -> Iterator[str]:
    """Lines of the summary of the current published copy."""
    publication = current(home.published)
    with open_published(home.published) as connection:
        run = _first(connection, "select * from marts.rpt_run")
        yield f"{run['organization_name']} as of {run['as_of']}, in {seconds:.0f} s"
        yield ""
        yield from _landed(connection)
        yield from _scope(connection)
        yield from _scores(connection)
        yield from _labels(connection, run["currency"])
        yield from _segments(connection, run["currency"])
        yield from _quality(connection)
        account = _example(connection)
        offers = row_count(connection, "marts", "seg_recommendations")
    yield "Where it is"
    yield f"  published copy  {_short(publication.database)}"
    yield f"  as Parquet      {_short(publication.parquet)}/"
    exports = sorted(home.exports.glob("*.zip")) if home.exports.is_dir() else []
    yield f"  exports         {_short(home.exports)}/ ({len(exports)} files)"
    yield ""
    yield from _next_commands(configuration, account, has_offers=offers > 0)


def _next_commands(configuration: Path, account: str, *, has_offers: bool) -> Iterator[str]:
    option = "" if configuration.name == "abm.yaml" and configuration.parent == Path() else (
        f" -c {_short(configuration)}"
    )  # fmt: skip
    command = ".venv/bin/quintile" if Path(".venv/bin/quintile").exists() else "quintile"
    offered = "what to offer it next, why, and how likely it is to buy"
    commands = {
        f"{command} status{option}": "what is published, what failed, what to do",
        f"{command} explain {account}{option}": "why an account is in or out of every segment",
        **({f"{command} recommend {account}{option}": offered} if has_offers else {}),
        f"{command} dev{option}": "the same run in the Dagster UI, on this machine only",
    }
    width = max(map(len, commands))
    yield "Try next"
    for line, meaning in commands.items():
        yield f"  {line:<{width}}  {meaning}"


def _landed(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    query = """
        select module, count(*) as loads, sum(rows_read) as rows_read,
            sum(rows_accepted) as accepted, sum(rows_quarantined) as quarantined,
            sum(rows_duplicate) as duplicates,
            sum(rows_filtered) as filtered
        from marts.rpt_landing_balance group by module order by min(load_sequence), module
    """
    yield "Landed so far"
    yield from text_table(
        ["module", "loads", "rows read", "accepted", "quarantined", "duplicates", "filtered"],
        connection.execute(query).fetchall(),
    )
    yield ""


def _scope(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(
        "select description, dropped_count, kept_count "
        "from marts.rpt_scope_waterfall order by position"
    ).fetchall()
    yield "Accounts in scope"
    shown = [
        row for number, row in enumerate(rows) if number == 0 or row[1] or number == len(rows) - 1
    ]
    yield from text_table(["step", "dropped", "kept"], shown)
    yield ""


def _scores(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(
        "select metric, score, account_count from marts.rpt_rfm_distribution "
        "order by list_position(['recency', 'frequency', 'monetary'], metric), score desc"
    ).fetchall()
    if not rows:
        return
    largest = max(count for _, _, count in rows) or 1
    yield "RFM: accounts per score (5 is best)"
    metric = None
    for name, score, count in rows:
        heading = f"  {name if name != metric else '':<10}"
        metric = name
        bar = BAR * round(BAR_WIDTH * count / largest)
        yield f"{heading} {score} {bar} {count:,}".rstrip()
    for (warning,) in connection.execute(
        "select distinct warning || ' (' || metric || ')' from marts.rpt_rfm_warnings order by 1"
    ).fetchall():
        yield f"  ! {warning}"
    yield ""


def _labels(connection: duckdb.DuckDBPyConnection, currency: str) -> Iterator[str]:
    rows = connection.execute(
        "select technique, label_name, primary_account_count, revenue_amount from marts.rpt_labels "
        "order by technique desc, position"
    ).fetchall()
    if rows:
        yield "Labels"
        yield from text_table(["technique", "label", "accounts", f"revenue {currency}"], rows)
        yield ""


def _segments(connection: duckdb.DuckDBPyConnection, currency: str) -> Iterator[str]:
    rows = connection.execute(
        "select segment_name, nature, account_count, entered_count, exited_count, revenue_amount, "
        "open_pipeline_amount from marts.seg_segments order by position"
    ).fetchall()
    if rows:
        yield "Segments"
        yield from text_table(
            ["segment", "nature", "members", "entered", "left", f"revenue {currency}", "pipeline"],
            rows,
        )
        yield ""


def _quality(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    rows = connection.execute(
        "select severity, check_name, module, finding_count from marts.rpt_data_quality "
        "where finding_count > 0 order by severity, finding_count desc, 2 limit 12"
    ).fetchall()
    if rows:
        yield "Data quality"
        yield from text_table(["severity", "check", "module", "findings"], rows)
        yield ""


def _example(connection: duckdb.DuckDBPyConnection) -> str:
    """An account worth explaining: the member with the highest revenue, else any account."""
    found = connection.execute(
        "select account_id from marts.dim_accounts left join "
        "(select distinct account_id, true as is_member from marts.seg_members) using (account_id) "
        "order by is_member nulls last, revenue_amount desc, account_id limit 1"
    ).fetchone()
    return shlex.quote(found[0]) if found else "ACCOUNT"


def _first(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, Any]:
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else {}


def _short(path: Path) -> str:
    """The path relative to where the user stands, when it lies below."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
