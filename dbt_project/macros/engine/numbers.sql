{#-
  Quotient of a DECIMAL(18,4) and a positive DECIMAL(20,10) as DECIMAL(28,10), rounded half away from
  zero. DuckDB divides decimals as doubles, which loses cents of large amounts. So the double is only
  a first guess: what it leaves over is divided once more, and a product proves that the sum lies
  within half a unit of the quotient. What cannot be proved (ties, and guesses beyond doubles) is
  divided as integers, ten times as slow: 10^34 at most, within 128 bits.

  Spark gives a quotient as many digits as its operands' types leave of 38 and rounds to them first;
  of a DECIMAL(18,4) that were 14, and 0.49999 units would become a tie. A DECIMAL(22,4) leaves 10.
-#}
{% macro exact_quotient(amount, rate) -%}
  {{- adapter.dispatch('exact_quotient')(amount, rate) -}}
{%- endmacro %}
{% macro duckdb__exact_quotient(amount, rate) -%}
  {%- set guess -%}
    try_cast(cast({{ amount }} as double) / cast({{ rate }} as double) as decimal(28, 10))
  {%- endset -%}
  {%- set quotient -%}
    ({{ guess }} + try_cast(
      cast({{ amount }} - {{ guess }} * {{ rate }} as double) / cast({{ rate }} as double)
      as decimal(28, 10)
    ))
  {%- endset -%}
  case
    when
      abs({{ amount }} - {{ quotient }} * {{ rate }})
      < {{ rate }} * cast(0.00000000005 as decimal(11, 11))
      then cast({{ quotient }} as decimal(28, 10))
    else {{ integer_quotient(amount, rate) }}
  end
{%- endmacro %}
{#- The same by long division of integers, DuckDB only. -#}
{% macro integer_quotient(amount, rate) -%}
  cast(
    cast(
      sign({{ amount }}) * (
        (
          cast(cast(abs({{ amount }}) as decimal(38, 4)) * 10000 as hugeint) * 20000000000000000
          + cast(cast({{ rate }} as decimal(38, 10)) * 10000000000 as hugeint)
        ) // (cast(cast({{ rate }} as decimal(38, 10)) * 10000000000 as hugeint) * 2)
      ) as decimal(38, 0)
    ) * cast(0.0000000001 as decimal(10, 10)) as decimal(28, 10)
  )
{%- endmacro %}
{% macro spark__exact_quotient(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(22, 4)) / cast({{ rate }} as decimal(20, 10)) as decimal(28, 10)
  )
{%- endmacro %}

{#-
  Product of a DECIMAL(18,4) and a DECIMAL(20,10) as DECIMAL(28,10), rounded half away from zero.
  DuckDB keeps the narrower width of two decimals and overflows, so it is widened first. Spark keeps
  all 14 digits only where both widths and one more are 38, and would round twice otherwise.
-#}
{% macro exact_product(amount, rate) -%}
  {{- adapter.dispatch('exact_product')(amount, rate) -}}
{%- endmacro %}
{% macro duckdb__exact_product(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(19, 4)) * cast({{ rate }} as decimal(19, 10)) as decimal(28, 10)
  )
{%- endmacro %}
{% macro spark__exact_product(amount, rate) -%}
  cast(
    cast({{ amount }} as decimal(18, 4)) * cast({{ rate }} as decimal(19, 10)) as decimal(28, 10)
  )
{%- endmacro %}

{#-
  A decimal with fewer digits behind the point, rounded half away from zero. DuckDB divides 128-bit
  integers for it, so the decimal nearest to the double is taken where a difference proves it right.
-#}
{% macro rounded(value, precision, scale) -%}
  {{- adapter.dispatch('rounded')(value, precision, scale) -}}
{%- endmacro %}
{% macro duckdb__rounded(value, precision, scale) -%}
  {%- set nearest -%}
    try_cast(cast({{ value }} as double) as decimal({{ precision }}, {{ scale }}))
  {%- endset -%}
  case
    when abs({{ value }} - {{ nearest }}) < 0.{{ "0" * scale }}5 then {{ nearest }}
    else cast({{ value }} as decimal({{ precision }}, {{ scale }}))
  end
{%- endmacro %}
{% macro spark__rounded(value, precision, scale) -%}
  cast({{ value }} as decimal({{ precision }}, {{ scale }}))
{%- endmacro %}

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

{#- Cast that gives null where the text cannot be read (MAP-9). -#}
{% macro lenient_cast(value, type) -%}
  try_cast({{ value }} as {{ type }})
{%- endmacro %}
