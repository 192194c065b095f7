with events as (
    select
        as_of,
        segment_id,
        account_id,
        event,
        cause,
        is_member,
        is_visible,
        member_since_on,
        definition_hash
    from {{ ref('segment_event_history') }}
)

select * from events
