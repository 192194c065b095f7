"""Weights of terms: naive Bayes beside the regressions, against sums made one by one (VOC-14)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from ml.voice import weights
from ml.voice.languages import CHINESE

TERMS = 3
TEXTS = st.lists(st.lists(st.integers(0, 4), min_size=TERMS, max_size=TERMS), min_size=3)


@settings(max_examples=25, deadline=None)
@given(texts=TEXTS, count=st.sampled_from([2, 3]))
def test_naive_bayes_stands_beside_the_regressions(texts: list[list[int]], count: int) -> None:
    names = ["negative", "neutral", "positive"][:count]
    labels = [names[n % count] for n in range(len(texts))]
    rows, opinions = csr_matrix(np.array(texts, float)), np.ones((len(texts), 1))
    shares = dict.fromkeys(names, 1.0)
    found, intercepts = weights.weights_of_terms(CHINESE, rows, opinions, labels, shares)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weights, "BAYES_SHARE", {CHINESE: 0.0})
        without, same = weights.weights_of_terms(CHINESE, rows, opinions, labels, shares)
    # The more the texts of other labels have of a term, the more it tells against this one.
    told = []
    for name in names:
        others = [text for text, label in zip(texts, labels, strict=True) if label != name]
        sums = [sum(text[n] for text in others) + weights.SMOOTHING for n in range(TERMS)]
        told.append([-math.log(one / sum(sums)) for one in sums])
    expected = np.array(told) - np.mean(told, axis=0)
    share = weights.BAYES_SHARE[CHINESE]
    np.testing.assert_allclose(found[:, :TERMS] - without[:, :TERMS], share * expected, atol=1e-9)
    np.testing.assert_array_equal(found[:, TERMS:], without[:, TERMS:])
    np.testing.assert_array_equal(intercepts, same)
