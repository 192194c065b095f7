{#-
  Figures of the channels for every value of a column `by` (INT-4): rows (<by>, channel, metric, value,
  sample_count, first_at, last_at). `tallies` and `tickets` name CTEs with that column; a CTE `metrics`
  holds config.channel_metrics. Rates are shares of sums, never means of shares: 0 where there was
  something to react to and nobody did, not told where there was nothing (INT-5).
-#}
{% macro channel_metrics(by, tallies, tickets) -%}
  select
    bases.{{ by }},
    metrics.channel,
    metrics.metric,
    {{ metric_value() }} as value,
    cast(
      case
        when metrics.over_tally is null then bases.event_count
        else {{ tally_value('bases', 'metrics.over_basis') }}
      end as bigint
    ) as sample_count,
    coalesce(sums.first_at, bases.first_at) as first_at,
    coalesce(sums.last_at, bases.last_at) as last_at
  from ({{ tally_sums(by, tallies) }}) as bases
  inner join metrics
    on
      bases.channel = metrics.channel
      and bases.tally = coalesce(metrics.over_tally, metrics.tally)
  left join ({{ tally_sums(by, tallies) }}) as sums
    on
      bases.{{ by }} = sums.{{ by }}
      and metrics.channel = sums.channel
      and metrics.tally = sums.tally
  where metrics.over_tally is null or {{ tally_value('bases', 'metrics.over_basis') }} > 0
  union all
  select
    {{ by }},
    'ticket' as channel,
    'median_hours_to_close' as metric,
    cast({{ grouped_quantile('minutes_to_close', 0.5) }} / 60.0 as decimal(18, 4)) as value,
    count(*) as sample_count,
    min(closed_at) as first_at,
    max(closed_at) as last_at
  from {{ tickets }}
  group by {{ by }}
{%- endmacro %}

{#- The value of a metric, rounded half away from zero; null where it is beyond all bounds. -#}
{% macro metric_value() -%}
  {%- set exact -%}
    try_cast(
      case
        when metrics.over_tally is null then {{ tally_value('bases', 'metrics.basis') }}
        else coalesce({{ tally_value('sums', 'metrics.basis') }}, 0)
          / nullif({{ tally_value('bases', 'metrics.over_basis') }}, 0)
      end as decimal(28, 10)
    )
  {%- endset -%}
  try_cast({{ rounded(exact, 22, 4) }} as decimal(18, 4))
{%- endmacro %}

{% macro tally_sums(by, tallies) -%}
  select
    {{ by }},
    channel,
    tally,
    sum(event_count) as event_count,
    sum(message_count) as message_count,
    sum(day_count) as day_count,
    sum(duration_seconds) as duration_seconds,
    sum(page_count) as page_count,
    sum(amount) as amount,
    min(first_at) as first_at,
    max(last_at) as last_at
  from {{ tallies }}
  group by {{ by }}, channel, tally
{%- endmacro %}

{% macro tally_value(sums, basis) -%}
  cast(
    case {{ basis }}
      when 'events' then {{ sums }}.event_count
      when 'messages' then {{ sums }}.message_count
      when 'days' then {{ sums }}.day_count
      when 'minutes' then {{ sums }}.duration_seconds / 60.0
      when 'pages' then {{ sums }}.page_count
      when 'amount' then {{ sums }}.amount
    end as double
  )
{%- endmacro %}
