with counts as (
    select
        account_id,
        channel,
        count(*) as event_count,
        max(occurred_on) as last_event_on
    from {{ ref('int_events__matched') }}
    where account_id is not null and not is_machine
    group by account_id, channel
),

touched as (
    select
        account_id,
        sum(event_count) as event_count,
        {{ sorted_list_text("concat(channel, ' ', cast(event_count as string))") }}
            as channel_counts,
        {{ sorted_list_text("concat(channel, ' ', cast(last_event_on as string))") }}
            as last_touches
    from counts
    group by account_id
)

select * from touched
