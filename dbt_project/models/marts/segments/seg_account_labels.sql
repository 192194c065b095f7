with run as (
    select * from {{ source('config', 'run') }}
),

labelled as (
    select * from {{ ref('int_accounts__labelled') }}
    union all
    select * from {{ ref('int_accounts__registered') }}
),

labels as (
    select * from {{ source('config', 'label_registry') }}
),

scores as (
    select * from {{ ref('int_accounts__rfm_scored') }}
),

described as (
    select
        labelled.account_id,
        labelled.technique,
        labelled.label_id,
        labels.name as label_name,
        labelled.position,
        labelled.is_primary,
        case when labelled.technique = 'rfm' then scores.recency_score end as recency_score,
        case when labelled.technique = 'rfm' then scores.frequency_score end as frequency_score,
        case when labelled.technique = 'rfm' then scores.monetary_score end as monetary_score,
        run.definition_hash,
        run.as_of
    from labelled
    cross join run
    inner join labels on labelled.label_id = labels.label_id
    left join scores on labelled.account_id = scores.account_id
)

select * from described
