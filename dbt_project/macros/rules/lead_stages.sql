{#-
  The stages a lead can reach, in order (HYG-5): rows (stage, stage_position, description). Which of
  them a lead reached is told by int_leads__progressed.
-#}
{% macro lead_stages() -%}
  {%- set stages = [
    ('captured', 'Landed, and not deleted.'),
    ('unique', 'The first captured of those that are the same person (HYG-3).'),
    ('reachable', 'A valid mail address that is not blocked, or a valid phone number (HYG-4).'),
    ('contact', 'Known as a contact, by id or mail address (INT-6).'),
    ('account_in_scope', 'At an account in scope.'),
    ('deal', 'A deal of that account was created after the capture.'),
    ('won_deal', 'Such a deal was won.'),
  ] -%}
  select
    stage,
    stage_position,
    description
  from (
    values
    {%- for stage, description in stages %}
    ('{{ stage }}', {{ loop.index }}, '{{ description }}'){{ "," if not loop.last }}
    {%- endfor %}
  ) as stages (stage, stage_position, description)
{%- endmacro %}
