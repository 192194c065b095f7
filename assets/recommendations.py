"""What accounts should be offered, as assets: group `recommendations`, between two dbt builds.

One asset reads what SQL counted (`learning`), calls the pure functions of `ml`, and writes every
table of schema `ml` in one transaction. Never a rule here, and never a score.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb
import numpy as np
import pandas as pd

from assets.learning_windows import NUMBERED, LearningTables
from assets.observation import Metadata, table_of
from assets.plots import reliability_curve
from assets.refresh import Refresh
from assets.transformation import transformation
from assets.warehouse import row_count, warehouse
from models.recommendations import Recommendations, asked_products

if TYPE_CHECKING:
    from ml.recommending import Learned

SCHEMA = "ml"
BEATS = "beats_most_popular"
PURCHASE = "purchase_"
"""Before the kind of account, in the cards of buying at all."""

TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "recommendations": (
        "The best products of every account and type (REC-13). One row per account, type, product.",
        {
            "account_id": "VARCHAR", "recommendation_type": "VARCHAR", "product_id": "VARCHAR",
            "source_product_id": "VARCHAR", "recommendation_rank": "INTEGER",
            "recommendation_probability": "DECIMAL(5,2)", "evidence_count": "BIGINT",
            "evidence_base_count": "BIGINT", "support": "FLOAT", "confidence": "FLOAT",
            "lift": "FLOAT", "due_in_days": "INTEGER",
            "reason_1": "VARCHAR", "contribution_1": "FLOAT",
            "reason_2": "VARCHAR", "contribution_2": "FLOAT",
            "reason_3": "VARCHAR", "contribution_3": "FLOAT",
        },
    ),
    "purchase_probabilities": (
        "How likely every account is to buy anything within the horizon. One row per account.",
        {"account_id": "VARCHAR", "purchase_probability": "DECIMAL(5,2)"},
    ),
    "recommendation_cards": (
        "How every type was tested, and what is used (BEY-10). One row per type.",
        {
            "recommendation_type": "VARCHAR", "order_method": "VARCHAR",
            "probability_method": "VARCHAR", "reason": "VARCHAR", "tested_on": "DATE",
            "account_count": "BIGINT", "pair_count": "BIGINT", "purchase_count": "BIGINT",
            "hit_rate_at_5": "DOUBLE", "recall_at_10": "DOUBLE", "map_at_10": "DOUBLE",
            "coverage_share": "DOUBLE", "calibration_error": "DOUBLE",
            "calibration_error_by_chance": "DOUBLE", "brier_skill": "DOUBLE", "auc": "DOUBLE",
            "top_tenth_said_share": "DOUBLE", "top_tenth_true_share": "DOUBLE",
            "best_simple_method": "VARCHAR", "map_lead_over_best": "DOUBLE",
            "map_lead_standard_error": "DOUBLE",
        },
    ),
    "recommendation_methods": (
        "Our lists beside every simple scorer and baseline in the test. One row per type, method.",
        {
            "recommendation_type": "VARCHAR", "method": "VARCHAR", "role": "VARCHAR",
            "hit_rate_at_5": "DOUBLE", "recall_at_10": "DOUBLE", "map_at_10": "DOUBLE",
        },
    ),
    "recommendation_reliability": (
        "Said and true shares in the test, by tenths. One row per type and tenth.",
        {
            "recommendation_type": "VARCHAR", "tenth": "INTEGER", "said_share": "DOUBLE",
            "true_share": "DOUBLE", "pair_count": "BIGINT",
        },
    ),
    "association_rules": (
        "Products that are owned together (REC-7). One row per rule.",
        {
            "rule_number": "INTEGER", "antecedent_product_ids": "VARCHAR",
            "consequent_product_id": "VARCHAR", "account_count": "BIGINT",
            "antecedent_count": "BIGINT", "consequent_count": "BIGINT", "later_count": "BIGINT",
            "support": "DOUBLE", "confidence": "DOUBLE", "lift": "DOUBLE", "leverage": "DOUBLE",
            "conviction": "DOUBLE",
        },
    ),
}  # fmt: skip


@dg.multi_asset(
    name="recommendations",
    specs=[
        dg.AssetSpec(
            [SCHEMA, name],
            deps=[key for key in transformation.keys if key.path[0] == "learning"],
            group_name="recommendations",
            kinds={"python", "scikitlearn"},
            owners=["team:marketing-analytics"],
            description=description,
            code_version="1",
        )
        for name, (description, _) in TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            BEATS,
            asset=[SCHEMA, "recommendation_methods"],
            description="In the test no type ranks worse than most popular does (BEY-10).",
        )
    ],
    pool="warehouse_writer",
)
def recommendations(context: dg.AssetExecutionContext, refresh: Refresh) -> Iterator[Any]:
    """Learn from the past what accounts buy, and write what each should be offered (REC)."""
    chosen = refresh.configuration.techniques.recommendations
    with warehouse(refresh.home.warehouse) as connection:
        connection.execute("begin transaction")
        create_tables(connection)
        if chosen is not None and chosen.active:
            _Learning(connection, chosen, context).write()
        else:
            context.log.info("the technique is off: nothing is learned")
        connection.execute("commit")
        counts = {name: row_count(connection, SCHEMA, name) for name in TABLES}
        shown = {name: show(connection) for name, show in SHOWN.items()}
        check = _beats_most_popular(connection)
    for name, (_, columns) in TABLES.items():
        yield dg.MaterializeResult(
            asset_key=[SCHEMA, name],
            metadata={
                "dagster/row_count": counts[name],
                "dagster/column_schema": dg.TableSchema(
                    [dg.TableColumn(column, kind) for column, kind in columns.items()]
                ),
                "as_of": str(refresh.as_of),
                **shown.get(name, {}),
            },
        )
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


def _reliability(connection: duckdb.DuckDBPyConnection) -> Metadata:
    rows = connection.execute(
        "select recommendation_type, said_share, true_share "
        "from ml.recommendation_reliability order by recommendation_type, tenth"
    ).fetchall()
    points: dict[str, list[tuple[float, float]]] = {}
    for type_, said, true in rows:
        points.setdefault(type_.replace("_", " "), []).append((said, true))
    if not points:
        return {}
    curve = reliability_curve(points, title="What was said, and what came true")
    return {"reliability": dg.MetadataValue.md(curve)}


SHOWN: Mapping[str, Callable[[duckdb.DuckDBPyConnection], Metadata]] = {
    "recommendation_cards": lambda c: {
        "report_card": table_of(c, "from ml.recommendation_cards order by recommendation_type")
    },
    "recommendation_methods": lambda c: {
        "methods": table_of(
            c, "from ml.recommendation_methods order by recommendation_type, map_at_10 desc"
        )
    },
    "recommendation_reliability": _reliability,
    "association_rules": lambda c: {
        "rules": table_of(c, "from ml.association_rules order by rule_number")
    },
}
"""What is shown of a table beside its row count."""


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make every table of schema `ml` anew, without rows."""
    connection.execute(f"create schema if not exists {SCHEMA}")
    for name, (_, columns) in TABLES.items():
        defined = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create or replace table {SCHEMA}.{name} ({defined})")


class _Learning:
    """One run of the technique over an open connection."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        chosen: Recommendations,
        context: dg.AssetExecutionContext,
    ) -> None:
        self.connection = connection
        self.chosen = chosen
        self.say = context.log.info
        self.warn = context.log.warning
        self.tables = LearningTables(connection, frozenset(chosen.repeatable_products))

    def write(self) -> None:
        """Learn, recommend, and fill every table."""
        from ml.buying import KINDS, learn_buying
        from ml.recommending import learn, shortage

        numbers = self.tables.window_numbers()
        past = {n: self.tables.past_window(n) for n in numbers if n > 0}
        self.say(f"{len(past)} windows of the past, {self._accounts(past):,} accounts in the first")
        today = next(self.tables.todays_windows())[0]
        buying = {kind: learn_buying(past, kind) for kind in KINDS} if 1 in past else {}
        missing = shortage(today)
        if missing is None and 1 not in past:
            missing = "nothing was bought before the latest horizon: there is no past to learn from"
        learned: dict[str, Learned] = {}
        if missing is None:
            for type_ in self.chosen.types:
                learned[type_] = learn(past, type_, float(self.chosen.min_lift), say=self.say)
            self._write_rules(today)
        else:
            self.say(f"nothing is recommended: {missing}")
        self._write_cards(learned, buying, missing)
        self._write_recommendations(learned, buying)

    @staticmethod
    def _accounts(past: Mapping[int, Any]) -> int:
        return max((len(window.accounts) for window in past.values()), default=0)

    def _write_recommendations(self, learned: Mapping[str, Any], buying: Mapping[str, Any]) -> None:
        from ml.buying import buying_probability
        from ml.examples import slices
        from ml.recommending import REASON_NAMES, recommend

        self._register("reason_names", pd.DataFrame({
            "reason": range(len(REASON_NAMES)), "name": REASON_NAMES
        }))  # fmt: skip
        asked = self._asked()
        for window, first in self.tables.todays_windows():
            if buying:
                said = np.round(buying_probability(buying, window).astype(np.float64) * 100, 2)
                frame = pd.DataFrame({
                    "account": np.arange(len(said)) + first, "probability": said
                })  # fmt: skip
                self._insert("purchase_probabilities", _PROBABILITIES, frame)
            for type_, result in learned.items():
                parts = [
                    recommend(part, type_, result.judge, asked[type_])
                    for part in slices(window, float(self.chosen.min_lift))
                ]
                if parts:
                    frame = pd.concat(parts)
                    frame["account"] += first
                    self._insert("recommendations", _RECOMMENDATIONS, frame, type_)
            self.say(f"{first + len(window.accounts):,} accounts done")

    def _asked(self) -> dict[str, Any]:
        """Which products (by number) labels name, by type; they are told wherever they rank."""
        ids = [
            product for (product,) in self.connection.execute(
                "select product_id from learning.int_products__counted "
                "where window_number = 0 order by product_number"
            ).fetchall()
        ]  # fmt: skip
        asked: dict[str, Any] = {type_: np.zeros(len(ids), bool) for type_ in self.chosen.types}
        for label in self.chosen.labels:
            for type_, condition in label.types.given().items():
                named = {product for pair in asked_products(condition) for product in pair}
                if type_ in asked:
                    asked[type_] |= np.asarray([product in named for product in ids], bool)
        return asked

    def _write_rules(self, today: Any) -> None:
        from ml.rules import association_rules, least_support

        transactions = int(today.accounts_with_baskets)
        chosen = self.chosen.min_support
        support = least_support(transactions) if chosen is None else float(chosen)
        rules = association_rules(
            self._itemsets(today, transactions, support),
            transactions,
            least_confidence=float(self.chosen.min_confidence),
            least_lift=float(self.chosen.min_lift),
            most_antecedents=self.chosen.max_antecedents,
        )
        self.say(f"{len(rules):,} association rules at support {support:g}")
        if not len(rules):
            return
        after = today.associations.after
        frame = pd.DataFrame({
            "rule_number": np.arange(len(rules)) + 1,
            "antecedents": [list(items) for items in rules["antecedents"]],
            "consequent": rules["consequent"].to_numpy(np.int64),
            "later_count": [
                float(after[items[0], consequent]) if len(items) == 1 else np.nan
                for items, consequent in zip(rules["antecedents"], rules["consequent"], strict=True)
            ],
            **{name: rules[name].to_numpy(float) for name in _MEASURES},
        })  # fmt: skip
        self._insert("association_rules", _RULES, frame)

    def _itemsets(self, today: Any, transactions: int, support: float) -> pd.DataFrame:
        """Products and pairs as SQL counted them; longer sets are mined when they are asked for."""
        from ml.rules import MiningBounds, TooMuchToMineError, counted_itemsets, mined_itemsets

        pairs = counted_itemsets(
            today.products.buyers, today.associations.accounts, transactions, support
        )
        if self.chosen.max_antecedents == 1:
            return pairs
        bounds = MiningBounds(self.chosen.most_itemsets, self.chosen.mining_megabytes)
        try:
            return mined_itemsets(
                self.tables.baskets(), transactions, support, self.chosen.max_antecedents + 1,
                bounds,
            )  # fmt: skip
        except TooMuchToMineError as refused:
            self.warn(f"rules have one antecedent each: {refused}")
            return pairs

    def _write_cards(
        self, learned: Mapping[str, Any], buying: Mapping[str, Any], missing: str | None
    ) -> None:
        tested = self.connection.execute(
            "select cutoff_on from learning.int_baskets__counted where window_number = 1"
        ).fetchone()
        tested_on = tested[0] if tested else None
        cards = [
            {**result.card, "tested_on": tested_on if "map_at_10" in result.card else None}
            for result in learned.values()
        ]
        if missing is not None:
            cards += [{"recommendation_type": t, "reason": missing} for t in self.chosen.types]
        for kind, result in buying.items():
            told = {
                "recommendation_type": f"{PURCHASE}{kind}",
                "probability_method": result.method,
                "tested_on": tested_on if "auc" in result.card else None,
            }
            cards.append({**result.card, **told})
        self._insert_rows("recommendation_cards", cards)
        self._insert_rows(
            "recommendation_methods", [row for r in learned.values() for row in r.methods]
        )
        self._insert_rows(
            "recommendation_reliability", [row for r in learned.values() for row in r.reliability]
        )

    def _insert_rows(self, table: str, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = TABLES[table][1]
        marks = ", ".join("?" for _ in columns)
        for row in rows:
            values = [row.get(column) for column in columns]
            self.connection.execute(
                f"insert into {SCHEMA}.{table} values ({marks})",  # noqa: S608
                [None if isinstance(v, float) and np.isnan(v) else v for v in values],
            )

    def _insert(self, table: str, query: str, frame: pd.DataFrame, type_: str = "") -> None:
        self._register("found", frame)
        given = [type_] if type_ else []
        self.connection.execute(f"insert into {SCHEMA}.{table} {query}", given)
        self.connection.unregister("found")

    def _register(self, name: str, frame: pd.DataFrame) -> None:
        self.connection.register(name, frame)


_MEASURES = (
    "count", "antecedent_count", "consequent_count", "support", "confidence", "lift", "leverage",
    "conviction",
)  # fmt: skip

_PROBABILITIES = f"""
    select numbered.account_id, found.probability
    from found inner join {NUMBERED} as numbered on found.account = numbered.account
    order by numbered.account_id
"""  # noqa: S608

_NUMBERS = "(from learning.int_products__counted where window_number = 0)"

_RECOMMENDATIONS = f"""
    select
        numbered.account_id, ?, product.product_id, source.product_id, found.recommendation_rank,
        found.recommendation_probability, found.evidence_count, found.evidence_base_count,
        nullif(found.support, 'nan'), nullif(found.confidence, 'nan'), nullif(found.lift, 'nan'),
        nullif(found.due_in_days, 'nan'),
        one.name, nullif(found.contribution_1, 'nan'),
        two.name, nullif(found.contribution_2, 'nan'),
        three.name, nullif(found.contribution_3, 'nan')
    from found
    inner join {NUMBERED} as numbered on found.account = numbered.account
    inner join {_NUMBERS} as product on found.product_number = product.product_number
    left join {_NUMBERS} as source on found.source_product_number = source.product_number
    left join reason_names as one on found.reason_1 = one.reason
    left join reason_names as two on found.reason_2 = two.reason
    left join reason_names as three on found.reason_3 = three.reason
    order by numbered.account_id, found.recommendation_rank
"""  # noqa: S608

_RULES = f"""
    select
        found.rule_number,
        list_aggregate(list_transform(found.antecedents, lambda a: named.ids[a + 1]), 'string_agg', chr(10)),
        named.ids[found.consequent + 1], found.count, found.antecedent_count,
        found.consequent_count, nullif(found.later_count, 'nan'), found.support, found.confidence,
        found.lift, found.leverage, case when isfinite(found.conviction) then found.conviction end
    from found
    cross join (select list(product_id order by product_number) as ids from {_NUMBERS}) as named
    order by found.rule_number
"""  # noqa: S608, E501
