with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'recommendation_settings') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

-- The oldest window looks at the three horizons before it, 5 to 7; 8 is everything before.
-- Later purchases lie ahead of as_of.
won as (
    select
        deals.deal_id,
        deals.account_id,
        deals.base_amount,
        deals.closed_on as purchased_on,
        cast(
            least(
                floor({{ days_between('deals.closed_on', 'run.as_of') }} / settings.horizon_days), 8
            ) as int
        ) as period_number
    from deals
    cross join run
    cross join settings
    inner join scoped on deals.account_id = scoped.account_id
    where {{ is_purchase('deals') }} and deals.closed_on <= run.as_of
),

ordered as (
    select
        *,
        row_number() over (
            partition by account_id order by purchased_on, deal_id
        ) as purchase_number,
        lag(purchased_on) over (
            partition by account_id order by purchased_on, deal_id
        ) as previous_on
    from won
)

select
    deal_id,
    account_id,
    base_amount,
    purchased_on,
    period_number,
    purchase_number,
    {{ days_between('previous_on', 'purchased_on') }} as gap_days
from ordered
