"""What was counted becomes what was learned: windows are read, `ml` is called, tables are written.

Holds the order in which that happens and what is done when there is too little. Never a rule here,
and never a score.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

import duckdb
import numpy as np
import pandas as pd

from assets.learned_tables import (
    insert_probabilities,
    insert_recommendations,
    insert_rows,
    insert_rules,
)
from assets.learning_windows import LearningTables
from models.recommendations import Recommendations, asked_products

if TYPE_CHECKING:
    from ml.buying import Buying
    from ml.purchases import Flags, Window
    from ml.recommending import Learned
    from ml.scores import Slice

PURCHASE: Final = "purchase_"
"""Before the kind of account, in the cards of buying at all."""
MOST_WORKERS: Final = 4
"""Parts that are worked on side by side at most; each takes some hundred megabytes."""


@contextmanager
def side_by_side() -> Iterator[ThreadPoolExecutor]:
    """Yield workers, one per core, for pure functions.

    Each works with one thread: several of OpenMP would wait for each other on trees of few rows,
    several of BLAS for each other's cores. OpenMP is limited by thread, BLAS by process.
    """
    from threadpoolctl import threadpool_limits

    import_module("sklearn.ensemble")  # a limit reaches only what is loaded
    cores = min(os.cpu_count() or 1, MOST_WORKERS)
    with (
        threadpool_limits(1, user_api="blas"),
        ThreadPoolExecutor(
            cores, initializer=lambda: threadpool_limits(1, user_api="openmp")
        ) as workers,
    ):
        yield workers


class Learning:
    """One run of the technique over an open connection.

    `chooses` names the rules that chose so many accounts by what these did until today.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        chosen: Recommendations,
        chooses: Callable[[int], Sequence[str]],
        say: Callable[[str], None],
        warn: Callable[[str], None],
    ) -> None:
        self.connection = connection
        self.chosen = chosen
        self.chooses = chooses
        self.say = say
        self.warn = warn
        self.tables = LearningTables(
            connection, frozenset(chosen.repeatable_products), chosen.after_first
        )

    def write(self) -> None:
        """Learn, recommend, and fill every table."""
        today = self.tables.without_accounts(0)
        buying, learned, missing = self._learned(today)
        if learned:
            self._write_rules(today)
        self._write_cards(learned, buying, missing)
        self._write_recommendations(learned, buying)

    def _learned(self, today: Window) -> tuple[dict[str, Buying], dict[str, Learned], str | None]:
        """Learn from the past; return also why nothing is recommended, or None."""
        from ml.buying import KINDS, learn_buying
        from ml.recommending import learn, shortage

        lift, types = float(self.chosen.min_lift), self.chosen.types
        past = {n: self.tables.past_window(n) for n in self.tables.window_numbers() if n > 0}
        sampled = max((len(window.accounts) for window in past.values()), default=0)
        self.say(f"{len(past)} windows of the past, of at most {sampled:,} accounts each")
        missing = shortage(today)
        if missing is None and 1 not in past:
            missing = "nothing was bought before the latest horizon: there is no past to learn from"
        if missing is not None:
            self.say(f"nothing is recommended: {missing}")
        learned: dict[str, Learned] = {}
        with side_by_side() as workers:
            kinds = KINDS if 1 in past else ()
            found = workers.map(lambda kind: learn_buying(past, kind), kinds)
            results = workers.map(lambda type_: learn(past, type_, lift), () if missing else types)
            buying = dict(zip(kinds, found, strict=True))
            for type_, result in zip(types, results, strict=False):
                learned[type_] = result
                order, probability = result.judge.choice.order, result.judge.choice.probability
                self.say(f"{type_}: ordered by {order}, probability by {probability}")
        return buying, learned, missing

    def _write_recommendations(
        self, learned: Mapping[str, Learned], buying: Mapping[str, Buying]
    ) -> None:
        from ml.buying import buying_probability
        from ml.evidence import GROUPS
        from ml.examples import slices
        from ml.recommending import REASON_NAMES, recommend

        asked = self._asked()

        def offered(part: Slice) -> list[pd.DataFrame]:
            return [recommend(part, t, told.judge, asked[t]) for t, told in learned.items()]

        with side_by_side() as workers:
            for window, first in self.tables.todays_windows():
                self.connection.execute("begin transaction")
                if buying:
                    said = buying_probability(buying, window)
                    insert_probabilities(self.connection, said, first)
                parts = list(workers.map(offered, slices(window, float(self.chosen.min_lift))))
                for place, type_ in enumerate(learned):
                    frame = pd.concat([found[place] for found in parts])
                    names = (REASON_NAMES, GROUPS)
                    insert_recommendations(self.connection, frame, type_, first, *names)
                self.connection.execute("commit")
                self.say(f"{first + len(window.accounts):,} accounts done")

    def _asked(self) -> dict[str, Flags]:
        """Which products (by number) labels name, by type; they are told wherever they rank."""
        ids = self.tables.product_ids()
        asked: dict[str, Flags] = {type_: np.zeros(len(ids), bool) for type_ in self.chosen.types}
        for label in self.chosen.labels:
            for type_, condition in label.types.given().items():
                named = {product for pair in asked_products(condition) for product in pair}
                if type_ in asked:
                    asked[type_] |= np.asarray([product in named for product in ids], bool)
        return asked

    def _write_rules(self, today: Window) -> None:
        from ml.rules import association_rules, least_support

        transactions = int(today.narrow_accounts)
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
        after = today.associations.after
        rules["later_count"] = [
            float(after[items[0], consequent]) if len(items) == 1 else np.nan
            for items, consequent in zip(rules["antecedents"], rules["consequent"], strict=True)
        ]
        if len(rules):
            insert_rules(self.connection, rules)

    def _itemsets(self, today: Window, transactions: int, support: float) -> pd.DataFrame:
        """Products and pairs as SQL counted them; longer sets are mined when they are asked for."""
        from ml.rules import MiningBounds, TooMuchToMineError, counted_itemsets, mined_itemsets

        pairs = counted_itemsets(
            today.products.narrow_buyers, today.associations.accounts, transactions, support
        )
        longest = self.chosen.max_antecedents + 1
        if len(pairs) > self.chosen.most_itemsets:
            self.warn(
                f"no rules are told: {len(pairs):,} products and pairs at support {support:g}, "
                f"more than recommendations.most_itemsets ({self.chosen.most_itemsets:,}); raise "
                "it, or recommendations.min_support"
            )
            return pairs[:0]
        if longest == 2:
            return pairs
        bounds = MiningBounds(self.chosen.most_itemsets, self.chosen.mining_megabytes)
        try:
            return mined_itemsets(self.tables.baskets(), transactions, support, longest, bounds)
        except TooMuchToMineError as refused:
            self.warn(f"rules have one antecedent each: {refused}")
            return pairs

    def _hindsight(self) -> str | None:
        """Say what chose accounts and products by what came after the cut-offs, or None."""
        found = []
        rules = self.chooses(self.tables.scope_count())
        if rules:
            found.append(f"accounts are chosen by what they did until today ({', '.join(rules)})")
        left_out = self.tables.unconsidered_count()
        if left_out:
            found.append(
                f"{left_out:,} sold products are left out for having the fewest buyers until "
                f"today (recommendations.most_products is {self.chosen.most_products:,})"
            )
        wide = self.tables.wide_account_count()
        if wide:
            found.append(
                f"{wide:,} accounts are left out of pairs for what they own today "
                f"(recommendations.largest_basket is {self.chosen.largest_basket:,})"
            )
        return "; ".join(found) or None

    def _write_cards(
        self, learned: Mapping[str, Learned], buying: Mapping[str, Buying], missing: str | None
    ) -> None:
        cut_off, hindsight = self.tables.cut_off(1), self._hindsight()
        cards: list[dict[str, Any]] = [dict(result.card) for result in learned.values()]
        if missing is not None:
            cards += [{"recommendation_type": t, "reason": missing} for t in self.chosen.types]
        for kind, found in buying.items():
            told = {"recommendation_type": f"{PURCHASE}{kind}", "probability_method": found.method}
            cards.append(told | dict(found.card))
        for card in cards:
            is_tested = "calibration_error" in card
            card["tested_on"] = cut_off if is_tested else None
            card["hindsight"] = hindsight if is_tested else None
        insert_rows(self.connection, "recommendation_cards", cards)
        methods = [row for result in learned.values() for row in result.methods]
        insert_rows(self.connection, "recommendation_methods", methods)
        tenths = [row for result in learned.values() for row in result.reliability]
        tenths += [
            {"recommendation_type": f"{PURCHASE}{kind}", **row}
            for kind, found in buying.items()
            for row in found.reliability
        ]
        insert_rows(self.connection, "recommendation_reliability", tenths)
