with settings as (
    select * from {{ source('config', 'voice_settings') }}
),

accounts as (
    select heard.*
    from {{ ref('int_accounts__heard') }} as heard
    inner join {{ ref('int_accounts__scoped') }} as scoped
        on heard.account_id = scoped.account_id and scoped.is_in_scope
    cross join settings
    where heard.response_count >= settings.min_responses
),

preferences as (
    select * from {{ source('config', 'voice_preferences') }}
),

patterns as (
    select * from {{ source('config', 'voice_patterns') }}
),

counts as (
    select * from {{ ref('int_voice_preferences__counted') }}
),

-- Percentages are compared as products of whole numbers: nothing is rounded (VOC-17, EDG-15).
measured as (
    select
        accounts.account_id,
        preferences.preference_number,
        case
            when preferences.kind = 'sentiment' and preferences.bound is null
                then accounts.leading_sentiment = preferences.sentiment
            when preferences.kind in ('keyword', 'competitor') and preferences.is_inclusive
                then coalesce(counts.response_count, 0) >= preferences.bound
            when preferences.kind in ('keyword', 'competitor')
                then coalesce(counts.response_count, 0) > preferences.bound
            when preferences.is_inclusive
                then
                    100 * coalesce(counts.response_count, 0)
                    >= preferences.bound * accounts.response_count
            else
                100 * coalesce(counts.response_count, 0)
                > preferences.bound * accounts.response_count
        end as is_met
    from accounts
    cross join preferences
    left join counts
        on
            accounts.account_id = counts.account_id
            and preferences.preference_number = counts.preference_number
),

met as (
    select
        measured.account_id,
        patterns.label_id,
        patterns.alternative
    from patterns
    inner join measured on patterns.preference_number = measured.preference_number
    group by measured.account_id, patterns.label_id, patterns.alternative
    having min(case when measured.is_met <> patterns.is_negated then 1 else 0 end) = 1
)

select * from met
