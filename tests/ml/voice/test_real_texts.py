"""Floors on real texts, below what `benchmarks.voice` reports, so that a loss is seen at once."""

from __future__ import annotations

import csv

import numpy as np
import pandas as pd

from ml.voice.engine import Engine
from ml.voice.teaching import macro_f1
from tests.real_data import real_data


def test_airline_tweets_without_labels() -> None:
    with (real_data("airline_tweets") / "Tweets.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[1::4]
    found = Engine().classify(pd.DataFrame({"body": [row["text"] for row in rows]}))
    truth = np.array([row["airline_sentiment"] for row in rows], object)
    said = found["sentiment"].fillna("neutral").to_numpy(object)
    assert (said == truth).mean() > 0.60
    assert macro_f1(truth, said) > 0.56
    complains = np.array(["complaint" in intents for intents in found["intents"]])
    assert complains[truth == "negative"].mean() > 3 * complains[truth == "positive"].mean()


def test_takeaway_reviews_without_labels() -> None:
    with (real_data("zh_waimai_10k") / "waimai_10k.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[1::4]
    found = Engine().classify(pd.DataFrame({"body": [row["review"] for row in rows]}))
    assert (found["language"] == "zh").mean() > 0.99
    right = (found["sentiment_score"] > 0) == np.array([row["label"] == "1" for row in rows])
    assert right.mean() > 0.83
