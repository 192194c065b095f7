{#-
  When a row that several feeds of one table may have told was told last: columns source_table,
  event_id, told_at (ENG-13). A row that changes can go from one feed to another, and the one it left
  is not told.

  `landed` is the landed table, `versions` a CTE with the newest version of each feed; the dbt model has
  the CTEs `run` and `loads`. Only what came with an increment can have gone: a snapshot lacks it. So
  with one load, or snapshots, nothing is compared.
-#}
{% macro newest_of_shared_tables(landed, versions) -%}
  select
    versions.source_table,
    versions.event_id,
    max(versions.told_at) as told_at
  from {{ versions }} as versions
  inner join (
    select distinct
      loads.source_table,
      changed.event_id
    from {{ landed }} as changed
    inner join loads
      on
        changed.load_id = loads.load_id
        and loads.is_of_shared_table
        and not loads.is_snapshot
        and loads.load_precedence > 1
  ) as increments
    on
      versions.source_table = increments.source_table
      and versions.event_id = increments.event_id
  cross join run
  where {{ is_visible('versions', 'versions', 'run') }}
  group by versions.source_table, versions.event_id
{%- endmacro %}
