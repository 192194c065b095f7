with active_labels as (
    select
        labels.label_id,
        labels.technique,
        labels.position
    from {{ source('config', 'labels') }} as labels
    inner join {{ source('config', 'techniques') }} as techniques
        on labels.technique = techniques.technique and techniques.is_active
),

patterns as (
    select * from {{ source('config', 'rfm_labels') }}
),

accounts as (
    select measured.*
    from {{ ref('int_accounts__measured') }} as measured
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on measured.account_id = scoped.account_id and scoped.is_in_scope
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

criteria_labels as (
    {{ criterion('labels') }}
),

scored as (
    select
        account_id,
        recency_score,
        frequency_score,
        monetary_score
    from {{ ref('int_accounts__rfm_scored') }}
),

-- At most 125 triples of scores meet the patterns (RFM-22), then accounts meet their triple.
triples as (
    select distinct
        recency_score,
        frequency_score,
        monetary_score
    from scored
),

labelled_triples as (
    select
        triples.*,
        patterns.label_id
    from triples
    inner join patterns
        on
            triples.recency_score between patterns.recency_low and patterns.recency_high
            and triples.frequency_score between patterns.frequency_low and patterns.frequency_high
            and triples.monetary_score between patterns.monetary_low and patterns.monetary_high
),

-- Lower ends belong to the label, upper ends to the next one; 100 to the last (ENG-10).
engagement_matches as (
    select
        engaged.account_id,
        ranges.label_id
    from {{ ref('int_accounts__engaged') }} as engaged
    inner join {{ source('config', 'engagement_labels') }} as ranges
        on
            engaged.engagement_score >= ranges.score_low
            and (
                engaged.engagement_score < ranges.score_high
                or (engaged.engagement_score = 100 and ranges.score_high = 100)
            )
),

matches as (
    select
        scored.account_id,
        labelled_triples.label_id
    from scored
    inner join labelled_triples
        on
            scored.recency_score = labelled_triples.recency_score
            and scored.frequency_score = labelled_triples.frequency_score
            and scored.monetary_score = labelled_triples.monetary_score
    union all
    select
        account_id,
        label_id
    from criteria_labels
    union all
    select
        account_id,
        label_id
    from engagement_matches
),

placed as (
    select
        matches.account_id,
        active_labels.technique,
        matches.label_id,
        active_labels.position
    from matches
    inner join active_labels on matches.label_id = active_labels.label_id
)

select * from placed
