with accounts as (
    select * from {{ ref('dim_accounts') }}
),

{{ related_records() }},

account_labels as (
    select
        account_id,
        label_id
    from {{ ref('int_account_labels__given') }}
    union all
    select
        account_id,
        label_id
    from {{ ref('int_accounts__registered') }}
),

-- Members that left the scope are not evaluated: they wait, or leave (SEG-12).
prior_members as (
    select distinct
        segment_id,
        survivor_id as account_id
    from {{ ref('int_memberships__before') }}
    where is_survivor_in_scope
),

segment_revisions as (
    select
        segment_id,
        is_created,
        is_revised
    from {{ ref('int_segments__scheduled') }}
),

evaluated as (
    {{ criterion('segments') }}
)

select
    segment_id,
    account_id,
    is_matching,
    is_member
from evaluated
