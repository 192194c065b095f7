"""Quotients and roundings of DuckDB against Python's decimals, on amounts that doubles cannot hold.

Only the macros of exact numbers are tested here: every result must be right to the last digit, ties
going away from zero (EDG-4), also where the short way of the macro cannot be proved right.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import duckdb
import jinja2
import pytest

from tests.dbt_project.warehouse import PROJECT

EXACT = Context(prec=80, rounding=ROUND_HALF_UP)
MACROS = PROJECT / "macros" / "engine" / "numbers.sql"


@pytest.fixture(scope="module")
def macros() -> Any:
    """The macros of the DuckDB half, as functions that give SQL."""
    environment = jinja2.Environment(autoescape=False, extensions=["jinja2.ext.do"])
    return environment.from_string(MACROS.read_text(encoding="utf-8")).module


def quantized(value: Decimal, digits: int) -> Decimal:
    """A number rounded half away from zero, exactly."""
    return value.quantize(Decimal(1).scaleb(-digits), context=EXACT)


def found(
    expression: str, types: Mapping[str, str], rows: Iterable[tuple[Decimal, ...]]
) -> list[Decimal]:
    """Values of an expression over rows of decimals, in their order."""
    columns = ", ".join(f"{name} decimal({kind})" for name, kind in types.items())
    with duckdb.connect() as connection:
        connection.execute(f"create table numbers (position bigint, {columns})")
        marks = ", ".join("?" for _ in (None, *types))
        connection.executemany(
            f"insert into numbers values ({marks})",
            [(position, *map(str, row)) for position, row in enumerate(rows)],
        )
        result = connection.execute(f"select {expression} from numbers order by position")
        return [value for (value,) in result.fetchall()]


def amounts_and_rates() -> list[tuple[Decimal, Decimal]]:
    """Everyday pairs, the largest and smallest that fit, and pairs whose quotient is a tie."""
    chance = random.Random(4)
    pairs = []
    for _ in range(1_500):
        amount = Decimal(chance.randrange(10 ** chance.randrange(1, 19))).scaleb(-4)
        rate = Decimal(chance.randrange(1, 10 ** chance.randrange(1, 16))).scaleb(-10)
        pairs.append((amount * chance.choice([1, -1]), rate))
    # amount = rate * (n + 1/2) / 10^10 has four decimals where the rate is a multiple of 2 * 10^6.
    for _ in range(300):
        rate = Decimal(2_000_000 * chance.randrange(1, 5_000))
        half = Decimal(chance.randrange(10 ** chance.randrange(1, 11))) + Decimal("0.5")
        pairs.append((rate * half / 10**10 * chance.choice([1, -1]), rate))
    return [
        (amount, rate)
        for amount, rate in pairs
        if abs(amount) < 10**14 and abs(amount) / rate < 10**17
    ]


def test_quotients_are_exact_and_ties_go_away_from_zero(macros: Any) -> None:
    pairs = amounts_and_rates()
    expected = [quantized(EXACT.divide(amount, rate), 10) for amount, rate in pairs]
    ties = [pair for pair in pairs if is_tie(*pair)]
    assert len(pairs) > 1_000 and len(ties) > 200
    types = {"amount": "18, 4", "rate": "20, 10"}
    assert found(macros.duckdb__exact_quotient("amount", "rate"), types, pairs) == expected
    # The long way gives the same: it is what the short one is left for when it cannot be proved.
    assert found(macros.integer_quotient("amount", "rate"), types, pairs) == expected


def is_tie(amount: Decimal, rate: Decimal) -> bool:
    """Whether the quotient ends in a 5 right behind the tenth decimal."""
    scaled = EXACT.multiply(EXACT.divide(abs(amount), rate), Decimal(10**10))
    return scaled % 1 == Decimal("0.5")


@pytest.mark.parametrize(("kind", "scale", "to"), [("38, 10", 10, 2), ("30, 12", 12, 4)])
def test_roundings_are_exact_and_ties_go_away_from_zero(
    macros: Any, kind: str, scale: int, to: int
) -> None:
    chance = random.Random(5)
    half = Decimal(5).scaleb(-to - 1)
    nearly = Decimal(1).scaleb(-scale)
    values = []
    for _ in range(500):
        whole = Decimal(chance.randrange(10 ** chance.randrange(1, 18))).scaleb(-to)
        some = Decimal(chance.randrange(10 ** (scale - to))).scaleb(-scale)
        values += [whole + part for part in (0, some, half, half - nearly, half + nearly)]
    signed = [value * chance.choice([1, -1]) for value in values if value < 10**15]
    expected = [quantized(value, to) for value in signed]
    rows = [(value,) for value in signed]
    rounding = macros.duckdb__rounded("value", 22, to)
    assert found(rounding, {"value": kind}, rows) == expected
