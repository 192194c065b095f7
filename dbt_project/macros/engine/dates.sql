{#- Date `months` later (negative: earlier); the last day of a month is clamped (EDG-3). -#}
{% macro add_months(date, months) -%}
  {{- adapter.dispatch('add_months')(date, months) -}}
{%- endmacro %}
{% macro duckdb__add_months(date, months) -%}
  cast({{ date }} + to_months(cast({{ months }} as int)) as date)
{%- endmacro %}
{% macro spark__add_months(date, months) -%}
  add_months({{ date }}, cast({{ months }} as int))
{%- endmacro %}

{#- Date `days` later (negative: earlier). -#}
{% macro add_days(date, days) -%}
  {{- adapter.dispatch('add_days')(date, days) -}}
{%- endmacro %}
{% macro duckdb__add_days(date, days) -%}
  ({{ date }} + cast({{ days }} as int))
{%- endmacro %}
{% macro spark__add_days(date, days) -%}
  date_add({{ date }}, cast({{ days }} as int))
{%- endmacro %}

{#- Whole days from `start` to `finish`, a bigint on both engines. -#}
{% macro days_between(start, finish) -%}
  {{- adapter.dispatch('days_between')(start, finish) -}}
{%- endmacro %}
{% macro duckdb__days_between(start, finish) -%}
  ({{ finish }} - {{ start }})
{%- endmacro %}
{% macro spark__days_between(start, finish) -%}
  cast(datediff({{ finish }}, {{ start }}) as bigint)
{%- endmacro %}

{#- Whole minutes from one instant to a later one, a bigint. -#}
{% macro minutes_between(start, finish) -%}
  {{- adapter.dispatch('minutes_between')(start, finish) -}}
{%- endmacro %}
{% macro duckdb__minutes_between(start, finish) -%}
  date_sub('minute', {{ start }}, {{ finish }})
{%- endmacro %}
{% macro spark__minutes_between(start, finish) -%}
  timestampdiff(minute, {{ start }}, {{ finish }})
{%- endmacro %}

{#- Hour of the day and day of the week (1 Monday to 7 Sunday) of a UTC instant in a time zone. -#}
{% macro local_hour(instant, time_zone) -%}
  {{- adapter.dispatch('local_hour')(instant, time_zone) -}}
{%- endmacro %}
{% macro duckdb__local_hour(instant, time_zone) -%}
  hour(timezone({{ time_zone }}, make_timestamptz(epoch_us({{ instant }}))))
{%- endmacro %}
{% macro spark__local_hour(instant, time_zone) -%}
  cast(hour(from_utc_timestamp({{ instant }}, {{ time_zone }})) as bigint)
{%- endmacro %}
{% macro weekday_of(date) -%}
  {{- adapter.dispatch('weekday_of')(date) -}}
{%- endmacro %}
{% macro duckdb__weekday_of(date) -%}
  isodow({{ date }})
{%- endmacro %}
{% macro spark__weekday_of(date) -%}
  cast(weekday({{ date }}) + 1 as bigint)
{%- endmacro %}

{#- Date of a UTC instant in the organisation's time zone (EDG-2). -#}
{% macro local_date(instant, time_zone) -%}
  {{- adapter.dispatch('local_date')(instant, time_zone) -}}
{%- endmacro %}
{% macro duckdb__local_date(instant, time_zone) -%}
  cast(timezone({{ time_zone }}, make_timestamptz(epoch_us({{ instant }}))) as date)
{%- endmacro %}
{% macro spark__local_date(instant, time_zone) -%}
  cast(from_utc_timestamp({{ instant }}, {{ time_zone }}) as date)
{%- endmacro %}

{#- UTC instant at which a day begins in the organisation's time zone (EDG-2). -#}
{% macro day_begin(date, time_zone) -%}
  {{- adapter.dispatch('day_begin')(date, time_zone) -}}
{%- endmacro %}
{% macro duckdb__day_begin(date, time_zone) -%}
  timezone('UTC', timezone({{ time_zone }}, cast({{ date }} as timestamp)))
{%- endmacro %}
{% macro spark__day_begin(date, time_zone) -%}
  to_utc_timestamp(cast({{ date }} as timestamp), {{ time_zone }})
{%- endmacro %}

{#- In a select list: one row per day from `start` to `finish`, both included. -#}
{% macro each_day(start, finish) -%}
  {{- adapter.dispatch('each_day')(start, finish) -}}
{%- endmacro %}
{% macro duckdb__each_day(start, finish) -%}
  cast(unnest(generate_series({{ start }}, {{ finish }}, interval 1 day)) as date)
{%- endmacro %}
{% macro spark__each_day(start, finish) -%}
  explode(sequence({{ start }}, {{ finish }}))
{%- endmacro %}
