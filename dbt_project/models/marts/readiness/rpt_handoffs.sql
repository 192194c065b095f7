with run as (
    select * from {{ source('config', 'run') }}
)

select
    answered.account_id,
    answered.handed_off_on,
    answered.sales_ready_score,
    answered.is_latest,
    answered.handoff_state,
    answered.answer,
    answered.answered_on,
    answered.answered_by,
    answered.note,
    answered.converted_on,
    run.as_of
from {{ ref('int_handoffs__answered') }} as answered
cross join run
