select
    account_id,
    count(
        case
            when
                email_normalized is not null
                and not coalesce(email_opt_out, false)
                and not is_mail_blocked
                then 1
        end
    ) as mailable_contact_count,
    count(case when email_opt_out then 1 end) as opted_out_contact_count
from {{ ref('dim_contacts') }}
group by account_id
