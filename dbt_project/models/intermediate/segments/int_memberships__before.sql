with events as (
    {{ read_history('segment_event_history') }}
),

latest as (
    select
        segment_id,
        account_id,
        max(as_of) as as_of
    from events
    group by segment_id, account_id
),

survivors as (
    select * from {{ ref('int_accounts__survived') }}
),

scoped as (
    select * from {{ ref('int_accounts__scoped') }}
),

-- The ledger replayed to its last day, with what became of each account since.
before as (
    select
        events.segment_id,
        events.account_id,
        events.is_visible,
        events.member_since_on,
        coalesce(survivors.survivor_id, events.account_id) as survivor_id,
        coalesce(survivors.is_merged, false) as is_merged,
        coalesce(scoped.is_in_scope, false) as is_survivor_in_scope,
        coalesce(scoped.scope_reason in ('deleted', 'merged'), scoped.account_id is null)
            as is_survivor_gone
    from events
    inner join latest
        on
            events.segment_id = latest.segment_id
            and events.account_id = latest.account_id
            and events.as_of = latest.as_of
    left join survivors on events.account_id = survivors.account_id
    left join scoped on coalesce(survivors.survivor_id, events.account_id) = scoped.account_id
    where events.is_member
)

select * from before
