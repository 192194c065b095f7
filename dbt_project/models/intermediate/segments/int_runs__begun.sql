with run as (
    select * from {{ source('config', 'run') }}
)

select
    as_of,
    definition_hash,
    engine
from run
