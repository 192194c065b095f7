with run as (
    select * from {{ source('config', 'run') }}
),

segments as (
    select * from {{ source('config', 'segments') }}
),

scheduled as (
    select * from {{ ref('int_segments__scheduled') }}
),

accounts as (
    select
        account_id,
        exact_revenue_amount,
        exact_open_pipeline_amount,
        exact_expected_pipeline_amount
    from {{ ref('int_accounts__measured') }}
),

members as (
    select * from {{ ref('seg_members') }}
),

figures as (
    select
        members.segment_id,
        count(*) as account_count,
        sum(accounts.exact_revenue_amount) as revenue_amount,
        sum(accounts.exact_open_pipeline_amount) as open_pipeline_amount,
        sum(accounts.exact_expected_pipeline_amount) as expected_pipeline_amount
    from members
    inner join accounts on members.account_id = accounts.account_id
    group by members.segment_id
),

hidden as (
    select
        segment_id,
        count(*) as hidden_count
    from {{ ref('int_memberships__compared') }}
    where is_member and not is_visible
    group by segment_id
),

-- Entered and exited are those of the last revision (SEG-11).
movements as (
    select
        events.segment_id,
        count(case when events.event = 'entered' then 1 end) as entered_count,
        count(case when events.event = 'exited' then 1 end) as exited_count
    from {{ ref('segment_event_history') }} as events
    inner join scheduled
        on events.segment_id = scheduled.segment_id and events.as_of = scheduled.revised_on
    group by events.segment_id
),

cards as (
    select
        segments.segment_id,
        segments.name as segment_name,
        segments.description,
        segments.nature,
        segments.frame,
        segments.parent_segment_id,
        segments.parent_segment_id is not null as is_child,
        segments.publish_as_filter as is_published_as_filter,
        cast(segments.position as bigint) as position,
        coalesce(figures.account_count, 0) as account_count,
        coalesce(hidden.hidden_count, 0) as hidden_count,
        cast(coalesce(figures.revenue_amount, 0) as decimal(18, 2)) as revenue_amount,
        cast(coalesce(figures.open_pipeline_amount, 0) as decimal(18, 2)) as open_pipeline_amount,
        cast(coalesce(figures.expected_pipeline_amount, 0) as decimal(18, 2))
            as expected_pipeline_amount,
        coalesce(movements.entered_count, 0) as entered_count,
        coalesce(movements.exited_count, 0) as exited_count,
        scheduled.created_on,
        scheduled.revised_on,
        scheduled.is_revised,
        segments.definition_hash,
        run.as_of
    from segments
    cross join run
    inner join scheduled on segments.segment_id = scheduled.segment_id
    left join figures on segments.segment_id = figures.segment_id
    left join hidden on segments.segment_id = hidden.segment_id
    left join movements on segments.segment_id = movements.segment_id
)

select * from cards
