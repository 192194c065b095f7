with run as (
    select * from {{ source('config', 'run') }}
),

-- Names of custom fields, where a metric is built on one (RFM-3).
fields as (
    select
        max(case when metric = 'recency' then field end) as recency_field,
        max(case when metric = 'monetary' then field end) as monetary_field
    from {{ source('config', 'rfm_metrics') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

deal_lines as (
    select * from {{ ref('int_deal_lines__stated') }}
),

marked as (
    {{ criterion('contribution') }}
),

-- The user picks the field of each metric (RFM-3); custom fields hold canonical text.
valued as (
    select
        marked.*,
        case {{ recency_field() }}
            when 'closing_date' then coalesce(marked.closing_date, marked.won_on)
            when 'won_on' then marked.won_on
            when 'created_at' then marked.created_on
            when 'modified_at' then {{ local_date('marked.modified_at', 'run.time_zone') }}
            else
                {{ lenient_cast(
                    map_value('marked.custom_fields', 'fields.recency_field'), 'date'
                ) }}
        end as purchased_on,
        case {{ monetary_field() }}
            when 'discount' then marked.discount
            when 'custom'
                then
                    {{ lenient_cast(
                        map_value('marked.custom_fields', 'fields.monetary_field'),
                        'decimal(18, 4)'
                    ) }}
        end as other_amount
    from marked
    cross join run
    cross join fields
),

contributed as (
    select
        valued.*,
        case
            when {{ monetary_field() }} in ('amount', 'base_amount') then valued.base_amount
            else {{ in_base_currency('valued.other_amount', 'valued', 'run') }}
        end as contributed_amount,
        {{ is_refund('valued') }} as is_refund,
        valued.is_chosen
        and valued.account_id is not null
        and coalesce(valued.purchased_on <= run.as_of, false) as is_contributing
    from valued
    cross join run
)

select * from contributed
