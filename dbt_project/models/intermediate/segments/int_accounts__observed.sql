with accounts as (
    select * from {{ ref('int_accounts__measured') }}
),

scoped as (
    select * from {{ ref('int_accounts__scoped') }}
),

scores as (
    select * from {{ ref('int_accounts__rfm_scored') }}
),

labels as (
    select
        account_id,
        {{ sorted_list_text('label_id') }} as label_ids
    from {{ ref('int_accounts__labelled') }}
    group by account_id
),

event_sets as (
    select
        account_id,
        {{ set_fingerprint(row_fingerprint([
            'event_key', 'contact_id', 'channel', 'event', 'direction', 'occurred_at', 'message_id',
            'message_name', 'campaign_id', 'subject', 'score', 'duration_seconds', 'page_count',
            'page', 'referrer', 'amount', 'priority', 'bounce_type', 'participant_role',
            'is_machine', 'is_follow_up',
        ])) }} as fingerprint
    from {{ ref('int_events__matched') }}
    group by account_id
),

response_sets as (
    select
        account_id,
        {{ set_fingerprint(row_fingerprint([
            'response_key', 'language', 'sentiment', 'sentiment_score', 'emotion'
        ])) }} as fingerprint
    from {{ ref('int_responses__heard') }}
    group by account_id
),

signal_sets as (
    select
        account_id,
        {{ set_fingerprint(row_fingerprint([
            'response_key', 'contact_id', 'kind', 'signal', 'signal_sentiment'
        ])) }} as fingerprint
    from {{ ref('int_response_signals__heard') }}
    group by account_id
),

observed as (
    select
        accounts.account_id,
        accounts.survivor_id,
        scoped.is_in_scope,
        scoped.scope_reason,
        scores.last_purchase_on,
        scores.frequency_value,
        scores.monetary_amount,
        scores.recency_score,
        scores.frequency_score,
        scores.monetary_score,
        labels.label_ids,
        {{ row_fingerprint([
            'accounts.account_name', 'accounts.owner_id', 'accounts.website', 'accounts.industry',
            'accounts.account_type', 'accounts.employees', 'accounts.annual_revenue',
            'accounts.ownership', 'accounts.rating', 'accounts.parent_account_id',
            'accounts.phone', 'accounts.billing_country', 'accounts.billing_state',
            'accounts.billing_city', 'accounts.billing_street', 'accounts.billing_code',
            'accounts.currency', 'accounts.status', 'accounts.contract_end_date',
            'accounts.created_at', comparable_map('accounts.custom_fields'),
        ]) }} as attributes_fingerprint,
        accounts.related_fingerprint,
        {{ row_fingerprint([
            'event_sets.fingerprint', 'response_sets.fingerprint', 'signal_sets.fingerprint'
        ]) }} as events_fingerprint
    from accounts
    inner join scoped on accounts.account_id = scoped.account_id
    left join scores on accounts.account_id = scores.account_id
    left join labels on accounts.account_id = labels.account_id
    left join event_sets on accounts.account_id = event_sets.account_id
    left join response_sets on accounts.account_id = response_sets.account_id
    left join signal_sets on accounts.account_id = signal_sets.account_id
),

fingerprinted as (
    select
        observed.*,
        {{ row_fingerprint([
            'survivor_id', 'is_in_scope', 'scope_reason', 'last_purchase_on', 'frequency_value',
            'monetary_amount', 'recency_score', 'frequency_score', 'monetary_score', 'label_ids',
            'attributes_fingerprint', 'related_fingerprint', 'events_fingerprint',
        ]) }} as state_fingerprint
    from observed
)

select * from fingerprinted
