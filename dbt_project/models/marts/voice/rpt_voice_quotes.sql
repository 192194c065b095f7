with run as (
    select * from {{ source('config', 'run') }}
),

said as (
    select * from {{ ref('int_voice_preferences__said') }}
),

patterns as (
    select * from {{ source('config', 'voice_patterns') }}
    where not is_negated
),

met as (
    select * from {{ ref('int_voice_alternatives__met') }}
),

responses as (
    select * from {{ ref('fct_responses') }}
),

-- What a label rests on: responses that say what an alternative asks for that holds. What must not
-- be said has no quotes.
labelled as (
    select
        met.account_id,
        met.label_id as reason,
        said.response_key,
        said.signal
    from met
    inner join patterns
        on met.label_id = patterns.label_id and met.alternative = patterns.alternative
    inner join said
        on
            met.account_id = said.account_id
            and patterns.preference_number = said.preference_number
),

-- What an alarm rests on: the negative responses of its days (VOC-21).
alarming as (
    select
        alarms.account_id,
        'alarm' as reason,
        responses.response_key,
        responses.sentiment as signal
    from {{ ref('rpt_voice_alarms') }} as alarms
    inner join responses
        on alarms.account_id = responses.account_id and responses.sentiment = 'negative'
    where {{ alarm_span(days_between('responses.occurred_on', 'alarms.as_of')) }} = 'last'
),

moved as (
    select * from labelled
    union all
    select * from alarming
),

grounds as (
    select
        account_id,
        reason,
        response_key,
        {{ sorted_list_text('signal') }} as signals
    from moved
    group by account_id, reason, response_key
),

ranked as (
    select
        grounds.*,
        count(*) over (partition by grounds.account_id, grounds.reason) as response_count,
        row_number() over (
            partition by grounds.account_id, grounds.reason
            order by responses.occurred_at desc, grounds.response_key
        ) as quote_rank
    from grounds
    inner join responses on grounds.response_key = responses.response_key
)

select
    ranked.account_id,
    ranked.reason,
    cast(ranked.quote_rank as bigint) as quote_rank,
    ranked.response_key,
    responses.contact_id,
    responses.channel,
    responses.occurred_at,
    responses.occurred_on,
    ranked.signals,
    responses.sentiment,
    responses.moved_by,
    responses.quote,
    cast(ranked.response_count as bigint) as response_count,
    run.as_of
from ranked
cross join run
inner join responses on ranked.response_key = responses.response_key
where ranked.quote_rank <= 5
