with loads as (
    select
        module,
        load_id,
        load_sequence,
        source,
        is_snapshot,
        exported_on,
        rows_read,
        rows_accepted,
        rows_quarantined,
        rows_duplicate,
        rows_filtered,
        rows_read = rows_accepted + rows_quarantined + rows_duplicate + rows_filtered as is_balanced
    from {{ source('landing', 'loads') }}
    where is_active
)

select * from loads
