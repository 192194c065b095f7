with run as (
    select * from {{ source('config', 'run') }}
),

predictions as (
    select * from {{ source('config', 'predictions') }}
),

numbers as (
    select numbered.window_number
    from (values (0), (1), (2), (3), (4), (5)) as numbered (window_number)
)

select
    predictions.prediction_id,
    cast(numbers.window_number as int) as window_number,
    predictions.horizon_days,
    {{ add_days('run.as_of', '-(predictions.horizon_days * numbers.window_number)') }} as cutoff_on
from predictions
cross join numbers
cross join run
