with run as (
    select * from {{ source('config', 'run') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
)

select
    heard.response_key,
    heard.account_id,
    heard.contact_id,
    heard.channel,
    heard.occurred_at,
    heard.occurred_on,
    heard.language,
    heard.unsupported_reason,
    heard.sentiment,
    cast(heard.sentiment_score as decimal(6, 4)) as sentiment_score,
    heard.emotion,
    cast(heard.margin as decimal(5, 4)) as margin,
    heard.moved_by,
    heard.engine,
    heard.engine_version,
    heard.is_analysed,
    heard.quote,
    scoped.account_id is not null as is_in_scope,
    run.as_of
from {{ ref('int_responses__heard') }} as heard
cross join run
left join scoped on heard.account_id = scoped.account_id
