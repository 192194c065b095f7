with mails as (
    select
        contact_id,
        event,
        bounce_type,
        occurred_at
    from {{ ref('int_events__matched') }}
    where channel in ('email', 'campaign') and contact_id is not null
),

dated as (
    select
        contact_id,
        max(case when event = 'bounced' and bounce_type = 'hard' then occurred_at end)
            as last_hard_bounce_at,
        max(
            case
                when event in ('delivered', 'opened', 'clicked', 'replied', 'received')
                    then occurred_at
            end
        ) as last_reached_at
    from mails
    group by contact_id
),

mailed as (
    select
        contact_id,
        last_hard_bounce_at,
        last_reached_at,
        -- A mail that arrived later says that the address works again.
        last_hard_bounce_at is not null
        and coalesce(last_hard_bounce_at >= last_reached_at, true) as is_hard_bounced
    from dated
)

select * from mailed
