with run as (
    select * from {{ source('config', 'run') }}
),

loads as (
    select
        loads.*,
        coalesce(loads.exported_on <= run.as_of, true) as is_in_time
    from {{ source('landing', 'loads') }} as loads
    cross join run
    where loads.is_active
),

arranged as (
    select
        loads.*,
        row_number() over (
            partition by loads.module, loads.is_in_time
            order by loads.exported_on asc nulls first, loads.load_sequence asc
        ) as arrival_rank,
        row_number() over (
            partition by loads.module
            order by loads.rows_accepted desc nulls last, loads.load_sequence asc
        ) as size_rank
    from loads
),

preferred as (
    select
        arranged.*,
        case
            when arranged.is_in_time then arranged.arrival_rank
            else -arranged.arrival_rank
        end as load_precedence
    from arranged
),

compared as (
    select
        preferred.*,
        max(case when is_snapshot and is_in_time then load_precedence end)
            over (partition by module) as newest_snapshot_precedence
    from preferred
)

select
    module,
    load_id,
    load_sequence,
    source,
    is_snapshot,
    exported_on,
    load_precedence,
    size_rank = 1 as is_largest_load,
    newest_snapshot_precedence,
    -- A snapshot says anew what every load before it said.
    coalesce(load_precedence >= newest_snapshot_precedence, true) as is_current
from compared
