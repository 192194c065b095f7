"""When sales takes an account over, as tables of schema `config` (SRS)."""

from __future__ import annotations

from typing import Any, Final

from models.column_types import COUNT, DECIMAL, TEXT, Table
from models.configuration import Configuration
from models.describing import describe


def readiness_tables(configuration: Configuration) -> dict[str, Table]:
    """Return weights and bounds of the sales-ready score, and the ideal customer in words."""
    return {
        "sales_readiness_settings": (_SETTINGS, _settings(configuration)),
        "ideal_customer_criteria": (_CRITERIA, _criteria(configuration)),
    }


_SETTINGS: Final = {
    "prediction_id": TEXT,
    "engagement_weight": DECIMAL,
    "fit_weight": DECIMAL,
    "prediction_weight": DECIMAL,
    "threshold": DECIMAL,
    "rearm_below": DECIMAL,
    "pause_days": COUNT,
}


def _settings(configuration: Configuration) -> list[tuple[Any, ...]]:
    readiness = configuration.sales_readiness
    if readiness is None or not readiness.active:
        return []
    return [
        (
            readiness.prediction,
            readiness.engagement_weight,
            readiness.fit_weight,
            readiness.prediction_weight,
            readiness.threshold,
            readiness.rearm_below,
            readiness.pause_days,
        )
    ]


_CRITERIA: Final = {
    "criterion_id": TEXT,
    "position": COUNT,
    "name": TEXT,
    "definition": TEXT,
}


def _criteria(configuration: Configuration) -> list[tuple[Any, ...]]:
    readiness = configuration.sales_readiness
    if readiness is None or not readiness.active:
        return []
    return [
        (criterion.id, position, criterion.name, describe(criterion.where))
        for position, criterion in enumerate(readiness.ideal_customer, start=1)
    ]
