{#-
  For every key that came with more than one load, the load whose version is in force: columns
  module, <key>, load_id, last_precedence (newest load that holds the key at all).

  `landed` is the landed table; the dbt model has the CTEs `run` and `loads` of its module. Versions
  visible at the business date come first, the newest change of them wins, then the newest load;
  where none is visible yet the oldest is taken. Keys are unique inside one load, so a key outside
  the largest load is the only kind that can have two versions: with one load nothing is compared.
  Only keys and dates are read, and by themselves: a CTE that is read twice is kept whole.
-#}
{% macro newest_versions(landed, key) -%}
  select
    ranked.module,
    ranked.{{ key }},
    ranked.load_id,
    ranked.last_precedence
  from (
    select
      versions.module,
      versions.{{ key }},
      versions.load_id,
      max(versions.load_precedence) over (
        partition by versions.module, versions.{{ key }}
      ) as last_precedence,
      row_number() over (
        partition by versions.module, versions.{{ key }}
        order by
          versions.is_visible desc,
          case when versions.is_visible then versions.modified_at end desc nulls last,
          case when not versions.is_visible then versions.modified_at end asc nulls last,
          versions.load_precedence desc
      ) as version_rank
    from (
      select
        loads.module,
        landed.{{ key }},
        landed.load_id,
        landed.modified_at,
        loads.load_precedence,
        {{ is_visible('landed', 'loads', 'run') }} as is_visible
      from {{ landed }} as landed
      inner join loads on landed.load_id = loads.load_id
      cross join run
    ) as versions
    where versions.{{ key }} in (
      select contested.{{ key }}
      from {{ landed }} as contested
      inner join loads as smaller
        on contested.load_id = smaller.load_id and not smaller.is_largest_load
    )
  ) as ranked
  where ranked.version_rank = 1
{%- endmacro %}

{#- Whether a version is known at the business date: by its own date, else by that of its load. -#}
{% macro is_visible(landed, load, run) -%}
  coalesce({{ landed }}.modified_at < {{ run }}.ends_at, {{ load }}.load_precedence > 0)
{%- endmacro %}
