{#-
  Per group: its size, its least and greatest value, and a list of discrete quantiles, each the value
  at the 1-based position ceil(fraction * n) of the sorted group (RFM-17). Columns: <group>,
  population_count, least_value, greatest_value, quantiles.

  `rows` names a CTE. Fractions are decimals a little below the true one: whole multiples then stay
  on their position, and positions are exact up to a billion rows.

  Spark would sort a whole group in one task, and percentile_disc turns decimals into doubles there.
  So values are counted, cut at approximate percentiles into a hundred buckets, and only the bucket
  that holds a wanted position is sorted. The edges decide how even the work is, never the result.
-#}
{% macro discrete_quantiles_by(rows, group, value, fractions) -%}
  {{- adapter.dispatch('discrete_quantiles_by')(rows, group, value, fractions) -}}
{%- endmacro %}
{% macro duckdb__discrete_quantiles_by(rows, group, value, fractions) -%}
  select
        {{ group }},
        count(*) as population_count,
        min({{ value }}) as least_value,
        max({{ value }}) as greatest_value,
        quantile_disc({{ value }}, [{{ fractions | join(', ') }}]) as quantiles
    from {{ rows }}
    group by {{ group }}
{%- endmacro %}
{% macro spark__discrete_quantiles_by(rows, group, value, fractions) -%}
  with counted as (
    select {{ group }}, {{ value }} as value, count(*) as value_count
    from {{ rows }}
    group by {{ group }}, {{ value }}
  ),

  sized as (
    select
      {{ group }},
      sum(value_count) as population_count,
      min(value) as least_value,
      max(value) as greatest_value,
      percentile_approx(
        value, array({% for percent in range(1, 100) %}{{ percent / 100 }}{{ ", " if not loop.last }}{% endfor %}), 1000
      ) as edges
    from counted
    group by {{ group }}
  ),

  bucketed as (
    select
      counted.{{ group }},
      counted.value,
      counted.value_count,
      size(filter(sized.edges, edge -> edge < counted.value)) as bucket
    from counted
    inner join sized on counted.{{ group }} = sized.{{ group }}
  ),

  buckets as (
    select
      {{ group }},
      bucket,
      sum(value_count) as bucket_count,
      sum(sum(value_count)) over (
        partition by {{ group }} order by bucket
      ) - sum(value_count) as count_before
    from bucketed
    group by {{ group }}, bucket
  ),

  wanted as (
    select
      sized.{{ group }},
      fractions.element,
      cast(ceil(fractions.fraction * sized.population_count) as bigint) as position
    from sized
    cross join (
      values
      {%- for fraction in fractions %}
      ({{ loop.index }}, cast({{ fraction }} as decimal(12, 12))){{ "," if not loop.last }}
      {%- endfor %}
    ) as fractions (element, fraction)
  ),

  held as (
    select
      wanted.{{ group }},
      wanted.element,
      wanted.position - buckets.count_before as position_in_bucket,
      buckets.bucket
    from wanted
    inner join buckets
      on
        wanted.{{ group }} = buckets.{{ group }}
        and wanted.position > buckets.count_before
        and wanted.position <= buckets.count_before + buckets.bucket_count
  ),

  arranged as (
    select
      {{ group }},
      bucket,
      value,
      sum(value_count) over (partition by {{ group }}, bucket order by value) as running_count
    from bucketed
    left semi join held
      on bucketed.{{ group }} = held.{{ group }} and bucketed.bucket = held.bucket
  ),

  found as (
    select held.{{ group }}, held.element, min(arranged.value) as value
    from held
    inner join arranged
      on
        held.{{ group }} = arranged.{{ group }}
        and held.bucket = arranged.bucket
        and arranged.running_count >= held.position_in_bucket
    group by held.{{ group }}, held.element
  ),

  listed as (
    select
      {{ group }},
      transform(array_sort(collect_list(struct(element, value))), pair -> pair.value) as quantiles
    from found
    group by {{ group }}
  )

  select
    sized.{{ group }},
    sized.population_count,
    sized.least_value,
    sized.greatest_value,
    listed.quantiles
  from sized
  inner join listed on sized.{{ group }} = listed.{{ group }}
{%- endmacro %}
