-- Accounts without a label can be chosen as well (TEC-10, RFM-29).
with accounts as (
    select * from {{ ref('dim_accounts') }}
)

select
    account_id,
    label_id
from {{ ref('int_accounts__labelled') }}
union all
select
    account_id,
    case rfm_label_name
        when 'Unscored' then 'rfm.unscored'
        else 'rfm.unlabelled'
    end as label_id
from accounts
where rfm_label_id is null and rfm_label_name is not null
union all
select
    account_id,
    'firmographics.unlabelled' as label_id
from accounts
where firmographics_label_id is null and firmographics_label_name is not null
union all
select
    account_id,
    'engagement.unlabelled' as label_id
from accounts
where engagement_label_id is null and engagement_label_name is not null
union all
select
    account_id,
    'voice_of_customer.unlabelled' as label_id
from accounts
where voice_of_customer_label_id is null and voice_of_customer_label_name is not null
union all
select
    account_id,
    'recommendations.unlabelled' as label_id
from accounts
where recommendations_label_id is null and recommendations_label_name is not null
