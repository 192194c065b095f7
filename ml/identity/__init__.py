"""Who is the same? Identifiers made comparable, and pairs proposed as duplicates (ACC-9).

`mails`, `phones`, `domains`, `countries` and `names` make one text comparable, each with a reason
where it cannot; `records` does that for whole frames. `blocks` bounds which records are compared,
`comparisons` says how much an agreement is worth, `linking` asks Splink, `reasons` puts its weights
into words, `proposals` is all together. Nothing here merges anything: survivors come from the CRM
(`merged_into_id`).
"""
