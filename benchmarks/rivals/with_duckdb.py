"""RFM in DuckDB by hand: one statement over the landed files that knows only this task."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import duckdb

QUERY = """
copy (
with recursive task as (select * from read_json('{task}')),
survivors as (
    select account_id, merged_into_id as survivor_id from '{accounts}'
    where merged_into_id in (select account_id from '{accounts}')
    union all
    select s.account_id, a.merged_into_id from survivors s join '{accounts}' a
    on s.survivor_id = a.account_id
    where a.merged_into_id in (select account_id from '{accounts}')
),
last_survivors as (
    select account_id, survivor_id from survivors
    where survivor_id not in (select account_id from survivors)
),
in_scope as (
    select account_id from '{accounts}' a, task
    where billing_country is not null and not coalesce(is_deleted, false)
      and not list_contains(inactive_statuses, coalesce(lower(status), ''))
      and coalesce(created_at < ends_at::timestamp, true)
      and account_id not in (select account_id from last_survivors)
),
won as (
    select account_id, coalesce(closing_date, won_on) as purchased_on, amount,
        upper(d.currency) as currency,
        case when d.currency is null or upper(d.currency) = task.currency then 1
            when exchange_rate > 0 then exchange_rate::double end as rate
    from '{deals}' d, task
    where (lower(pipeline), lower(stage)) in (
        select (w[1], w[2]) from (select unnest(won) as w from task)
    )
      and not coalesce(is_deleted, false) and coalesce(created_at < ends_at::timestamp, true)
      and coalesce(closing_date, won_on) <= as_of::date
),
converted as (
    select account_id, purchased_on, amount, amount / rate as base_amount
    from won where rate is not null
    union all
    select account_id, purchased_on, amount, amount / r.exchange_rate::double
    from (from won where rate is null) w asof left join '{currency_rates}' r
    on w.currency = r.currency and w.purchased_on >= r.valid_from
),
measured as (
    select coalesce(survivor_id, d.account_id) as account_id,
        -date_diff('day', max(purchased_on) filter (not coalesce(amount < 0, false)),
            any_value(as_of)::date) as recency,
        count(*) filter (not coalesce(amount < 0, false)) as frequency,
        round(coalesce(sum(base_amount), 0), 2) as monetary
    from converted d cross join task left join last_survivors s on d.account_id = s.account_id
    group by all
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
    files = {name: task[name] for name in ("accounts", "deals", "currency_rates")}
    return QUERY.format(
        task=task_file, output=output, cuts=cuts, scores=scores, labels=labels, **files
    )


if __name__ == "__main__":
    duckdb.execute(query(Path(sys.argv[1]), sys.argv[2]))
