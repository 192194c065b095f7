with run as (
    select * from {{ source('config', 'run') }}
),

versions as (
    select distinct
        landed.contact_id,
        landed.account_id,
        landed.modified_at
    from {{ source('landing', 'contacts') }} as landed
    inner join {{ ref('stg_landing__loads') }} as loads on landed.load_id = loads.load_id
    cross join run
    where landed.modified_at < run.ends_at
),

-- Few contacts ever change their account; only of these the past is kept.
moved as (
    select contact_id
    from versions
    group by contact_id
    having count(distinct account_id) > 1
),

dated as (
    select
        versions.contact_id,
        versions.account_id,
        row_number() over (partition by versions.contact_id order by versions.modified_at)
            as version_rank,
        versions.modified_at,
        lead(versions.modified_at) over (
            partition by versions.contact_id order by versions.modified_at
        ) as valid_until
    from versions
    inner join moved on versions.contact_id = moved.contact_id
)

select
    contact_id,
    account_id,
    -- What came before the first known version belongs to the account of that version.
    case when version_rank > 1 then modified_at end as valid_from,
    valid_until
from dated
