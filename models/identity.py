"""How duplicates of accounts and contacts are proposed (ACC-9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from models.definition import Definition


class Identity(Definition):
    """Proposals of duplicates; nothing is ever merged by them."""

    active: bool = True
    """Whether duplicates are proposed; identifiers are made comparable in any case."""
    min_probability: Annotated[Decimal, Field(ge=50, le=100, decimal_places=3)] = Decimal(90)
    """Probability, 0 to 100, from which a pair is proposed; pairs of ACC-9 always are."""
    largest_block: Annotated[int, Field(ge=2, le=10_000)] = 100
    """Records that share an identifier and are compared; more share it by chance."""
    most_pairs: Annotated[int, Field(ge=1_000, le=1_000_000_000)] = 10_000_000
    """Pairs that are compared before an identifier is left out."""
