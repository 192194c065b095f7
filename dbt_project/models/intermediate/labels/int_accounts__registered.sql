with run as (
    select * from {{ source('config', 'run') }}
),

registry as (
    select * from {{ source('config', 'label_registry') }}
),

accounts as (
    select * from {{ ref('dim_accounts') }}
),

{{ related_records() }},

account_labels as (
    select * from {{ ref('int_account_labels__given') }}
),

ruled as (
    {{ criterion('registry') }}
),

matched as (
    select
        account_id,
        label_id
    from ruled
    union all
    select
        account_id,
        label_id
    from {{ ref('int_ensembles__voted') }}
),

-- Before the day from which it is valid nobody has a label (LBL-4).
valid as (
    select
        matched.account_id,
        registry.technique,
        matched.label_id,
        registry.position
    from matched
    cross join run
    inner join registry on matched.label_id = registry.label_id
    where registry.valid_from <= run.as_of
)

select
    account_id,
    technique,
    label_id,
    position,
    position = min(position) over (partition by account_id) as is_primary
from valid
