"""What accounts should be offered, as assets: group `recommendations`, between two dbt builds.

One asset makes every table of schema `ml`, all or none, with the check of the report card.
Never learn here (`assets.learning`), and never describe a table (`assets.learned_tables`).
"""

from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import dagster as dg
import duckdb

from assets.identity_tables import DESCRIBED
from assets.learned_assets import bounded_warehouse, results_of, table_specs
from assets.learned_tables import SCHEMA, TABLES, create_tables, finish_tables
from assets.learning import Learning
from assets.prediction_tables import SIGNS
from assets.refresh import Refresh
from assets.transformation import transformation
from assets.voice_tables import WRITTEN
from models.usage import rules_by_deeds

BEATS: Final = "beats_most_popular"
NO_HINDSIGHT: Final = "no_hindsight"
OTHERS: Final = (*DESCRIBED, WRITTEN, *SIGNS, "int_prediction_windows__dated")
"""Tables of schema `learning` that are not about purchases."""


@dg.multi_asset(
    name="recommendations",
    specs=table_specs(
        TABLES,
        deps=[
            key
            for key in transformation.keys
            if key.path[0] == "learning" and key.path[1] not in OTHERS
        ],
        group="recommendations",
        kind="scikitlearn",
        code_version="2",
    ),
    check_specs=[
        dg.AssetCheckSpec(
            BEATS,
            asset=[SCHEMA, "recommendation_methods"],
            description="In the test no type ranks worse than most popular does (BEY-10).",
        ),
        dg.AssetCheckSpec(
            NO_HINDSIGHT,
            asset=[SCHEMA, "recommendation_cards"],
            description=(
                "No global criteria, label or limit chose the past that is learned from and tested "
                "by purchases, deals or activity that came after it."
            ),
        ),
    ],
    pool="warehouse_writer",
)
def recommendations(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Learn from the past what accounts buy, and write what each should be offered (REC)."""
    chosen = refresh.configuration.techniques.recommendations
    with bounded_warehouse(refresh) as connection:
        create_tables(connection)
        if chosen is not None and chosen.active:
            chooses = partial(rules_by_deeds, refresh.configuration)
            Learning(connection, chosen, chooses, context.log.info, context.log.warning).write()
        else:
            context.log.info("the technique is off: nothing is learned")
        finish_tables(connection)
        results = results_of(connection, refresh, TABLES)
        checks = [_beats_most_popular(connection), _no_hindsight(connection)]
    yield from results
    for check in checks:
        if not check.passed:
            context.log.warning(f"{check.check_name}: {check.description}")
        yield check


def _beats_most_popular(connection: duckdb.DuckDBPyConnection) -> dg.AssetCheckResult:
    """Warn of every type that ranks worse than most popular, with what is known of the reason."""
    worse = connection.execute(
        f"""
        select ours.recommendation_type, ours.map_at_10, popular.map_at_10, cards.account_count,
            cards.order_method, cards.reason
        from {SCHEMA}.recommendation_methods as ours
        inner join {SCHEMA}.recommendation_methods as popular using (recommendation_type)
        inner join {SCHEMA}.recommendation_cards as cards using (recommendation_type)
        where ours.role = 'ours' and popular.method = 'popularity'
            and ours.map_at_10 < popular.map_at_10
        order by all
        """  # noqa: S608
    ).fetchall()
    told = "; ".join(
        f"{type_}: MAP@10 {ours:.3f}, most popular {popular:.3f}, {accounts:,} accounts "
        f"(ordered by {order}: {reason})"
        for type_, ours, popular, accounts, order, reason in worse
    )
    return dg.AssetCheckResult(
        check_name=BEATS,
        asset_key=[SCHEMA, "recommendation_methods"],
        passed=not worse,
        severity=dg.AssetCheckSeverity.WARN,
        description=told or None,
    )


def _no_hindsight(connection: duckdb.DuckDBPyConnection) -> dg.AssetCheckResult:
    """Warn that figures of the past may flatter, with what chose it."""
    found = connection.execute(
        f"select distinct hindsight from {SCHEMA}.recommendation_cards "  # noqa: S608
        "where hindsight is not null order by all"
    ).fetchall()
    told = "; ".join(hindsight for (hindsight,) in found)
    return dg.AssetCheckResult(
        check_name=NO_HINDSIGHT,
        asset_key=[SCHEMA, "recommendation_cards"],
        passed=not found,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"probabilities and the report card may flatter: {told}" if told else None,
    )
