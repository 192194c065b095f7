with run as (
    select * from {{ source('config', 'run') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
)

select
    signals.response_key,
    signals.account_id,
    signals.contact_id,
    signals.channel,
    signals.occurred_on,
    signals.kind,
    signals.signal,
    signals.signal_sentiment,
    signals.is_analysed,
    signals.is_in_window,
    scoped.account_id is not null as is_in_scope,
    run.as_of
from {{ ref('int_response_signals__heard') }} as signals
cross join run
left join scoped on signals.account_id = scoped.account_id
