-- A run begins to remember when everything is learned; history is then written in one go.
-- depends_on: {{ source('ml', 'recommendation_cards') }}
with run as (
    select * from {{ source('config', 'run') }}
)

select
    as_of,
    definition_hash,
    techniques_hash,
    engine
from run
