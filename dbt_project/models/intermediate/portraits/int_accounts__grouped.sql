select
    members.account_id,
    count(*) as segment_count,
    {{ sorted_list_text('segments.name') }} as segments
from {{ ref('int_memberships__compared') }} as members
inner join {{ source('config', 'segments') }} as segments
    on members.segment_id = segments.segment_id
where members.is_visible
group by members.account_id
