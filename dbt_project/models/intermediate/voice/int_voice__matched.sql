select distinct
    met.account_id,
    labels.technique,
    labels.label_id,
    labels.position
from {{ ref('int_voice_alternatives__met') }} as met
inner join {{ source('config', 'labels') }} as labels on met.label_id = labels.label_id
