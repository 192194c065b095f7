{#- What a feed says of a bounce and of who acted, where it is one of the values there are; else null
    (INT-4). What is null here and was said is reported (int_events__doubted). -#}
{% macro known_bounce_type(value) -%}
  case when {{ value }} in ('hard', 'soft') then {{ value }} end
{%- endmacro %}

{% macro known_direction(value) -%}
  case when {{ value }} in ('incoming', 'outgoing') then {{ value }} end
{%- endmacro %}
