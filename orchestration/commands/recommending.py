"""`quintile recommend` and `quintile report-card`: what to offer, why, and how true it has been."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from orchestration.commands.published_rows import asked_account, require_table, rows_of
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

if TYPE_CHECKING:
    import duckdb

_TYPES: Final = ("next_purchase", "repeat_purchase", "cross_sell", "bundle", "first_purchase")
_SHOWN: Final = 5
_CARDS: Final = (
    "select * exclude (as_of) from marts.rpt_recommendation_cards order by recommendation_type"
)
_METHODS: Final = (
    "select * exclude (as_of) from marts.rpt_recommendation_methods "
    "order by recommendation_type, map_at_10 desc, method"
)
_RELIABILITY: Final = (
    "select * exclude (as_of) from marts.rpt_recommendation_reliability "
    "order by recommendation_type, tenth"
)


@reporting
def recommend(
    account: Annotated[str, typer.Argument(help="Id or name of the account.")],
    every: Annotated[
        bool, typer.Option("--all", help=f"All ten of each type, not the first {_SHOWN}.")
    ] = False,
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell what an account should be offered next, why, and how likely it is to buy.

    A probability is that of buying the product within the horizon of the configuration; of a next
    purchase, that it is in the next basket. The last column are the strongest signs for (+) and
    against (-). Reads the published copy.

    Examples: quintile recommend "Acme Clinic"
              quintile recommend zcrm_5843001000000001 --all
    """
    needed = ("seg_recommendations", "recommendations")
    with asked_account(account, config, home, needed) as found:
        rows = rows_of(
            found.connection,
            "select * exclude (as_of, account_id) from marts.seg_recommendations "
            "where account_id = ? order by recommendation_type, recommendation_rank",
            found.account_id,
        )
        buys = found.connection.execute(
            "select purchase_probability from marts.dim_accounts where account_id = ?",
            [found.account_id],
        ).fetchone()
        cards = dict(_reasons(found.connection))
    probability = None if buys is None else buys[0]
    if as_json:
        show_json(
            {
                **found.document,
                "purchase_probability": probability,
                "recommendations": rows,
            }
        )
        return
    settings = found.configuration.techniques.recommendations
    horizon = "" if settings is None else f" within {settings.horizon_days} days"
    say(found.head)
    if probability is not None:
        say(f"  buys anything{horizon}: {probability} %")
    say()
    shown = rows if every else [row for row in rows if row["recommendation_rank"] <= _SHOWN]
    for type_ in _TYPES:
        of_type = [row for row in shown if row["recommendation_type"] == type_]
        if of_type:
            _show(type_, of_type, horizon)
    if not rows:
        say(f"  Nothing is recommended. {_why_nothing(cards)}")


def _reasons(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select recommendation_type, reason from marts.rpt_recommendation_cards "
        "where reason is not null and order_method is null order by all"
    ).fetchall()


def _why_nothing(cards: dict[str, str]) -> str:
    reasons = sorted(set(cards.values()))
    return f"{'; '.join(reasons)}." if reasons else "The account is outside the scope, or new."


def _show(type_: str, rows: Sequence[dict[str, Any]], horizon: str) -> None:
    has_due = type_ == "repeat_purchase"
    header = ["", "product", "probability", "why", *(["due"] if has_due else []), "signs"]
    table = [
        [
            row["recommendation_rank"],
            row["product_name"] or row["product_id"],
            f"{row['recommendation_probability']} %",
            row["reason"] + ("; in an open deal" if row["is_in_open_deal"] else ""),
            *([_due(row)] if has_due else []),
            _signs(row),
        ]
        for row in rows
    ]
    title = type_.replace("_", " ").capitalize() + horizon
    show_table(header, table, title=title)
    say()


def _due(row: dict[str, Any]) -> str:
    if row["due_on"] is None:
        return ""
    return f"{row['due_on']}{', overdue' if row['is_overdue'] else ''}"


def _signs(row: dict[str, Any]) -> str:
    signs = []
    for place in (1, 2, 3):
        name, value = row[f"reason_{place}"], row[f"contribution_{place}"]
        if name is not None:
            sign = "" if value is None else "+" if value > 0 else "-"
            signs.append(f"{sign}{name.replace('_', ' ')}")
    return ", ".join(signs)


@reporting
def report_card(
    config: ConfigurationOption = DEFAULT,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show how true recommendations have been: learned on the past, tested on the latest horizon.

    Per type: hit rate of the first five, recall and mean average precision of the first ten, beside
    most popular, same again and item cosine; coverage; calibration error (beside what chance alone
    would show); said and true share of the surest tenth; and who is trusted, and why (BEY-10).

    Example: quintile report-card
    """
    from assets.published import current, open_published

    configured(config)
    place = home_of(config, home)
    publication = current(place.published)
    require_table(publication, "seg_recommendations", "recommendations")
    with open_published(place.published) as connection:
        cards = rows_of(connection, _CARDS)
        methods = rows_of(connection, _METHODS)
        tenths = rows_of(connection, _RELIABILITY)
    if as_json:
        show_json({"cards": cards, "methods": methods, "reliability": tenths})
        return
    say(f"Report card of recommendations, as of {publication.as_of}")
    for card in cards:
        say()
        _show_card(card, [m for m in methods if _same(m, card)])
    if not cards:
        say("  The technique is off: nothing is learned.")


def _same(row: dict[str, Any], card: dict[str, Any]) -> bool:
    return bool(row["recommendation_type"] == card["recommendation_type"])


def _show_card(card: dict[str, Any], methods: list[dict[str, Any]]) -> None:
    title = card["recommendation_type"].replace("_", " ").capitalize()
    if methods:
        rows = [
            [
                method["method"].replace("_", " "),
                method["role"],
                *(f"{method[name]:.3f}" for name in ("hit_rate_at_5", "recall_at_10", "map_at_10")),
            ]
            for method in methods
            if method["map_at_10"] is not None
        ]
        header = ["method", "", "hit rate@5", "recall@10", "MAP@10"]
        count = f"{card['account_count']:,} accounts bought, tested after {card['tested_on']}"
        show_table(header, rows, title=f"{title}: {count}")
    else:
        say(title)
    if card["order_method"] is not None:
        say(f"  ordered by {card['order_method']}, probability by {card['probability_method']}")
    elif card["probability_method"] is not None:
        say(f"  probability by {card['probability_method']}")
    if card["reason"] is not None:
        say(f"  {card['reason']}")
    if card["hindsight"] is not None:
        say(f"  may flatter: {card['hindsight']}")
    if card["calibration_error"] is not None:
        auc = "" if card["auc"] is None else f"AUC {card['auc']:.3f}, "
        say(
            f"  {auc}Brier skill {card['brier_skill']:+.3f}, "
            f"calibration error {card['calibration_error']:.4f} "
            f"(chance alone {card['calibration_error_by_chance']:.4f}{_before(card)}), "
            "surest tenth: said "
            f"{card['top_tenth_said_share']:.1%}, true {card['top_tenth_true_share']:.1%}"
        )
    if card["coverage_share"] is not None:
        pairs, bought = card["pair_count"], card["purchase_count"]
        say(
            f"  coverage {card['coverage_share']:.0%} of the products offered; {bought:,} of "
            f"{pairs:,} candidates bought"
        )


def _before(card: dict[str, Any]) -> str:
    error = card["calibration_error_before"]
    return "" if error is None else f"; {error:.4f} in the windows before"


__all__ = ["recommend", "report_card"]
