with run as (
    select * from {{ source('config', 'run') }}
),

steps as (
    select * from {{ ref('int_leads__stepped') }}
),

-- A duplicate is counted once, with the path on which the person came first.
leads as (
    select
        *,
        coalesce(campaign_kind, 'unknown') as kind
    from {{ ref('dim_leads') }}
    where is_unique
),

counted as (
    select
        leads.kind,
        steps.step_position,
        min(steps.step) as step,
        count(*) as lead_count,
        count(case when steps.is_last_step then 1 end) as last_step_count,
        count(case when leads.has_contact then 1 end) as contact_count,
        count(case when leads.stage = 'won_deal' then 1 end) as won_deal_count
    from steps
    inner join leads on steps.lead_id = leads.lead_id
    group by leads.kind, steps.step_position, lower(steps.step)
)

select
    counted.kind as campaign_kind,
    counted.step_position,
    counted.step,
    counted.lead_count,
    {{ share_of(
        'counted.lead_count',
        'sum(counted.lead_count) over (partition by counted.kind, counted.step_position)'
    ) }} as position_share,
    counted.last_step_count,
    counted.contact_count,
    counted.won_deal_count,
    run.as_of
from counted
cross join run
