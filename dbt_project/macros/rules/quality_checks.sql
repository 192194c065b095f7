{#-
  The catalogue of data quality checks: rows (check_name, module, severity, description). An error
  means that figures are not what the CRM says; a warning, that they are, with a reservation.
-#}
{% macro quality_checks() -%}
  {%- set checks = [
    ('deals_without_account', 'deals', 'warning', 'Deals that name no account; kept here, in no figure (LKP-7).'),
    ('deals_with_unknown_account', 'deals', 'warning', 'Deals of an account that never landed; kept here, in no figure (LKP-7).'),
    ('deals_in_unknown_stage', 'deals', 'error', 'Stages missing from the stage map; counted as open (EDG-5).'),
    ('deals_without_rate', 'deals', 'warning', 'No exchange rate found; counted, but without amount (EDG-4).'),
    ('won_deals_without_amount', 'deals', 'warning', 'Won deals without amount; counted, adding 0 (RFM-30).'),
    ('won_deals_of_zero_amount', 'deals', 'warning', 'Won deals with amount 0; counted as purchases, adding 0 (RFM-30).'),
    ('won_deals_without_date', 'deals', 'warning', 'Won deals with neither closing date nor day won; no purchase (RFM-32).'),
    ('won_deals_in_future', 'deals', 'warning', 'Won deals that close after the business date; not yet a purchase (RFM-32).'),
    ('deals_closed_before_created', 'deals', 'warning', 'Deals closed before they were created; left out of cycle lengths (EDG-21).'),
    ('deals_created_in_future', 'deals', 'warning', 'Deals created after the business date; not visible yet (EDG-1, EDG-21).'),
    ('deals_with_contact_of_other_account', 'deals', 'warning', 'The contact belongs to another account; the account of the deal is kept (LKP-6).'),
    ('deals_that_look_alike', 'deals', 'warning', 'Groups of deals equal in account, amount, closing date and name (EDG-13).'),
    ('lines_of_unknown_deal', 'deal_lines', 'warning', 'Lines of a deal that never landed; in no figure (LKP-7).'),
    ('lines_without_product', 'deal_lines', 'warning', 'Lines that name no product; their amount counts (LKP-7).'),
    ('lines_of_unknown_product', 'deal_lines', 'warning', 'Lines of a product that never landed; their amount counts (LKP-7).'),
    ('accounts_in_merge_cycle', 'accounts', 'error', 'Merges that lead back to themselves; not followed (EDG-12).'),
    ('accounts_merged_into_unknown', 'accounts', 'error', 'Merges into an account that never landed; not followed (EDG-12).'),
    ('accounts_without_contact', 'accounts', 'warning', 'Accounts in scope without a contact; they cannot be mailed (EDG-10).'),
    ('accounts_in_unknown_industry', 'accounts', 'warning', 'Industries missing from the synonyms, kept as they are (FIR-7).'),
    ('accounts_created_in_future', 'accounts', 'warning', 'Accounts created after the business date; not visible yet (EDG-1, EDG-21).'),
    ('contacts_without_account', 'contacts', 'warning', 'Contacts without an account that landed; in no figure (LKP-7).'),
    ('contacts_created_in_future', 'contacts', 'warning', 'Contacts created after the business date; not visible yet (EDG-1, EDG-21).'),
    ('events_without_contact', 'events', 'warning', 'Events whose contact nobody knows, neither by id nor by mail; kept, on no account (INT-6).'),
    ('events_of_shared_address', 'events', 'warning', 'Events of a mail address that several contacts have; the one active last got them (INT-6).'),
    ('events_of_unknown_kind', 'events', 'warning', 'Events their channel does not know; kept, without points (INT-4).'),
    ('events_of_unknown_direction', 'events', 'warning', 'Neither incoming nor outgoing, as the feed says: not read as words of the customer (INT-4).'),
    ('events_of_unknown_bounce_type', 'events', 'warning', 'Bounces neither hard nor soft, as the feed says; counted as bounces, no address is barred (INT-4).'),
    ('events_without_time', 'events', 'warning', 'Events that do not say when they happened; in no figure (EDG-1).'),
    ('events_in_future', 'events', 'warning', 'Events after the business date; not visible yet (EDG-1).'),
    ('events_known_too_late', 'events', 'warning', 'Events the source learned of after the business date; counted only with allow_late (INT-7).'),
  ] -%}
  {{ catalogue_of_checks(checks) }}
{%- endmacro %}
