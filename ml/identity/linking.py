"""Splink compares: records and blocks in, pairs with weights out.

Splink works in DuckDB in memory; nothing is read, written or sent. All parameters are given or
counted here, so equal records give equal weights, whatever the machine.
"""

# ruff: noqa: S608 (names of tables and columns are this package's own, and Splink's)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from ml.identity.blocks import Blocks, value_codes
from ml.identity.comparisons import ELSE, Comparison, Linkage

if TYPE_CHECKING:
    from splink import DuckDBAPI, Linker

LEAST_COUNTED: Final = 200
"""Records below which strangers are not counted: the shares written down are taken."""
SAMPLED: Final = 500
"""Records of which every pair is compared to see how often strangers are alike: 124,750 pairs."""
SEED: Final = 5
FOUND_BY_RULES: Final = 0.5
"""Share of all true pairs that the best rule of ACC-9 finds, to guess how many there are."""
LEAST_DOUBLED: Final = 0.01
"""Pairs per record that are thought true at least."""
MEMORY: Final = "1500MB"
FIRST: Final = "record"


@dataclass(frozen=True, slots=True)
class Model:
    """What is compared and what it is worth, with everything that was counted in the data.

    Attributes:
        comparisons: With their u.
        prior: Share of all pairs that are thought true.
        shares: Share of every value, by column whose rare values are worth more.
    """

    comparisons: tuple[Comparison, ...]
    prior: float
    shares: dict[str, pd.DataFrame]


def model_of(records: pd.DataFrame, linkage: Linkage, compared: Blocks) -> Model:
    """Return what agreements are worth among these records."""
    count = len(records)
    pairs = max(count * (count - 1) / 2, 1)
    codes = compared.codes.iloc[:, : linkage.same]
    found = max((_pairs_in(codes[name].to_numpy()) for name in codes), default=0)
    prior = min(max(found / FOUND_BY_RULES, LEAST_DOUBLED * count) / pairs, 0.2)
    comparisons = tuple(c for c in linkage.comparisons if records[c.column].notna().any())
    if count < LEAST_COUNTED:
        return Model(tuple(replace(c, rare=False) for c in comparisons), prior, {})
    sampled = _sampled_shares(records, linkage, comparisons)
    counted = tuple(
        comparison.with_strangers(_strangers(records, comparison, sampled[place], prior))
        if comparison.is_counted
        else comparison
        for place, comparison in enumerate(comparisons)
    )
    shares = {c.column: _shares(records[c.column], c.column) for c in counted if c.rare}
    return Model(counted, prior, shares)


def scored_pairs(
    records: pd.DataFrame, linkage: Linkage, model: Model, compared: Blocks, least_weight: float
) -> pd.DataFrame:
    """Return the pairs of the blocks that weigh enough, and all that ACC-9 says are the same.

    Returns:
        record_l, record_r (positions), match_weight, rule (position in the rules).
    """
    kept = np.flatnonzero(compared.is_shared)
    frame = _texts(records, linkage).iloc[kept]
    for name in compared.codes:
        codes = pd.Series(compared.codes[name].to_numpy()[kept], frame.index, dtype="Int64")
        frame[name] = codes.mask(codes < 0)
    with _splink() as api:
        linker = _linker(
            api, frame, model, [str(name) for name in compared.codes], is_explained=False
        )
        found = linker.inference.predict(warning_mode="never")
        query = (
            f"select {FIRST}_l, {FIRST}_r, match_weight, cast(match_key as int) as rule "
            f"from {found.physical_name} "
            f"where match_weight >= {least_weight!r} or cast(match_key as int) < {linkage.same} "
            "order by 1, 2"
        )
        told: pd.DataFrame = api.duckdb_con.sql(query).df()
    return told


def explained_pairs(
    records: pd.DataFrame, linkage: Linkage, model: Model, pairs: pd.DataFrame
) -> pd.DataFrame:
    """Return given pairs (record_l, record_r) with what every comparison says.

    Returns:
        record_l, record_r, match_weight; per comparison gamma_* (its level, the closest the
        highest, -1 for nothing to compare), mw_*, and mw_tf_adj_* where rare values are worth more.
    """
    kept = np.unique(pairs[[f"{FIRST}_l", f"{FIRST}_r"]].to_numpy())
    frame = _texts(records, linkage).iloc[kept]
    given = pd.DataFrame(
        {
            "match_key": "0",
            "join_key_l": pairs[f"{FIRST}_l"].to_numpy(np.int64),
            "join_key_r": pairs[f"{FIRST}_r"].to_numpy(np.int64),
        }
    )
    with _splink() as api:
        linker = _linker(api, frame, model, (), is_explained=True)
        linker.table_management.register_blocked_pairs_for_predict(api.register(given))
        found = linker.inference.predict(warning_mode="never")
        said = ["match_weight"]
        for comparison in model.comparisons:
            said += [f"gamma_{comparison.column}", f"mw_{comparison.column}"]
            said += [f"mw_tf_adj_{comparison.column}"] if comparison.rare else []
        columns = ", ".join(f'"{name}"' for name in (f"{FIRST}_l", f"{FIRST}_r", *said))
        query = f"select {columns} from {found.physical_name} order by 1, 2"
        told: pd.DataFrame = api.duckdb_con.sql(query).df()
    return told


@contextmanager
def _splink() -> Iterator[DuckDBAPI]:
    """Yield a database in memory."""
    from splink import DuckDBAPI

    api = DuckDBAPI()
    try:
        api.duckdb_con.execute(f"set memory_limit = '{MEMORY}'")
        api.duckdb_con.execute("set enable_progress_bar = false")
        yield api
    finally:
        api.duckdb_con.close()


def _linker(
    api: DuckDBAPI,
    frame: pd.DataFrame,
    model: Model,
    blocks: Sequence[str],
    *,
    is_explained: bool,
) -> Linker:
    from splink import Linker, SettingsCreator, block_on

    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name=FIRST,
        comparisons=[comparison.settings() for comparison in model.comparisons],
        blocking_rules_to_generate_predictions=[block_on(name) for name in blocks],
        probability_two_random_records_match=model.prior,
        retain_matching_columns=is_explained,
        retain_intermediate_calculation_columns=is_explained,
    )
    linker = Linker(api.register(frame), settings, log_level=None)
    for column, shares in model.shares.items():
        linker.table_management.register_term_frequency_lookup(api.register(shares), column)
    return linker


def _texts(records: pd.DataFrame, linkage: Linkage) -> pd.DataFrame:
    """Return the compared columns as text, with the position of the record."""
    frame = pd.DataFrame({name: records[name].astype("string") for name in linkage.columns})
    frame.insert(0, FIRST, np.arange(len(records)))
    return frame


def _shares(values: pd.Series[Any], column: str) -> pd.DataFrame:
    counts = values.dropna().value_counts(sort=False)
    return pd.DataFrame(
        {column: counts.index.astype("string"), f"tf_{column}": counts.to_numpy() / counts.sum()}
    )


def _pairs_in(codes: np.ndarray[Any, Any]) -> int:
    sizes = np.bincount(codes[codes >= 0], minlength=1).astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _strangers(
    records: pd.DataFrame, comparison: Comparison, sampled: Sequence[float], prior: float
) -> tuple[float, ...]:
    """Return how often strangers are at every level.

    Pairs of all records hold the true ones too, which are taken off: in a small CRM most pairs with
    an equal mail address are true. Equality is counted among all records, likeness in a sample.
    """
    shares: list[float] = []
    known = max(int(records[comparison.column].notna().sum()), 2)
    for level, seen in zip(comparison.levels[:-1], sampled, strict=False):
        share = seen
        if level.column is not None:
            codes = value_codes([records[level.column]])
            size = max(int((codes >= 0).sum()), 2)
            share = _pairs_in(codes) / (size * (size - 1) / 2)
        shares.append(max(share - prior * level.m, share / 10, 0.05 / known))
    return (*shares, max(1 - sum(shares), 0.01))


def _sampled_shares(
    records: pd.DataFrame, linkage: Linkage, comparisons: Sequence[Comparison]
) -> list[list[float]]:
    """Return the share of pairs of a sample at every level, by comparison."""
    draw = np.random.default_rng(SEED)
    chosen = np.sort(draw.permutation(len(records))[:SAMPLED])
    sample = _texts(records, linkage).iloc[chosen]
    sides = ", ".join(
        f'one."{name}" as "{name}_l", other."{name}" as "{name}_r"' for name in linkage.columns
    )
    counts = ", ".join(_counts(comparison) for comparison in comparisons)
    with _splink() as api:
        api.duckdb_con.register("sample", sample)
        found = api.duckdb_con.execute(
            f"with pairs as (select {sides} from sample as one inner join sample as other "
            f"on one.{FIRST} < other.{FIRST}) select {counts} from pairs"
        ).fetchall()
    shares: list[list[float]] = []
    place = 0
    for comparison in comparisons:
        size = len(comparison.levels)
        seen = [int(number) for number in found[0][place : place + size]]
        shares.append([number / max(sum(seen), 1) for number in seen])
        place += size
    return shares


def _counts(comparison: Comparison) -> str:
    """Return SQL that counts the pairs at every level of a comparison."""
    known = f'"{comparison.column}_l" is not null and "{comparison.column}_r" is not null'
    counted, before = [], [known]
    for level in comparison.levels:
        own = [] if level.condition == ELSE else [f"coalesce({level.condition}, false)"]
        counted.append(f"count(*) filter (where {' and '.join([*before, *own])})")
        before += [f"not {condition}" for condition in own]
    return ", ".join(counted)
