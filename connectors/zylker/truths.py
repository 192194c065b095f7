"""What was planted, for machines: `truths/` beside the tables of the demo CRM.

`accounts.parquet`, `texts.parquet` and `duplicates.parquet` hold a row per account, text and
duplicate; `truths.json` holds everything that is true of the whole. The columns are described in
`connectors.zylker`.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from connectors.zylker import catalogue as cat
from connectors.zylker import phrases
from connectors.zylker.account_tables import contract_days, next_month
from connectors.zylker.behaviour import BLOCK_HOURS, ENGAGED, ENGAGEMENTS, VOICES, Behaviour
from connectors.zylker.cohorts import COHORTS
from connectors.zylker.columns import dates, flags, integers, picked, record_ids
from connectors.zylker.deals import RHYTHM_SPREAD_DAYS, Deals
from connectors.zylker.event_tables import TextTruth
from connectors.zylker.lines import Ladder
from connectors.zylker.plan import SEASONAL_FACTORS, YEARLY_GROWTH, Plan, Traits
from connectors.zylker.vocabulary import INDUSTRIES
from connectors.zylker.writing import PlantedBadRow


def account_truths(
    plan: Plan, traits: Traits, deals: Deals, ladder: Ladder, behaviour: Behaviour
) -> pa.Table:
    """Return one row per account of the block."""
    scores = np.asarray([cohort.scores for cohort in COHORTS])[traits.cohort]
    labels = [cohort.label or "" for cohort in COHORTS]
    has_label = np.asarray([bool(label) for label in labels])[traits.cohort]
    climbing = traits.in_cohort("ladder") & (ladder.level < 3)
    rungs = np.asarray(cat.LADDERS)
    following = rungs[np.maximum(ladder.ladder, 0), np.clip(ladder.level, 0, 2)]
    beating = (deals.rhythm.gap > 0) & (traits.won_count >= 3)
    engaged = behaviour.engagement == ENGAGED
    contract, has_contract = contract_days(plan, traits)
    first, last = next_month(plan)
    return pa.table(
        {
            "account_id": record_ids("accounts", traits.numbers),
            "cohort": picked([cohort.name for cohort in COHORTS], traits.cohort),
            "recency_score": integers(scores[:, 0], scores[:, 0] > 0),
            "frequency_score": integers(scores[:, 1], scores[:, 1] > 0),
            "monetary_score": integers(scores[:, 2], scores[:, 2] > 0),
            "rfm_label": picked(labels, traits.cohort, has_label),
            "is_churned": flags(traits.in_cohort("lost", "cannot_lose")),
            "ladder_level": integers(ladder.level),
            "next_product_id": record_ids("products", following, climbing),
            "rhythm_product_id": record_ids("products", deals.rhythm.product, beating),
            "rhythm_gap_days": integers(deals.rhythm.gap, beating),
            "rhythm_due_on": dates(traits.last_day + deals.rhythm.gap, beating),
            "is_renewal_next_month": flags(has_contract & (contract >= first) & (contract <= last)),
            "engagement": picked(ENGAGEMENTS, behaviour.engagement),
            "best_weekday": integers(behaviour.weekday, engaged),
            "best_hour": integers(behaviour.hour, engaged),
            "voice": picked(VOICES, behaviour.voice),
        }
    )


def text_truths(truth: TextTruth) -> pa.Table:
    """Return one row per text written by a customer."""
    intents = [category.intent or "" for category in phrases.CATEGORIES]
    has_intent = np.asarray([bool(intent) for intent in intents])[truth.category]
    words = [word for pair in phrases.KEYWORDS for word in pair]
    return pa.table(
        {
            "table": pa.array([truth.kind]).take(pa.array(np.zeros(len(truth.number), np.int64))),
            "event_id": record_ids(truth.kind, truth.number),
            "account_id": record_ids("accounts", truth.account),
            "category": picked([c.name for c in phrases.CATEGORIES], truth.category),
            "sentiment": picked([c.sentiment for c in phrases.CATEGORIES], truth.category),
            "intent": picked(intents, truth.category, has_intent),
            "keyword": picked(words, truth.keyword * 2 + truth.is_chinese),
            "competitor": picked(
                [pair[0] for pair in phrases.COMPETITORS],
                np.maximum(truth.competitor, 0),
                truth.competitor >= 0,
            ),
            "language": picked(("en", "zh"), truth.is_chinese.astype(np.int64)),
        }
    )


def duplicate_truths(traits: Traits, contacts: list[tuple[int, int]]) -> pa.Table:
    """Return one row per planted duplicate (ACC-9), and per merge that the CRM knows (EDG-12)."""
    copies = np.flatnonzero(traits.duplicate_of >= 0)
    merged = np.flatnonzero(traits.merged_into >= 0)
    pairs = np.asarray(contacts, dtype=np.int64).reshape(-1, 2)
    sizes = (len(copies), len(merged), len(pairs))
    return pa.table(
        {
            "table": picked(("accounts", "accounts", "contacts"), np.repeat((0, 1, 2), sizes)),
            "kind": picked(("duplicate", "merged", "duplicate"), np.repeat((0, 1, 2), sizes)),
            "record_id": pa.concat_arrays(
                [
                    record_ids("accounts", traits.first + copies),
                    record_ids("accounts", traits.first + merged),
                    record_ids("contacts", pairs[:, 0]),
                ]
            ),
            "same_as_id": pa.concat_arrays(
                [
                    record_ids("accounts", traits.first + traits.duplicate_of[copies]),
                    record_ids("accounts", traits.first + traits.merged_into[merged]),
                    record_ids("contacts", pairs[:, 1]),
                ]
            ),
        }
    )


def write_facts(
    path: Path,
    plan: Plan,
    bad_rows: list[PlantedBadRow],
    oddities: dict[str, list[str]],
    repeated: dict[str, list[str]],
) -> None:
    """Write `truths.json`: what is true of the whole."""
    ids = record_ids("products", np.arange(len(cat.PRODUCTS))).to_pylist()
    pairs: dict[str, Any] = {
        "ladders": [[ids[p] for p in ladder] for ladder in cat.LADDERS],
        "bundles": [[ids[p] for p in bundle] for bundle in cat.BUNDLES],
        "consumables": [ids[p] for p in cat.CONSUMABLES],
        "owned_together": [ids[p] for p in cat.OWNED_TOGETHER],
        "entry": {
            name: ids[product]
            for (name, _), product in zip(INDUSTRIES, cat.ENTRY_PRODUCTS, strict=True)
        },
        "inactive": [i for i, p in zip(ids, cat.PRODUCTS, strict=True) if not p.is_active],
    }
    facts = {
        "parameters": {
            "accounts": plan.accounts,
            "seed": plan.seed,
            "as_of": plan.as_of.isoformat(),
            "deals_per_account": plan.deals_per_account,
            "lines_per_deal": plan.lines_per_deal,
        },
        "revenue": {
            "seasonal_factors": list(SEASONAL_FACTORS),
            "yearly_growth": YEARLY_GROWTH,
        },
        "products": pairs,
        "rhythm_spread_days": RHYTHM_SPREAD_DAYS,
        "block_hours": list(BLOCK_HOURS),
        "currency_without_rate": cat.CURRENCY_WITHOUT_RATE,
        "competitors": {name: [alias] for name, alias in phrases.COMPETITORS},
        "odd_deals": oddities,
        "repeated_records": repeated,
        "bad_rows": [asdict(row) for row in bad_rows],
    }
    path.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
