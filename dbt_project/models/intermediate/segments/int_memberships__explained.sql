with run as (
    select * from {{ source('config', 'run') }}
),

segments as (
    select * from {{ source('config', 'segments') }}
),

changes as (
    select * from {{ ref('int_memberships__compared') }}
    where event is not null
),

scheduled as (
    select * from {{ ref('int_segments__scheduled') }}
),

scoped as (
    select * from {{ ref('int_accounts__scoped') }}
),

baselined as (
    select * from {{ ref('int_accounts__baselined') }}
),

-- Accounts that entered or left a segment which the segment reads (SEG-15, BEY-5).
moved_references as (
    select distinct
        pairs.segment_id,
        changes.account_id
    from {{ source('config', 'segment_references') }} as pairs
    inner join changes on pairs.referenced_segment_id = changes.segment_id
),

-- Exactly one cause, the first that holds. An account that is gone is told by why it is gone; then
-- what people decided, then what other segments did, then cut-points, data and the clock.
explained as (
    select
        changes.segment_id,
        changes.account_id,
        changes.event,
        changes.is_member,
        changes.is_visible,
        changes.member_since_on,
        case
            when segments.segment_id is null then 'definition_changed'
            when changes.event = 'exited' and scoped.scope_reason = 'merged' then 'merged'
            when
                changes.event = 'exited'
                and coalesce(scoped.scope_reason = 'deleted', scoped.account_id is null)
                then 'deleted'
            when changes.event = 'exited' and not scoped.is_in_scope then 'scope_changed'
            when changes.event in ('hidden', 'shown') then 'scope_changed'
            when changes.event = 'merged' or changes.is_taken_over then 'merged'
            when scheduled.is_created or scheduled.is_redefined then 'definition_changed'
            when not baselined.was_in_scope then 'scope_changed'
            when moved_references.account_id is not null then 'parent_moved'
            when
                segments.uses_rfm
                and baselined.is_cut_score_changed
                and not baselined.is_value_changed
                and not (segments.uses_attributes and baselined.is_attributes_changed)
                and not (segments.uses_measures and baselined.is_related_changed)
                and not (segments.uses_events and baselined.is_events_changed)
                then 'cut_point_moved'
            when
                baselined.account_id is null
                or (
                    (segments.uses_attributes or baselined.is_label_changed)
                    and baselined.is_attributes_changed
                )
                or (segments.uses_measures and baselined.is_related_changed)
                or (segments.uses_events and baselined.is_events_changed)
                or (
                    segments.uses_rfm
                    and baselined.is_value_changed
                    and (baselined.is_related_changed or run.frequency_basis <> 'deals')
                )
                then 'data_changed'
            when
                baselined.is_label_changed
                and not baselined.is_score_changed
                and baselined.is_technique_changed
                then 'definition_changed'
            when
                segments.uses_relative_dates
                or segments.uses_measures
                or segments.uses_rfm
                or segments.uses_events
                then 'clock_moved'
            else 'data_changed'
        end as cause
    from changes
    cross join run
    left join segments on changes.segment_id = segments.segment_id
    left join scheduled on changes.segment_id = scheduled.segment_id
    left join scoped on changes.account_id = scoped.account_id
    left join baselined
        on
            changes.segment_id = baselined.segment_id
            and changes.account_id = baselined.account_id
    left join moved_references
        on
            changes.segment_id = moved_references.segment_id
            and changes.account_id = moved_references.account_id
)

select * from explained
