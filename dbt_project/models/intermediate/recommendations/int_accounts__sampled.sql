with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select
        measured.account_id,
        measured.industry,
        {{ local_date('measured.created_at', 'run.time_zone') }} as created_on
    from {{ ref('int_accounts__measured') }} as measured
    cross join run
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on measured.account_id = scoped.account_id and scoped.is_in_scope
),

-- The primary firmographic label stands for size (REC-12).
first_positions as (
    select
        account_id,
        min(position) as position
    from {{ ref('int_accounts__matched') }}
    where technique = 'firmographics'
    group by account_id
),

sizes as (
    select
        matched.account_id,
        matched.label_id as size_label_id
    from {{ ref('int_accounts__matched') }} as matched
    inner join first_positions
        on
            matched.account_id = first_positions.account_id
            and matched.position = first_positions.position
    where matched.technique = 'firmographics'
),

-- The past is learned from a sample, which no engine draws otherwise than the other.
sampled as (
    select account_id
    from accounts
    order by md5(account_id), account_id
    limit {{ recommendation_sample() }}
)

select
    accounts.account_id,
    accounts.industry,
    accounts.created_on,
    sizes.size_label_id,
    sampled.account_id is not null as is_sampled
from accounts
left join sizes on accounts.account_id = sizes.account_id
left join sampled on accounts.account_id = sampled.account_id
