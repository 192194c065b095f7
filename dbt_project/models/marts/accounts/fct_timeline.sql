with run as (
    select * from {{ source('config', 'run') }}
),

segments as (
    select
        segment_id,
        name
    from {{ source('config', 'segments') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

deals as (
    select * from {{ ref('fct_deals') }}
),

happened as (
    select
        account_id,
        contact_id,
        occurred_at,
        occurred_on,
        false as is_whole_day,
        channel,
        event as type,
        direction,
        'events' as source,
        event_key as source_id,
        concat_ws(
            ': ',
            concat(
                replace(event, '_', ' '),
                case when is_machine then ' by a machine' else '' end
            ),
            coalesce(subject, message_name, page),
            case when score is not null then concat('answer ', cast(score as string)) end
        ) as summary
    from {{ ref('fct_events') }}
    where is_in_scope
    union all
    select
        account_id,
        contact_id,
        created_at as occurred_at,
        created_on as occurred_on,
        false as is_whole_day,
        'deal' as channel,
        'created' as type,
        cast(null as string) as direction,
        'deals' as source,
        deal_id as source_id,
        concat_ws(': ', 'created', deal_name) as summary
    from deals
    union all
    -- Won and lost are known by the day (EDG-2).
    select
        deals.account_id,
        deals.contact_id,
        {{ day_begin('deals.closed_on', 'run.time_zone') }} as occurred_at,
        deals.closed_on as occurred_on,
        true as is_whole_day,
        'deal' as channel,
        deals.state as type,
        cast(null as string) as direction,
        'deals' as source,
        deals.deal_id as source_id,
        concat_ws(': ', deals.state, deals.deal_name, deals.loss_reason) as summary
    from deals
    cross join run
    where deals.state in ('won', 'lost')
    union all
    select
        ledger.account_id,
        cast(null as string) as contact_id,
        {{ day_begin('ledger.as_of', 'run.time_zone') }} as occurred_at,
        ledger.as_of as occurred_on,
        true as is_whole_day,
        'segment' as channel,
        ledger.event as type,
        cast(null as string) as direction,
        'segments' as source,
        ledger.segment_id as source_id,
        concat_ws(
            ': ',
            concat(ledger.event, ' ', coalesce(segments.name, ledger.segment_id)),
            replace(ledger.cause, '_', ' ')
        ) as summary
    from {{ ref('seg_membership_ledger') }} as ledger
    cross join run
    left join segments on ledger.segment_id = segments.segment_id
)

select
    happened.account_id,
    happened.contact_id,
    happened.occurred_at,
    happened.occurred_on,
    happened.is_whole_day,
    happened.channel,
    happened.type,
    happened.direction,
    happened.source,
    happened.source_id,
    happened.summary,
    run.as_of
from happened
cross join run
inner join scoped on happened.account_id = scoped.account_id
where happened.occurred_at is not null and happened.occurred_on <= run.as_of
