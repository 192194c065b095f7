with run as (
    select * from {{ source('config', 'run') }}
),

accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select * from {{ ref('int_accounts__scoped') }}
),

landed as (
    select
        ---------- canonical fields
        accounts.account_id,
        accounts.account_name,
        accounts.owner_id,
        accounts.website,
        accounts.industry,
        accounts.landed_industry,
        accounts.account_type,
        accounts.employees,
        accounts.annual_revenue,
        accounts.ownership,
        accounts.rating,
        accounts.parent_account_id,
        accounts.phone,
        accounts.billing_country,
        accounts.billing_state,
        accounts.billing_city,
        accounts.billing_street,
        accounts.billing_code,
        accounts.currency,
        accounts.status,
        accounts.contract_end_date,
        accounts.created_at,
        accounts.modified_at,
        accounts.is_deleted,
        accounts.merged_into_id,
        accounts.custom_fields,
        ---------- measures
        accounts.won_deal_count,
        accounts.lost_deal_count,
        accounts.open_deal_count,
        accounts.contact_count,
        accounts.purchase_count,
        accounts.revenue_amount,
        accounts.revenue_12_months_amount,
        accounts.open_pipeline_amount,
        accounts.expected_pipeline_amount,
        accounts.first_purchase_on,
        accounts.last_purchase_on,
        accounts.last_activity_on,
        ---------- scope
        accounts.survivor_id,
        scoped.is_in_scope,
        scoped.scope_reason,
        scoped.first_failed_step,
        run.as_of
    from accounts
    cross join run
    inner join scoped on accounts.account_id = scoped.account_id
)

select * from landed
