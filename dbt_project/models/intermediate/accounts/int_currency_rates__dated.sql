with run as (
    select * from {{ source('config', 'run') }}
),

rates as (
    select
        currency,
        valid_from,
        exchange_rate,
        lead(valid_from) over (partition by currency order by valid_from) as next_from
    from {{ ref('stg_crm__currency_rates') }}
    where exchange_rate > 0
),

-- A row for every day, so that deals find theirs by equality, however many rates there are.
dated as (
    select
        rates.currency,
        rates.exchange_rate,
        {{ each_day(
            'rates.valid_from', 
            'coalesce(' ~ add_days('rates.next_from', -1) ~ ', run.as_of)'
        ) }} as valid_on
    from rates
    cross join run
)

select
    currency,
    valid_on,
    exchange_rate
from dated
