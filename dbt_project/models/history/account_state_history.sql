with run as (
    select * from {{ ref('int_runs__begun') }}
),

observed as (
    select * from {{ ref('int_accounts__observed') }}
),

earlier as (
    {{ read_history('account_state_history') }}
),

latest as (
    select
        account_id,
        max(as_of) as as_of
    from earlier
    group by account_id
),

previous as (
    select
        earlier.account_id,
        earlier.state_fingerprint
    from earlier
    inner join latest
        on earlier.account_id = latest.account_id and earlier.as_of = latest.as_of
),

-- A row holds until the next one of its account, so a quiet day writes nothing.
changed as (
    select
        run.as_of,
        observed.account_id,
        observed.survivor_id,
        observed.is_in_scope,
        observed.scope_reason,
        observed.last_purchase_on,
        observed.frequency_value,
        observed.monetary_amount,
        observed.recency_score,
        observed.frequency_score,
        observed.monetary_score,
        observed.label_ids,
        observed.attributes_fingerprint,
        observed.related_fingerprint,
        observed.state_fingerprint,
        observed.events_fingerprint
    from observed
    cross join run
    left join previous on observed.account_id = previous.account_id
    where coalesce(previous.state_fingerprint <> observed.state_fingerprint, true)
)

select * from changed
