"""RFM in DuckDB by hand: one statement over the modelled files that knows only this task."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

QUERY = """
copy (
with task as (select * from read_json('{task}')),
in_scope as (
    select account_id
    from '{accounts}', task
    where billing_country is not null and not coalesce(is_deleted, false) and not is_merged
      and not list_contains(inactive_statuses, coalesce(lower(status), ''))
),
won as (
    select account_id, coalesce(closing_date, won_on) as purchased_on, base_amount,
        coalesce(amount < 0, false) as is_refund
    from '{deals}', task
    where state = 'won' and coalesce(closing_date, won_on) <= as_of::date
),
measured as (
    select account_id,
        -date_diff('day', max(purchased_on) filter (not is_refund), any_value(as_of)::date)
            as recency,
        count(*) filter (not is_refund) as frequency,
        round(coalesce(sum(base_amount), 0), 2) as monetary
    from won cross join task
    group by account_id
    having frequency > 0
),
population as (
    select m.* from measured m semi join in_scope on m.account_id = in_scope.account_id
),
cuts as materialized (
    select {cuts}
    from population
),
scored as (
    select account_id, {scores}
    from population, cuts
)
select account_id, recency_score, frequency_score, monetary_score, case {labels} end as label_id
from scored
) to '{output}' (format parquet)
"""
METRICS = ("recency", "frequency", "monetary")
SHARES = [0.199999999999, 0.399999999999, 0.599999999999, 0.799999999999]


def query(task_file: Path, output: str) -> str:
    """The statement of a task."""
    task = json.loads(task_file.read_text(encoding="utf-8"))
    cuts = ", ".join(
        f"quantile_disc({m}, {SHARES}) as {m}_cuts, max({m}) as {m}_best, min({m}) as {m}_worst"
        for m in METRICS
    )
    scores = ", ".join(
        f"case when {m} = {m}_best and {m}_best <> {m}_worst then 5 else 1 "
        + " ".join(f"+ ({m} > {m}_cuts[{place}])::integer" for place in range(1, 5))
        + f" end as {m}_score"
        for m in METRICS
    )
    labels = " ".join(
        "when " + " and ".join(f"{m}_score between {p[m][0]} and {p[m][1]}" for m in METRICS)
        + f" then '{p['label_id']}'"
        for p in task["labels"]
    )  # fmt: skip
    files = {name: task[name] for name in ("accounts", "deals")}
    return QUERY.format(
        task=task_file, output=output, cuts=cuts, scores=scores, labels=labels, **files
    )


if __name__ == "__main__":
    duckdb.execute(query(Path(sys.argv[1]), sys.argv[2]))
