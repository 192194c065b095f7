with leads as (
    select
        lead_id,
        path
    from {{ ref('stg_crm__leads') }}
    where not is_deleted and path is not null
),

placed as (
    select
        lead_id,
        path,
        {{ each_number('1', "length(path) - length(replace(path, '>', '')) + 1") }} as place
    from leads
),

stepped as (
    select
        lead_id,
        place,
        trim({{ list_element("split(path, '>')", 'place') }}) as step
    from placed
)

select
    lead_id,
    step,
    cast(row_number() over (partition by lead_id order by place asc) as bigint) as step_position,
    row_number() over (partition by lead_id order by place desc) = 1 as is_last_step
from stepped
where step <> ''
