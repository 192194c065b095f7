-- Replaying the ledger gives the visible members of today, no more and no fewer (BEY-2, SEG-12).
{{ config(meta={'dagster': {'ref': {'name': 'seg_members'}}}) }}

with ranked as (
    select
        segment_id,
        account_id,
        is_visible,
        member_since_on,
        row_number() over (partition by segment_id, account_id order by as_of desc) as event_rank
    from {{ ref('seg_membership_ledger') }}
),

replayed as (
    select
        segment_id,
        account_id,
        member_since_on
    from ranked
    where event_rank = 1 and is_visible
),

members as (
    select * from {{ ref('seg_members') }}
)

select
    coalesce(members.segment_id, replayed.segment_id) as segment_id,
    coalesce(members.account_id, replayed.account_id) as account_id
from members
full outer join replayed
    on members.segment_id = replayed.segment_id and members.account_id = replayed.account_id
where
    members.account_id is null
    or replayed.account_id is null
    or members.entered_on <> replayed.member_since_on
