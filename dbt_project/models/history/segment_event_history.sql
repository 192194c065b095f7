with run as (
    select * from {{ ref('int_runs__begun') }}
),

events as (
    select
        run.as_of,
        explained.segment_id,
        explained.account_id,
        explained.event,
        explained.cause,
        explained.is_member,
        explained.is_visible,
        explained.member_since_on,
        run.definition_hash
    from {{ ref('int_memberships__explained') }} as explained
    cross join run
)

select * from events
