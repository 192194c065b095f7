with scheduled as (
    select
        as_of,
        segment_id,
        definition_hash,
        is_created,
        is_redefined,
        is_revised,
        created_on,
        revised_on
    from {{ ref('int_segments__scheduled') }}
)

select * from scheduled
