with techniques as (
    select
        max(case when technique = 'rfm' and is_active then 'Unlabelled' end) as without_rfm,
        max(case when technique = 'firmographics' and is_active then 'Unlabelled' end)
            as without_firmographics,
        max(case when technique = 'engagement' and is_active then 'Unlabelled' end)
            as without_engagement,
        max(case when technique = 'voice_of_customer' and is_active then 'Unlabelled' end)
            as without_voice,
        max(case when technique = 'recommendations' and is_active then 'Unlabelled' end)
            as without_recommendations
    from {{ source('config', 'techniques') }}
),

scoped as (
    select account_id from {{ ref('int_accounts__scoped') }}
    where is_in_scope
),

scores as (
    select account_id from {{ ref('int_accounts__rfm_scored') }}
),

primary_labels as (
    select
        labelled.account_id,
        {{ of_technique('rfm', 'labelled.label_id') }} as rfm_label_id,
        {{ of_technique('rfm', 'labels.name') }} as rfm_label_name,
        {{ of_technique('firmographics', 'labelled.label_id') }} as firmographics_label_id,
        {{ of_technique('firmographics', 'labels.name') }} as firmographics_label_name,
        {{ of_technique('engagement', 'labelled.label_id') }} as engagement_label_id,
        {{ of_technique('engagement', 'labels.name') }} as engagement_label_name,
        {{ of_technique('voice_of_customer', 'labelled.label_id') }} as voice_label_id,
        {{ of_technique('voice_of_customer', 'labels.name') }} as voice_label_name,
        {{ of_technique('recommendations', 'labelled.label_id') }} as recommendations_label_id,
        {{ of_technique('recommendations', 'labels.name') }} as recommendations_label_name
    from {{ ref('int_accounts__labelled') }} as labelled
    inner join {{ source('config', 'labels') }} as labels on labelled.label_id = labels.label_id
    where labelled.is_primary
    group by labelled.account_id
),

pivoted as (
    select
        scoped.account_id,
        primary_labels.rfm_label_id,
        case
            when techniques.without_rfm is null then null
            when scores.account_id is null then 'Unscored'
            else coalesce(primary_labels.rfm_label_name, techniques.without_rfm)
        end as rfm_label_name,
        primary_labels.firmographics_label_id,
        coalesce(primary_labels.firmographics_label_name, techniques.without_firmographics)
            as firmographics_label_name,
        primary_labels.engagement_label_id,
        coalesce(primary_labels.engagement_label_name, techniques.without_engagement)
            as engagement_label_name,
        primary_labels.voice_label_id as voice_of_customer_label_id,
        coalesce(primary_labels.voice_label_name, techniques.without_voice)
            as voice_of_customer_label_name,
        primary_labels.recommendations_label_id,
        coalesce(primary_labels.recommendations_label_name, techniques.without_recommendations)
            as recommendations_label_name
    from scoped
    cross join techniques
    left join scores on scoped.account_id = scores.account_id
    left join primary_labels on scoped.account_id = primary_labels.account_id
)

select * from pivoted
