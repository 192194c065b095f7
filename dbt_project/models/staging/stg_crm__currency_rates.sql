with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select * from {{ ref('stg_landing__loads') }}
    where module = 'currency_rates'
),

-- Small enough to rank as a whole: a rate of a day is replaced, other days stay.
ranked as (
    select
        landed.currency,
        landed.valid_from,
        landed.exchange_rate,
        row_number() over (
            partition by upper(landed.currency), landed.valid_from
            order by loads.load_precedence desc, landed.source_row desc
        ) as version_rank
    from {{ source('landing', 'currency_rates') }} as landed
    inner join loads on landed.load_id = loads.load_id
    cross join run
    where landed.valid_from <= run.as_of
),

in_force as (
    select
        upper(currency) as currency,
        valid_from,
        exchange_rate
    from ranked
    where version_rank = 1
)

select * from in_force
