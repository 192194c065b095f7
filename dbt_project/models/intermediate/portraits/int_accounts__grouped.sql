with paired as (
    select account_id from {{ source('ml', 'account_pairs') }}
    union all
    select other_account_id as account_id from {{ source('ml', 'account_pairs') }}
),

duplicates as (
    select
        account_id,
        count(*) as duplicate_count
    from paired
    group by account_id
),

joined as (
    select
        members.account_id,
        count(*) as segment_count,
        {{ sorted_list_text('segments.name') }} as segments
    from {{ ref('int_memberships__compared') }} as members
    inner join {{ source('config', 'segments') }} as segments
        on members.segment_id = segments.segment_id
    where members.is_visible
    group by members.account_id
)

select
    coalesce(duplicates.account_id, joined.account_id) as account_id,
    coalesce(duplicates.duplicate_count, 0) as duplicate_count,
    coalesce(joined.segment_count, 0) as segment_count,
    joined.segments
from duplicates
full join joined on duplicates.account_id = joined.account_id
