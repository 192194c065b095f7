with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select
        count(*) as landed_account_count,
        count(case when is_in_scope then 1 end) as account_count
    from {{ ref('int_accounts__scoped') }}
),

inputs as (
    select max(exported_on) as inputs_exported_on
    from {{ source('landing', 'loads') }}
    where is_active
),

described as (
    select
        run.as_of,
        run.ends_at,
        run.definition_hash,
        run.organization_name,
        run.time_zone,
        run.currency,
        accounts.landed_account_count,
        accounts.account_count,
        inputs.inputs_exported_on
    from run
    cross join accounts
    cross join inputs
)

select * from described
