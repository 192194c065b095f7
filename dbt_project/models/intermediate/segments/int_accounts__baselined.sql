with changes as (
    select
        compared.segment_id,
        compared.account_id,
        scheduled.previous_revised_on as baseline_on
    from {{ ref('int_memberships__compared') }} as compared
    inner join {{ ref('int_segments__scheduled') }} as scheduled
        on compared.segment_id = scheduled.segment_id
    where
        compared.event is not null
        and scheduled.previous_revised_on is not null
),

states as (
    {{ read_history('account_state_history') }}
),

runs as (
    {{ read_history('run_history') }}
),

this_run as (
    select * from {{ source('config', 'run') }}
),

-- State of the account when the segment was last revised: what moved since is the cause.
ranked as (
    select
        changes.segment_id,
        states.*,
        row_number() over (
            partition by changes.segment_id, changes.account_id
            order by states.as_of desc
        ) as state_rank
    from changes
    inner join states
        on changes.account_id = states.account_id and changes.baseline_on >= states.as_of
),

cut_points as (
    {{ read_history('rfm_cut_point_history') }}
),

-- Engines have fingerprints of their own: after a change of engine everything counts as changed.
engines as (
    select
        runs.as_of,
        coalesce(runs.engine, 'duckdb') <> coalesce(this_run.engine, 'duckdb') as is_other
    from runs
    cross join this_run
),

-- The clock moves a recency score only where its thresholds are counts of days that stayed.
aging as (
    select
        cut_points.as_of,
        count(*) as threshold_count,
        count(now.score) as kept_count
    from cut_points
    left join {{ ref('rpt_rfm_cut_points') }} as now
        on
            cut_points.metric = now.metric
            and cut_points.method = now.method
            and cut_points.score = now.score
            and cut_points.threshold = now.threshold
            and cut_points.is_inclusive = now.is_inclusive
    where cut_points.metric = 'recency' and cut_points.method = 'manual'
    group by cut_points.as_of
),

baselined as (
    select
        ranked.segment_id,
        ranked.account_id,
        ranked.is_in_scope as was_in_scope,
        engines.is_other or ranked.attributes_fingerprint <> observed.attributes_fingerprint
            as is_attributes_changed,
        engines.is_other or ranked.related_fingerprint <> observed.related_fingerprint
            as is_related_changed,
        engines.is_other
        or coalesce(ranked.events_fingerprint <> observed.events_fingerprint, false)
            as is_events_changed,
        -- An earlier version did not remember the techniques: then any edit may be theirs.
        coalesce(
            revisions.techniques_hash <> this_run.techniques_hash,
            revisions.definition_hash <> this_run.definition_hash
        ) as is_technique_changed,
        {{ differs('ranked.last_purchase_on', 'observed.last_purchase_on') }}
        or {{ differs('ranked.frequency_value', 'observed.frequency_value') }}
        or {{ differs('ranked.monetary_amount', 'observed.monetary_amount') }} as is_value_changed,
        {{ differs('ranked.frequency_score', 'observed.frequency_score') }}
        or {{ differs('ranked.monetary_score', 'observed.monetary_score') }}
        or (
            {{ differs('ranked.recency_score', 'observed.recency_score') }}
            and coalesce(aging.threshold_count <> aging.kept_count, true)
        ) as is_cut_score_changed,
        {{ differs('ranked.recency_score', 'observed.recency_score') }}
        or {{ differs('ranked.frequency_score', 'observed.frequency_score') }}
        or {{ differs('ranked.monetary_score', 'observed.monetary_score') }} as is_score_changed,
        {{ differs('ranked.label_ids', 'observed.label_ids') }} as is_label_changed
    from ranked
    inner join {{ ref('int_accounts__observed') }} as observed
        on ranked.account_id = observed.account_id
    inner join changes
        on ranked.segment_id = changes.segment_id and ranked.account_id = changes.account_id
    inner join engines on ranked.as_of = engines.as_of
    inner join runs as revisions on changes.baseline_on = revisions.as_of
    cross join this_run
    left join aging on changes.baseline_on = aging.as_of
    where ranked.state_rank = 1
)

select * from baselined
