select
    text_hash,
    min(subject) as subject,
    min(body) as body
from {{ ref('int_responses__written') }}
group by text_hash
