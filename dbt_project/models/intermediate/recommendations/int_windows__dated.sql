with run as (
    select * from {{ source('config', 'run') }}
),

settings as (
    select * from {{ source('config', 'recommendation_settings') }}
),

numbers as (
    select numbered.window_number
    from (values (0), (1), (2), (3), (4), (5)) as numbered (window_number)
),

dated as (
    select
        cast(numbers.window_number as int) as window_number,
        settings.horizon_days,
        {{ add_days('run.as_of', '-(settings.horizon_days * numbers.window_number)') }} as cutoff_on
    from numbers
    cross join run
    cross join settings
)

select * from dated
