with run as (
    select * from {{ source('config', 'run') }}
),

stages as (
    {{ lead_stages() }}
),

leads as (
    select
        *,
        coalesce(campaign_kind, 'unknown') as kind,
        coalesce(lead_source, 'unknown') as origin
    from {{ ref('dim_leads') }}
),

-- Every kind and source has all stages, those that nobody reached with 0.
walked as (
    select
        leads.kind,
        leads.origin,
        leads.first_step,
        stages.stage,
        stages.stage_position,
        leads.stage_position >= stages.stage_position as has_reached,
        case stages.stage
            when 'captured' then true
            when 'unique' then leads.is_unique
            when 'reachable' then leads.is_unique and leads.is_reachable
            when 'contact' then leads.is_unique and leads.has_contact
            when 'account_in_scope' then leads.is_unique and leads.is_account_in_scope
            when 'deal' then leads.is_unique and leads.has_later_deal
            when 'won_deal' then leads.is_unique and leads.has_later_won_deal
        end as is_fulfilled
    from leads
    cross join stages
),

begun as (
    select
        kind,
        origin,
        stage,
        min(first_step) as first_step,
        count(*) as lead_count
    from walked
    where has_reached and first_step is not null
    group by kind, origin, stage, lower(first_step)
),

commonest as (
    select
        kind,
        origin,
        stage,
        first_step,
        count(*) over (partition by kind, origin, stage) as first_step_count,
        row_number() over (
            partition by kind, origin, stage order by lead_count desc, first_step asc
        ) as place
    from begun
),

counted as (
    select
        kind,
        origin,
        stage,
        stage_position,
        count(case when has_reached then 1 end) as lead_count,
        count(case when is_fulfilled then 1 end) as fulfilled_count
    from walked
    group by kind, origin, stage, stage_position
),

compared as (
    select
        counted.*,
        lag(lead_count) over (
            partition by kind, origin order by stage_position
        ) as previous_count,
        first_value(lead_count) over (
            partition by kind, origin order by stage_position
        ) as captured_count
    from counted
)

select
    compared.kind as campaign_kind,
    compared.origin as lead_source,
    compared.stage,
    compared.stage_position,
    compared.lead_count,
    {{ share_of('compared.lead_count', 'compared.previous_count') }} as previous_stage_share,
    {{ share_of('compared.lead_count', 'compared.captured_count') }} as captured_share,
    compared.fulfilled_count,
    coalesce(commonest.first_step_count, 0) as first_step_count,
    commonest.first_step as leading_first_step,
    run.as_of
from compared
cross join run
left join commonest
    on
        compared.kind = commonest.kind
        and compared.origin = commonest.origin
        and compared.stage = commonest.stage
        and commonest.place = 1
