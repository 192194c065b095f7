with leads as (
    select
        lead_id,
        path
    from {{ ref('stg_crm__leads') }}
    where not is_deleted and path is not null
),

cut as (
    select
        lead_id,
        {{ each_element("split(path, '>')", 'written') }}
    from leads
),

stepped as (
    select
        lead_id,
        place,
        trim(written) as step
    from cut
)

select
    lead_id,
    step,
    cast(row_number() over (partition by lead_id order by place asc) as bigint) as step_position,
    row_number() over (partition by lead_id order by place desc) = 1 as is_last_step
from stepped
where step <> ''
