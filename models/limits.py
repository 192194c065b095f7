"""Every hard limit in one place, by preset and one by one (SPEC 23, GLC-4, SEG-6, TEC-8)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from models.definition import Definition

PresetName = Literal["zoho_enterprise", "zoho_ultimate", "unlimited"]

PRESETS: Final[Mapping[str, Mapping[str, int | None]]] = MappingProxyType(
    {
        "unlimited": MappingProxyType({"max_accounts": None, "max_segments": None}),
        "zoho_ultimate": MappingProxyType({"max_accounts": 500_000, "max_segments": 15}),
        "zoho_enterprise": MappingProxyType({"max_accounts": 200_000, "max_segments": 5}),
    }
)
"""What the presets change; every other limit is the same in all of them (GLC-4)."""

Count = Annotated[int, Field(ge=0, le=1_000_000_000)]


def _with_preset(raw: object) -> object:
    """Put the numbers of the preset under the limits given one by one."""
    if isinstance(raw, str):
        raw = {"preset": raw}
    if not isinstance(raw, Mapping):
        return raw
    preset = PRESETS.get(str(raw.get("preset", "unlimited")), {})
    return {**preset, **raw}


class Limits(Definition):
    """The limits a configuration is held to."""

    preset: PresetName = "unlimited"
    """Named set of limits; any single one can be overridden."""
    max_accounts: Annotated[Count, Field(ge=1)] | None = None
    """Accounts in scope at most; null is no cap (GLC-4, GLC-5)."""
    max_segments: Count | None = None
    """Segments at any time; null is no cap (SEG-6)."""
    max_technique_edits_per_day: Count = 2
    """Edits and activations of one technique a day (TEC-3)."""
    max_recommendation_label_edits_per_day: Count = 2
    """Edits or deletions of one recommendation label a day (TEC-7)."""
    max_rfm_labels: Count = 8
    """RFM labels (RFM-22)."""
    min_firmographic_labels: Count = 2
    """Firmographic labels at least (FIR-2)."""
    max_firmographic_labels: Count = 5
    """Firmographic labels at most (FIR-2)."""
    min_engagement_labels: Count = 5
    """Engagement labels at least (ENG-4, CON-4)."""
    max_engagement_labels: Count = 10
    """Engagement labels at most (TEC-8)."""
    max_voice_of_customer_labels: Count = 5
    """Voice-of-customer labels (TEC-8)."""
    min_recommendation_labels: Count = 2
    """Recommendation labels at least (REC-17)."""
    max_recommendation_labels: Count = 5
    """Recommendation labels at most (REC-17)."""
    min_recommendation_types: Count = 2
    """Recommendation types of one label at least (REC-18)."""
    max_products_per_type: Count = 10
    """Products of one type of a recommendation label (REC-19)."""
    max_bundles_per_label: Count = 2
    """Bundles of one recommendation label (REC-19)."""
    max_manual_refreshes_per_day: Count = 3
    """Manual refreshes of voice of customer a day (VOC-13)."""
    max_enrichment_fields: Count = 13
    """Fields filled by one enrichment (ENR)."""
    max_enrichment_records_per_day: Count = 5000
    """Records enriched a day."""
    max_enrichment_records_per_batch: Count = 500
    """Records enriched by one bulk operation."""
    max_export_fields: Count = 200
    """Fields of an export that chooses its fields (EXP)."""
    export_history_days: Count = 90
    """Days an export stays in the history."""
    export_download_days: Count = 14
    """Days an export can be downloaded."""
    max_criteria_depth: Annotated[int, Field(ge=1, le=50)] = 10
    """Nested levels of a criteria tree (F52)."""
    max_criteria_leaves: Annotated[int, Field(ge=1, le=5000)] = 500
    """Conditions of one criteria tree (F52)."""
    max_list_length: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Values of one `in` list (F52)."""
    max_text_length: Annotated[int, Field(ge=1, le=100_000)] = 10_000
    """Characters of one text value (F51)."""


LimitsForm = Annotated[
    Limits, BeforeValidator(_with_preset, json_schema_input_type=PresetName | Limits)
]
"""Limits as written: the name of a preset, or single limits over one."""
