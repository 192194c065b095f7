"""What do customers say? Signals of single responses: sentiment, intents, keywords (VOC-4).

`engine` is the one interface; `lessons` are the three tables a user teaches by, `teaching` trains
from them. Below: `texts` is what the customer wrote, `languages` in which language, `english` and
`chinese` find opinion words (`readings`), `sentiment`, `intents`, `emotions`, `keywords` and
`names` the signals; `seeds` and `word_lists` what every engine knows, `learned` what examples add.
"""
