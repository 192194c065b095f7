with run as (
    select * from {{ ref('int_runs__begun') }}
),

readied as (
    select * from {{ ref('int_accounts__readied') }}
),

earlier as (
    {{ read_history('sales_readiness_history') }}
),

latest as (
    select
        account_id,
        max(as_of) as as_of
    from earlier
    group by account_id
),

previous as (
    select
        earlier.account_id,
        earlier.sales_ready_score
    from earlier
    inner join latest
        on earlier.account_id = latest.account_id and earlier.as_of = latest.as_of
),

-- A row holds until the next one of its account, so a quiet day writes nothing.
changed as (
    select
        run.as_of,
        readied.account_id,
        readied.sales_ready_score
    from readied
    cross join run
    left join previous on readied.account_id = previous.account_id
    where coalesce(previous.sales_ready_score <> readied.sales_ready_score, true)
)

select * from changed
