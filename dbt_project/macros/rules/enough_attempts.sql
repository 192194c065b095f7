{#- Whether attempts to reach somebody are enough to tell a response rate: five; four tell nothing
    (ENG-5, ACC-6). -#}
{% macro enough_attempts(attempt_count) -%}
  {{ attempt_count }} >= 5
{%- endmacro %}
