"""Zylker: the built-in demo CRM, a maker of ticket software for health care.

`write_demo` writes a CRM export of 200 to 5,000,000 accounts with five years of deals, and the
events around them, from nothing but its parameters. What it plants lies beside the tables in
`truths/`; tests and report cards compare with it.

`truths/accounts.parquet`, one row per account:

| column | meaning |
|---|---|
| account_id, cohort | the account, and the kind of customer it was made as (`zylker.plan`) |
| recency_score, frequency_score, monetary_score, rfm_label | certain RFM result with five levels, purchases = won deals, scope = country known, active; null where not certain |
| is_churned | bought before, but not in the last 545 days |
| ladder_level, next_product_id | steps taken of Basic, Core, Advanced; the next one, where the purchases end there |
| rhythm_product_id, rhythm_gap_days, rhythm_due_on | consumable bought again and again, days between, next due date; each purchase lies at most `rhythm_spread_days` beside its beat |
| is_renewal_next_month | the contract ends in the calendar month after the business date |
| engagement, best_weekday, best_hour | ordinary; engaged: answers every mail and call on that weekday (0 = Monday) in the three hours from `best_hour`, and one other; silent: answers nothing |
| voice | unhappy, happy, buyer: more than 85 %, 85 % and all of at least nine texts of the last 170 days are negative, positive, purchases; competitor: six mentions; alarm: five angry mails in the last six days after calm ones; else ordinary |

`truths/texts.parquet`, one row per text of a customer: table, event_id, account_id, category,
sentiment, intent (null for none), keyword, competitor (null for none; quoted mails and signatures
do not count), language (en, zh).

`truths/duplicates.parquet`, one row per planted pair: table, kind (duplicate: nobody knows;
merged: the CRM says so), record_id, same_as_id.

`truths/leads.parquet`, one row per lead: lead_id, fate (converted: the CRM says to which contact;
known: by its mail only; colleague: mail of an account's domain; visitor: website of an account;
stranger; repeated), duplicate_of_lead_id, contact_id, has_bad_mail.

`truths/truths.json`: parameters; seasonal factors by month and yearly growth of the calendar that
dates are drawn from; products (ladders, bundles, consumables, owned together, the one that an
industry begins with, inactive); currency
without rate; competitors with aliases; odd deals by kind; records written twice; and for the CSV
shape the bad rows with file, physical line, row, column and reason. All bad rows are quarantined by
a landing that refuses missing keys, impossible dates and amounts, ragged rows and wrong bytes.
"""  # noqa: E501

from connectors.zylker.demo import TABLES, DemoSummary, write_demo

__all__ = ["TABLES", "DemoSummary", "write_demo"]
