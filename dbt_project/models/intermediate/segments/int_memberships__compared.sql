with run as (
    select * from {{ source('config', 'run') }}
),

segments as (
    select
        segment_id,
        nature
    from {{ source('config', 'segments') }}
),

before as (
    select * from {{ ref('int_memberships__before') }}
),

evaluated as (
    select * from {{ ref('int_segments__evaluated') }}
    where is_member
),

-- Memberships that move to the survivor of a merge keep their earliest day (SEG-13).
taken_over as (
    select
        segment_id,
        survivor_id as account_id,
        min(member_since_on) as member_since_on
    from before
    where is_merged
    group by segment_id, survivor_id
),

-- Outside the scope, static and semi-dynamic memberships are kept out of sight (SEG-12).
waiting as (
    select distinct
        before.segment_id,
        before.survivor_id as account_id
    from before
    inner join segments on before.segment_id = segments.segment_id
    where
        segments.nature in ('static', 'semi_dynamic')
        and not before.is_survivor_in_scope
        and not before.is_survivor_gone
),

after as (
    select
        segment_id,
        account_id,
        is_matching,
        true as is_visible
    from evaluated
    union all
    select
        segment_id,
        account_id,
        false as is_matching,
        false as is_visible
    from waiting
),

joined as (
    select
        coalesce(after.segment_id, before.segment_id) as segment_id,
        coalesce(after.account_id, before.account_id) as account_id,
        before.account_id is not null as was_member,
        coalesce(before.is_visible, false) as was_visible,
        after.account_id is not null as is_member,
        coalesce(after.is_visible, false) as is_visible,
        coalesce(after.is_matching, false) as is_matching,
        before.member_since_on as was_member_since_on
    from after
    full outer join before
        on after.segment_id = before.segment_id and after.account_id = before.account_id
),

compared as (
    select
        joined.segment_id,
        joined.account_id,
        joined.was_member,
        joined.is_member,
        joined.is_visible,
        joined.is_matching,
        least(
            coalesce(joined.was_member_since_on, taken_over.member_since_on, run.as_of),
            coalesce(taken_over.member_since_on, joined.was_member_since_on, run.as_of)
        ) as member_since_on,
        taken_over.account_id is not null as is_taken_over,
        case
            when joined.is_member and not joined.was_member then 'entered'
            when joined.was_member and not joined.is_member then 'exited'
            when joined.was_visible and not joined.is_visible then 'hidden'
            when joined.is_visible and not joined.was_visible then 'shown'
            when taken_over.member_since_on < joined.was_member_since_on then 'merged'
        end as event
    from joined
    cross join run
    left join taken_over
        on
            joined.segment_id = taken_over.segment_id
            and joined.account_id = taken_over.account_id
            and joined.is_member
)

select * from compared
