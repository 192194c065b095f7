with run as (
    select * from {{ source('config', 'run') }}
),

signals as (
    select * from {{ ref('fct_response_signals') }}
    where kind in ('sentiment', 'intent') and is_in_window and is_analysed and is_in_scope
),

-- Whom or what is counted (DSH-12); a response of nobody known is no contact's.
counted as (
    select
        'responses' as basis,
        response_key as counted_id,
        kind,
        signal
    from signals
    union all
    select distinct
        'contacts' as basis,
        contact_id as counted_id,
        kind,
        signal
    from signals
    where contact_id is not null
    union all
    select distinct
        'accounts' as basis,
        account_id as counted_id,
        kind,
        signal
    from signals
),

slices as (
    select
        basis,
        kind,
        signal,
        count(*) as slice_count
    from counted
    group by basis, kind, signal
),

-- One may be in several slices, so the unique number is told apart from their sum (DSH-13, CON-13).
uniques as (
    select
        basis,
        kind,
        count(distinct counted_id) as unique_count
    from counted
    group by basis, kind
),

-- Every analysed response has a sentiment.
samples as (
    select
        basis,
        unique_count as sample_count
    from uniques
    where kind = 'sentiment'
)

select
    slices.kind,
    slices.basis,
    slices.signal,
    cast(slices.slice_count as bigint) as slice_count,
    cast(uniques.unique_count as bigint) as unique_count,
    cast(samples.sample_count as bigint) as sample_count,
    {{ share_of('slices.slice_count', 'samples.sample_count') }} as slice_share,
    {{ wilson_bound('slices.slice_count', 'samples.sample_count', '-') }} as least_share,
    {{ wilson_bound('slices.slice_count', 'samples.sample_count', '+') }} as most_share,
    run.as_of
from slices
inner join uniques on slices.basis = uniques.basis and slices.kind = uniques.kind
inner join samples on slices.basis = samples.basis
cross join run
