"""How fast a cost grows between two sizes. Never measure anything here."""

from __future__ import annotations

import math


def exponent(small: tuple[float, float], large: tuple[float, float], fixed: float = 0.0) -> float:
    """Growth exponent between two points (size, cost): 1 is as fast as the data.

    `fixed` is what a run costs on no data at all; it is taken off both costs.

    Raises:
        ValueError: the sizes are equal, or nothing is left of a cost without the fixed part.
    """
    (first, cheap), (second, dear) = small, large
    if first == second:
        raise ValueError(f"growth needs two sizes, both are {first:,.0f}")
    if min(cheap, dear) <= fixed:
        raise ValueError(f"the fixed cost {fixed:.1f} is not below {min(cheap, dear):.1f}")
    return math.log((dear - fixed) / (cheap - fixed)) / math.log(second / first)
