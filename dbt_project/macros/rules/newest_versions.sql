{#-
  For every key that came with more than one load, the load whose version is in force: columns
  <key>, load_id, last_precedence (newest load that holds the key at all).

  `versions` names a CTE of landed rows with is_visible and load_precedence. Versions visible at the
  business date come first, the newest change of them wins, then the newest load; where none is
  visible yet the oldest is taken. Keys are unique inside one load, so a key outside the largest
  load is the only kind that can have two versions: with one load nothing is compared at all.
-#}
{% macro newest_versions(versions, key) -%}
  select
    ranked.{{ key }},
    ranked.load_id,
    ranked.last_precedence
  from (
    select
      versions.{{ key }},
      versions.load_id,
      max(versions.load_precedence) over (partition by versions.{{ key }}) as last_precedence,
      row_number() over (
        partition by versions.{{ key }}
        order by
          versions.is_visible desc,
          case when versions.is_visible then versions.modified_at end desc nulls last,
          case when not versions.is_visible then versions.modified_at end asc nulls last,
          versions.load_precedence desc
      ) as version_rank
    from {{ versions }} as versions
    where versions.{{ key }} in (
      select contested.{{ key }}
      from {{ versions }} as contested
      where not contested.is_largest_load
    )
  ) as ranked
  where ranked.version_rank = 1
{%- endmacro %}
