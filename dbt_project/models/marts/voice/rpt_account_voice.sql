with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select heard.*
    from {{ ref('int_accounts__heard') }} as heard
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on heard.account_id = scoped.account_id and scoped.is_in_scope
),

counted as (
    select
        account_id,
        kind,
        signal,
        count(distinct response_key) as response_count
    from {{ ref('int_response_signals__heard') }}
    where is_in_window and is_analysed
    group by account_id, kind, signal
)

-- A share never comes without its sample and the interval that goes with it (BEY-12).
select
    counted.account_id,
    counted.kind,
    counted.signal,
    cast(counted.response_count as bigint) as response_count,
    cast(accounts.response_count as bigint) as sample_count,
    {{ share_of('counted.response_count', 'accounts.response_count') }} as response_share,
    {{ wilson_bound('counted.response_count', 'accounts.response_count', '-') }} as least_share,
    {{ wilson_bound('counted.response_count', 'accounts.response_count', '+') }} as most_share,
    run.as_of
from counted
inner join accounts on counted.account_id = accounts.account_id
cross join run
