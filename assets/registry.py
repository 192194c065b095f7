"""Every asset and check of the project, in the order of the stages."""

from __future__ import annotations

from assets.configuration import configuration
from assets.exports import segment_exports
from assets.landing import LANDED, landing_books
from assets.landing_checks import landing_checks
from assets.publication import published_copy
from assets.transformation import transformation

ASSETS = [configuration, *LANDED, landing_books, transformation, published_copy, segment_exports]
CHECKS = [landing_checks]
