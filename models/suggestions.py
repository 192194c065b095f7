"""Segments that the overview proposes, in the same language as any other (SEG-21 to SEG-25).

A suggestion is an ordinary dynamic segment that nobody has accepted yet. Its criteria speak only of
what the configuration has: labels of other names and techniques that are off are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from models.configuration import Configuration
from models.segments import Segment

LIKELY: Final = 10
"""Probability, 0 to 100, from which an offer is an occasion to expand.

SEG-22 says 50. Probabilities here are true, and those of single products within 90 days are small
(docs/report-cards.md: true share of the surest tenth of cross-sells and next purchases).
"""

_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "suggested_expansion": (
        "Expansion",
        "Buys often, bought lately, and is likely to buy something it does not own (SEG-22).",
    ),
    "suggested_retention": (
        "Retention",
        "Was worth much and has gone quiet, or its contract ends next month (SEG-23).",
    ),
    "suggested_win_back": ("Win back", "Bought long ago, little and seldom (SEG-24)."),
    "suggested_acquisition": ("Acquisition", "Never bought, and a deal is open (SEG-24)."),
}


def suggested_segments(configuration: Configuration) -> tuple[Segment, ...]:
    """Return the suggestions that the configuration can tell, as dynamic segments."""
    trees = {
        "suggested_expansion": _expansion(configuration),
        "suggested_retention": _retention(configuration),
        "suggested_win_back": _labelled(configuration, ("lost",)),
        "suggested_acquisition": {
            "all": [
                {"field": "won_deal_count", "equals": 0},
                {"field": "open_deal_count", "at_least": 1},
            ]
        },
    }
    return tuple(
        Segment.model_validate({"id": id_, "name": name, "description": text, "where": trees[id_]})
        for id_, (name, text) in _NAMES.items()
        if trees[id_] is not None
    )


def _expansion(configuration: Configuration) -> dict[str, Any] | None:
    active = configuration.techniques.active()
    if "rfm" not in active or "recommendations" not in active:
        return None
    return {
        "all": [
            {"field": "recency_score", "at_least": 3},
            {"field": "frequency_score", "at_least": 2},
            {
                "any_of": "recommendations",
                "where": {
                    "all": [
                        {
                            "field": "recommendation_type",
                            "in": ["next_purchase", "cross_sell", "bundle"],
                        },
                        {"field": "recommendation_probability", "at_least": LIKELY},
                    ]
                },
            },
        ]
    }


def _retention(configuration: Configuration) -> dict[str, Any]:
    ending: dict[str, Any] = {"field": "contract_end_date", "in": "next_month"}
    labels = _labelled(configuration, ("cannot_lose", "about_to_sleep", "needs_attention"))
    return ending if labels is None else {"any": [*labels["any"], ending]}


def _labelled(configuration: Configuration, ids: Iterable[str]) -> dict[str, Any] | None:
    """Return "has one of these RFM labels", of those that the configuration has."""
    known = [f"rfm.{id_}" for id_ in ids if f"rfm.{id_}" in configuration.catalogue.labels]
    return {"any": [{"label": label} for label in known]} if known else None
