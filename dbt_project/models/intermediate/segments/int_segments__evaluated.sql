with accounts as (
    select * from {{ ref('dim_accounts') }}
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

recommendations as (
    select * from {{ ref('seg_recommendations') }}
),

predictions as (
    select * from {{ ref('seg_account_predictions') }}
),

-- Accounts without a label can be chosen as well (TEC-10, RFM-29).
account_labels as (
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
),

-- Members that left the scope are not evaluated: they wait, or leave (SEG-12).
prior_members as (
    select distinct
        segment_id,
        survivor_id as account_id
    from {{ ref('int_memberships__before') }}
    where is_survivor_in_scope
),

segment_revisions as (
    select
        segment_id,
        is_created,
        is_revised
    from {{ ref('int_segments__scheduled') }}
),

evaluated as (
    {{ criterion('segments') }}
)

select
    segment_id,
    account_id,
    is_matching,
    is_member
from evaluated
