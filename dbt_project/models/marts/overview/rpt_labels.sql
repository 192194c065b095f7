with run as (
    select * from {{ source('config', 'run') }}
),

labels as (
    select
        registry.label_id,
        registry.technique,
        registry.name,
        registry.position
    from {{ source('config', 'label_registry') }} as registry
    left join {{ source('config', 'techniques') }} as techniques
        on registry.technique = techniques.technique
    where coalesce(techniques.is_active, registry.technique = 'registry')
),

accounts as (
    select
        accounts.account_id,
        accounts.recency_score,
        measured.exact_revenue_amount
    from {{ ref('dim_accounts') }} as accounts
    inner join {{ ref('int_accounts__measured') }} as measured
        on accounts.account_id = measured.account_id
),

labelled as (
    select * from {{ ref('int_accounts__labelled') }}
    union all
    select * from {{ ref('int_accounts__registered') }}
),

techniques as (
    select distinct technique from labels
    where technique <> 'registry'
),

unlabelled as (
    select
        accounts.account_id,
        techniques.technique,
        accounts.exact_revenue_amount,
        case
            when techniques.technique = 'rfm' and accounts.recency_score is null
                then techniques.technique || '.unscored'
            else techniques.technique || '.unlabelled'
        end as label_id
    from accounts
    cross join techniques
    left join labelled
        on
            accounts.account_id = labelled.account_id
            and techniques.technique = labelled.technique
            and labelled.is_primary
    where labelled.account_id is null
),

placed as (
    select
        labelled.label_id,
        labelled.is_primary,
        accounts.exact_revenue_amount
    from labelled
    inner join accounts on labelled.account_id = accounts.account_id
    union all
    select
        label_id,
        true as is_primary,
        exact_revenue_amount
    from unlabelled
),

summarized as (
    select
        label_id,
        count(*) as account_count,
        sum(case when is_primary then 1 else 0 end) as primary_account_count,
        sum(exact_revenue_amount) as revenue_amount
    from placed
    group by label_id
),

-- Buckets without a label are always shown (RFM-24, RFM-29).
shown as (
    select * from labels
    union all
    select
        technique || '.unlabelled' as label_id,
        technique,
        'Unlabelled' as name,
        cast(1000 as bigint) as position
    from techniques
    union all
    select
        technique || '.unscored' as label_id,
        technique,
        'Unscored' as name,
        cast(1001 as bigint) as position
    from techniques
    where technique = 'rfm'
),

reported as (
    select
        shown.label_id,
        shown.technique,
        shown.name as label_name,
        shown.position,
        coalesce(summarized.account_count, 0) as account_count,
        cast(coalesce(summarized.primary_account_count, 0) as bigint) as primary_account_count,
        cast(coalesce(summarized.revenue_amount, 0) as decimal(18, 2)) as revenue_amount,
        run.as_of
    from shown
    cross join run
    left join summarized on shown.label_id = summarized.label_id
)

select * from reported
