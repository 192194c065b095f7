{#-
  The catalogue of hygiene checks (HYG-3): rows (check_name, module, severity, description). An error
  blocks mail use of the contact, a warning does not (HYG-4).
-#}
{% macro hygiene_checks() -%}
  {%- set checks = [
    ('contacts_without_mail', 'contacts', 'error', 'Contacts without a mail address: a required field is missing.'),
    ('contacts_with_invalid_mail', 'contacts', 'error', 'Mail addresses that no mail can reach, by their syntax.'),
    ('contacts_that_bounced', 'contacts', 'error', 'Contacts whose last mail bounced for good, and to whom none got through since.'),
    ('contacts_that_share_mail', 'contacts', 'warning', 'Contacts with the mail address of another contact (ACC-9).'),
    ('contacts_of_other_domain', 'contacts', 'warning', 'Mail addresses of another domain than the website of the account.'),
    ('contacts_with_phone_without_digits', 'contacts', 'warning', 'Phone numbers of contacts without a digit.'),
    ('contacts_created_in_future', 'contacts', 'warning', 'Contacts created after the business date (EDG-21).'),
    ('accounts_without_name', 'accounts', 'warning', 'Accounts without a name: a required field is missing.'),
    ('accounts_without_creation', 'accounts', 'warning', 'Accounts without creation date where others have one: a required field is missing.'),
    ('accounts_without_activity', 'accounts', 'warning', 'Accounts on which nothing happened for 365 days.'),
    ('accounts_with_phone_without_digits', 'accounts', 'warning', 'Phone numbers of accounts without a digit.'),
    ('accounts_that_are_the_same', 'accounts', 'warning', 'Accounts with the website domain, or the name and country, of another (ACC-9).'),
    ('accounts_created_in_future', 'accounts', 'warning', 'Accounts created after the business date (EDG-21).'),
    ('accounts_closed_with_open_deals', 'accounts', 'warning', 'Accounts of an inactive status that have open deals.'),
    ('deals_open_at_merged_account', 'deals', 'warning', 'Open deals that the CRM still has at an account that was merged into another.'),
    ('deals_created_in_future', 'deals', 'warning', 'Deals created after the business date (EDG-21).'),
    ('deals_closed_before_created', 'deals', 'warning', 'Deals closed before they were created (EDG-21).'),
    ('leads_with_invalid_mail', 'leads', 'error', 'Mail addresses of leads that no mail can reach, by their syntax.'),
    ('leads_that_share_mail', 'leads', 'warning', 'Leads with the mail address of another lead (ACC-9).'),
    ('leads_with_phone_without_digits', 'leads', 'warning', 'Phone numbers of leads without a digit.'),
    ('leads_captured_in_future', 'leads', 'warning', 'Leads captured after the business date (EDG-21).'),
    ('deals_without_rate', 'deals', 'warning', 'Deals in a currency for which there is no exchange rate (EDG-4).'),
  ] -%}
  {{ catalogue_of_checks(checks) }}
{%- endmacro %}
