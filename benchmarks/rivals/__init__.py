"""The RFM part as other people would write it: one program per way, each a process of its own.

Every program is called with two paths: the task (the modelled accounts and deals and what is
configured, see `benchmarks.rivals_at_work`) and the Parquet file to write, with one row per scored
account: account_id, recency_score, frequency_score, monetary_score, label_id. Accounts and deals
are what Quintile has landed, cleaned, merged and converted to base currency, so that every way does
the RFM part and nothing else. They follow the same rules:

- in scope are accounts with a billing country that are not merged away, deleted or inactive (GLC);
- a purchase is a won deal closed on or before the business date; one without an amount counts but
  adds nothing (RFM-30), a negative one only reduces the amount (RFM-31);
- a score is 1 plus the number of cut-points below the value, a cut-point being the value at
  position ceil(j * n / 5); the best value scores 5 unless it is also the worst (RFM-17, RFM-19);
- the label is the first pattern that fits (RFM-22).

They import nothing of the project, so that any Python
with their library runs them.
"""
