"""Every asset and check of the project, in the order of the stages."""

from __future__ import annotations

from assets.configuration import configuration
from assets.exports import segment_exports
from assets.identity import identity
from assets.landing import LANDED, landing_books
from assets.landing_checks import landing_checks
from assets.predictions import predictions
from assets.publication import published_copy
from assets.recommendations import recommendations
from assets.transformation import conclusion, transformation
from assets.voices import voices

ASSETS = [
    configuration, *LANDED, landing_books, transformation, identity, voices,
    recommendations, predictions, conclusion, published_copy, segment_exports,
]  # fmt: skip
CHECKS = [landing_checks]
