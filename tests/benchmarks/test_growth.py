"""Growth exponents are those of known laws."""

from __future__ import annotations

import pytest

from benchmarks.growth import exponent


@pytest.mark.parametrize("power", [0.5, 1.0, 1.1, 2.0])
@pytest.mark.parametrize("fixed", [0.0, 20.0])
def test_a_power_law_over_a_fixed_cost_is_found_again(power: float, fixed: float) -> None:
    def cost(size: float) -> float:
        return fixed + 3 * size**power

    points = [(size, cost(size)) for size in (5_000.0, 50_000.0)]
    assert exponent(*points, fixed=fixed) == pytest.approx(power)
    if fixed:
        assert exponent(*points) < power


def test_a_fixed_cost_above_what_was_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"fixed cost 9\.0"):
        exponent((10, 9.0), (100, 12.0), fixed=9.0)
