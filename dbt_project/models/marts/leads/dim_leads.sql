with run as (
    select * from {{ source('config', 'run') }}
),

leads as (
    select * from {{ ref('stg_crm__leads') }}
),

steps as (
    select * from {{ ref('int_leads__stepped') }}
),

paths as (
    select
        lead_id,
        count(*) as step_count,
        max(case when step_position = 1 then step end) as first_step,
        max(case when is_last_step then step end) as last_step
    from steps
    group by lead_id
),

stages as (
    {{ lead_stages() }}
),

doubted as (
    select
        record_id,
        {{ sorted_list_text('check_name') }} as failed_checks
    from {{ ref('int_records__doubted') }}
    where module = 'leads'
    group by record_id
)

select
    ---------- ids
    leads.lead_id,
    merged.duplicate_of_lead_id,
    matched.contact_id,
    matched.account_id,
    leads.campaign_id,
    ---------- texts
    leads.lead_source,
    leads.campaign_kind,
    leads.path,
    paths.first_step,
    paths.last_step,
    progressed.stage,
    leads.first_name,
    leads.last_name,
    leads.company_name,
    leads.country,
    leads.email,
    identities.email_normalized,
    identities.email_reason,
    leads.phone,
    identities.phone_e164,
    identities.phone_reason,
    identities.web_domain,
    merged.duplicate_by,
    matched.contact_matched_by,
    matched.account_matched_by,
    doubted.failed_checks,
    ---------- numbers
    coalesce(paths.step_count, 0) as step_count,
    stages.stage_position,
    ---------- booleans
    identities.is_email_valid,
    identities.is_phone_valid,
    progressed.is_mail_blocked,
    matched.is_shared_address,
    progressed.is_unique,
    progressed.is_reachable,
    progressed.has_contact,
    progressed.is_account_in_scope,
    progressed.has_later_deal,
    progressed.has_later_won_deal,
    ---------- dates
    leads.captured_at,
    {{ local_date('leads.captured_at', 'run.time_zone') }} as captured_on,
    leads.converted_at,
    leads.modified_at,
    leads.custom_fields,
    run.as_of
from leads
cross join run
inner join {{ ref('int_leads__merged') }} as merged on leads.lead_id = merged.lead_id
inner join {{ ref('int_leads__matched') }} as matched on leads.lead_id = matched.lead_id
inner join {{ ref('int_leads__progressed') }} as progressed on leads.lead_id = progressed.lead_id
inner join {{ source('ml', 'lead_identities') }} as identities on leads.lead_id = identities.lead_id
inner join stages on progressed.stage = stages.stage
left join paths on leads.lead_id = paths.lead_id
left join doubted on leads.lead_id = doubted.record_id
