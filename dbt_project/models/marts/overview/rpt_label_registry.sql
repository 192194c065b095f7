with run as (
    select * from {{ source('config', 'run') }}
)

select
    registry.label_id,
    registry.technique,
    registry.name as label_name,
    registry.position,
    registry.kind,
    registry.owner,
    registry.version,
    registry.valid_from,
    registry.review_by,
    coalesce(registry.review_by < run.as_of, false) as is_review_due,
    coalesce(registry.valid_from <= run.as_of, true) as is_valid,
    registry.description,
    registry.definition,
    coalesce(labels.account_count, 0) as account_count,
    run.as_of
from {{ source('config', 'label_registry') }} as registry
cross join run
left join {{ ref('rpt_labels') }} as labels on registry.label_id = labels.label_id
