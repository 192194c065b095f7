with run as (
    select * from {{ ref('int_runs__begun') }}
),

scheduled as (
    select
        run.as_of,
        segments.segment_id,
        segments.definition_hash,
        segments.is_created,
        segments.is_redefined,
        segments.is_revised,
        segments.created_on,
        segments.revised_on,
        segments.label_rules_hash
    from {{ ref('int_segments__scheduled') }} as segments
    cross join run
)

select * from scheduled
