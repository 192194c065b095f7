with run as (
    select * from {{ source('config', 'run') }}
),

segments as (
    select * from {{ source('config', 'segments') }}
),

earlier_runs as (
    {{ read_history('run_history') }}
),

earlier_revisions as (
    {{ read_history('segment_revision_history') }}
),

previous_run as (
    select max(as_of) as as_of from earlier_runs
),

-- A segment that the previous run did not have is created, also when it existed once before.
previous as (
    select
        earlier_revisions.*,
        case segments.frame
            when 'daily' then {{ add_days('earlier_revisions.revised_on', 1) }}
            when 'weekly' then {{ add_days('earlier_revisions.revised_on', 7) }}
            when 'monthly' then {{ add_months('earlier_revisions.revised_on', 1) }}
            when '3_months' then {{ add_months('earlier_revisions.revised_on', 3) }}
            when '6_months' then {{ add_months('earlier_revisions.revised_on', 6) }}
            when '12_months' then {{ add_months('earlier_revisions.revised_on', 12) }}
        end as due_on
    from earlier_revisions
    inner join previous_run on earlier_revisions.as_of = previous_run.as_of
    inner join segments on earlier_revisions.segment_id = segments.segment_id
),

compared as (
    select
        segments.segment_id,
        segments.nature,
        segments.frame,
        segments.definition_hash,
        segments.label_rules_hash,
        previous.segment_id is null as is_created,
        -- An earlier version did not remember rules of labels: unknown is not changed.
        segments.nature <> 'static'
        and (
            coalesce(previous.definition_hash <> segments.definition_hash, false)
            or coalesce(previous.label_rules_hash <> segments.label_rules_hash, false)
        ) as is_redefined,
        coalesce(segments.nature <> 'static' and run.as_of >= previous.due_on, false) as is_due,
        coalesce(previous.created_on, run.as_of) as created_on,
        previous.revised_on as previous_revised_on,
        run.as_of
    from segments
    cross join run
    left join previous on segments.segment_id = previous.segment_id
),

scheduled as (
    select
        segment_id,
        nature,
        frame,
        definition_hash,
        label_rules_hash,
        is_created,
        is_redefined,
        is_created or is_redefined or is_due as is_revised,
        created_on,
        previous_revised_on,
        case
            when is_created or is_redefined or is_due then as_of
            else previous_revised_on
        end as revised_on,
        as_of
    from compared
)

select * from scheduled
