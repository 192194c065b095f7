with events as (
    select * from {{ ref('segment_event_history') }}
),

numbered as (
    select
        events.*,
        sum(case when event = 'entered' then 1 else 0 end) over (
            partition by segment_id, account_id
            order by as_of
            rows between unbounded preceding and current row
        ) as membership_number,
        lead(as_of) over (partition by segment_id, account_id order by as_of) as next_event_on
    from events
),

-- Re-entry begins a new row (SEG-11); waiting outside the scope does not (SEG-12).
memberships as (
    select
        segment_id,
        account_id,
        cast(membership_number as bigint) as membership_number,
        min(member_since_on) as entered_on,
        max(case when event = 'entered' then as_of end) as recorded_on,
        max(case when event = 'entered' then cause end) as entered_cause,
        max(case when event = 'exited' then as_of end) as exited_on,
        max(case when event = 'exited' then cause end) as exited_cause,
        max(case when next_event_on is null and is_visible then 1 else 0 end) = 1 as is_visible
    from numbered
    group by segment_id, account_id, membership_number
)

select * from memberships
