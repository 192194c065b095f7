with run as (
    select * from {{ source('config', 'run') }}
),

-- A version without a date of its own is as old as its export.
landed as (
    select
        contacts.contact_id,
        contacts.account_id,
        coalesce(contacts.modified_at, cast(loads.exported_on as timestamp)) as known_at,
        loads.load_precedence
    from {{ source('landing', 'contacts') }} as contacts
    inner join {{ ref('stg_landing__loads') }} as loads on contacts.load_id = loads.load_id
    where loads.load_precedence > 0
),

-- Of versions of one moment the newest load has the last word, as it has for the contact itself.
arranged as (
    select
        landed.*,
        row_number() over (
            partition by landed.contact_id, landed.known_at order by landed.load_precedence desc
        ) as moment_rank
    from landed
    cross join run
    where landed.known_at < run.ends_at
),

versions as (
    select
        contact_id,
        account_id,
        known_at
    from arranged
    where moment_rank = 1
),

-- Few contacts ever change their account, or lose it; only of these the past is kept.
moved as (
    select contact_id
    from versions
    group by contact_id
    having count(distinct coalesce('account:' || account_id, 'none')) > 1
),

dated as (
    select
        versions.contact_id,
        versions.account_id,
        versions.known_at,
        row_number() over (partition by versions.contact_id order by versions.known_at)
            as version_rank,
        lead(versions.known_at) over (
            partition by versions.contact_id order by versions.known_at
        ) as valid_until
    from versions
    inner join moved on versions.contact_id = moved.contact_id
)

select
    contact_id,
    account_id,
    -- What came before the first known version belongs to the account of that version.
    case when version_rank > 1 then known_at end as valid_from,
    valid_until
from dated
