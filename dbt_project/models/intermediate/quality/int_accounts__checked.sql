with accounts as (
    select * from {{ ref('int_accounts__described') }}
),

contacts as (
    select * from {{ ref('int_contacts__described') }}
),

identities as (
    select * from {{ source('ml', 'contact_identities') }}
),

account_identities as (
    select * from {{ source('ml', 'account_identities') }}
),

deals as (
    select * from {{ ref('int_deals__converted') }}
),

doubted as (
    select * from {{ ref('int_records__doubted') }}
),

measured as (
    select
        account_id,
        created_at
    from {{ ref('int_accounts__measured') }}
),

dated as (
    select max(case when measured.created_at is not null then 1 else 0 end) as is_asked
    from accounts
    inner join measured on accounts.account_id = measured.account_id
),

used as (
    select max(case when email is not null then 1 else 0 end) as is_asked from contacts
),

of_contacts as (
    select
        contacts.account_id,
        count(*) as contact_count,
        count(identities.is_email_valid) as mail_count,
        count(identities.email_normalized) as valid_mail_count,
        count(contacts.phone) as phone_count,
        count(mailed.contact_id) as mailed_count
    from contacts
    inner join identities on contacts.contact_id = identities.contact_id
    left join {{ ref('int_contacts__mailed') }} as mailed
        on contacts.contact_id = mailed.contact_id
    group by contacts.account_id
),

of_deals as (
    select
        account_id,
        count(*) as deal_count,
        count(case when closed_on is not null then created_on end) as dated_count,
        count(case when rate_source <> 'base' then 1 end) as converted_count,
        count(case when landed_account_id <> account_id then 1 end) as moved_count
    from deals
    where account_id is not null
    group by account_id
),

failed as (
    select
        account_id,
        count(distinct check_name) as failed_check_count,
        max(case when check_name = 'contacts_created_in_future' then 1 else 0 end)
            as has_future_contact,
        max(case when check_name = 'deals_created_in_future' then 1 else 0 end) as has_future_deal
    from doubted
    group by account_id
),

-- A check applies where the account has a record that it can be asked of.
checked as (
    select
        accounts.account_id,
        3
        + coalesce(dated.is_asked, 0)
        + case when accounts.phone is not null then 1 else 0 end
        + case when of_contacts.contact_count > 0 then coalesce(used.is_asked, 0) else 0 end
        + case when of_contacts.mail_count > 0 then 1 else 0 end
        + case when of_contacts.valid_mail_count > 0 then 1 else 0 end
        + case
            when of_contacts.valid_mail_count > 0 and not account_identities.is_web_domain_public
                then 1
            else 0
        end
        + case when of_contacts.phone_count > 0 then 1 else 0 end
        + case when of_contacts.mailed_count > 0 then 1 else 0 end
        + case
            when of_contacts.contact_count > 0 or failed.has_future_contact = 1 then 1 else 0
        end
        + case when of_deals.deal_count > 0 or failed.has_future_deal = 1 then 1 else 0 end
        + case when of_deals.dated_count > 0 then 1 else 0 end
        + case when of_deals.converted_count > 0 then 1 else 0 end
        + case when of_deals.moved_count > 0 then 1 else 0 end as applicable_check_count,
        coalesce(failed.failed_check_count, 0) as failed_check_count
    from accounts
    cross join dated
    cross join used
    left join account_identities on accounts.account_id = account_identities.account_id
    left join of_contacts on accounts.account_id = of_contacts.account_id
    left join of_deals on accounts.account_id = of_deals.account_id
    left join failed on accounts.account_id = failed.account_id
)

select * from checked
