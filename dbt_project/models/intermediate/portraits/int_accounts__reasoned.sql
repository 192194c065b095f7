with deals as (
    select * from {{ ref('int_deals__converted') }}
),

counted as (
    select
        account_id,
        kind,
        signal,
        count(distinct response_key) as response_count
    from {{ ref('int_response_signals__heard') }}
    where is_in_window and is_analysed and kind in ('intent', 'keyword')
    group by account_id, kind, signal
),

signals as (
    select
        account_id,
        kind,
        signal,
        response_count,
        row_number() over (
            partition by account_id, kind order by response_count desc, signal
        ) as place
    from counted
),

heard as (
    select
        account_id,
        {{ sorted_list_text("case when kind = 'intent' then signal end") }} as intents,
        {{ sorted_list_text("case when kind = 'keyword' and place <= 5 then signal end") }}
            as keywords
    from signals
    group by account_id
),

lost as (
    select
        account_id,
        {{ sorted_list_text('loss_reason') }} as loss_reasons
    from deals
    where state = 'lost' and loss_reason is not null
    group by account_id
)

select
    coalesce(heard.account_id, lost.account_id) as account_id,
    heard.intents,
    heard.keywords,
    lost.loss_reasons
from heard
full join lost on heard.account_id = lost.account_id
