with run as (
    select * from {{ source('config', 'run') }}
),

inactive_statuses as (
    select status from {{ source('config', 'inactive_statuses') }}
),

accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

contacts as (
    select * from {{ ref('int_contacts__survived') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

evaluated as (
    {{ criterion('scope') }}
),

judged as (
    select
        accounts.account_id,
        accounts.last_activity_on,
        evaluated.first_failed_step,
        case
            when accounts.is_merged then 'merged'
            when accounts.is_deleted then 'deleted'
            when inactive_statuses.status is not null then 'status'
            when
                accounts.last_activity_on
                < {{ add_days('run.as_of', '-' ~ dormant_after_days()) }} then 'dormant'
            when evaluated.first_failed_step is not null then 'criteria'
        end as scope_reason
    from accounts
    cross join run
    left join inactive_statuses on lower(accounts.status) = inactive_statuses.status
    left join evaluated on accounts.account_id = evaluated.account_id
),

totals as (
    select count(*) as eligible_count
    from judged
    where scope_reason is null
),

-- Ranked only where there are more accounts than the cap allows (GLC-5).
ranked as (
    select
        judged.account_id,
        row_number() over (
            order by judged.last_activity_on desc nulls last, judged.account_id asc
        ) as cap_rank
    from judged
    inner join totals on {{ max_accounts() }} < totals.eligible_count
    where judged.scope_reason is null
),

scoped as (
    select
        judged.account_id,
        judged.scope_reason is null
        and coalesce(ranked.cap_rank <= {{ max_accounts() }}, true) as is_in_scope,
        case
            when ranked.cap_rank > {{ max_accounts() }} then 'cap'
            else judged.scope_reason
        end as scope_reason,
        case when judged.scope_reason = 'criteria' then judged.first_failed_step end
            as first_failed_step
    from judged
    left join ranked on judged.account_id = ranked.account_id
)

select * from scoped
