{#- Whether the opinions of an account call for action (VOC-21): half of five or more of the last seven
    days are negative, and that is twice the share of the four weeks before. `counted` has response_count,
    negative_count, earlier_count, earlier_negative_count. -#}
{% macro is_alarming(counted) -%}
  (
    {{ counted }}.response_count >= 5
    and 2 * {{ counted }}.negative_count >= {{ counted }}.response_count
    and {{ counted }}.negative_count * {{ counted }}.earlier_count
    >= 2 * {{ counted }}.earlier_negative_count * {{ counted }}.response_count
  )
{%- endmacro %}

{#- Which of the two spans that an alarm compares a response of so many days ago belongs to: `last`, the
    seven days up to today, or `earlier`, the four weeks before; null for neither (VOC-21). -#}
{% macro alarm_span(age_days) -%}
  case when {{ age_days }} < 7 then 'last' when {{ age_days }} < 35 then 'earlier' end
{%- endmacro %}
