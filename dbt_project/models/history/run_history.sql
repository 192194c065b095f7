with run as (
    select
        as_of,
        definition_hash
    from {{ source('config', 'run') }}
)

select * from run
