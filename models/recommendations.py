"""The recommendation technique as configured: five types, hot and cold labels (REC)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from models.definition import Definition, LabelDefinition, PlainText
from models.limits import Limits
from models.problems import Path, Problem

RecommendationType = Literal[
    "first_purchase", "next_purchase", "repeat_purchase", "cross_sell", "bundle"
]
RECOMMENDATION_TYPES: Final[tuple[RecommendationType, ...]] = (
    "first_purchase",
    "next_purchase",
    "repeat_purchase",
    "cross_sell",
    "bundle",
)
ProductId = Annotated[PlainText, StringConstraints(min_length=1, max_length=500)]
Probability = Annotated[Decimal, Field(ge=0, le=100, decimal_places=4)]


class ProductCondition(Definition):
    """Chosen products and the purchase probability they are compared with (REC-18)."""

    products: Literal["all"] | tuple[ProductId, ...] = "all"
    """Product ids, at most 10 (REC-19), or all."""
    probability: Probability
    """Purchase probability, 0 to 100 (REC-20)."""


class BundleCondition(Definition):
    """Chosen bundles of two products and the probability they are compared with (REC-19)."""

    bundles: Literal["all"] | tuple[tuple[ProductId, ...], ...] = "all"
    """At most 2 bundles of exactly 2 products, or all (CON-12)."""
    probability: Probability
    """Purchase probability, 0 to 100."""


class TypeConditions(Definition):
    """Conditions by recommendation type; a label uses at least two types (REC-18)."""

    first_purchase: ProductCondition | None = None
    """First purchase (REC-4)."""
    next_purchase: ProductCondition | None = None
    """Next purchase (REC-5)."""
    repeat_purchase: ProductCondition | None = None
    """Repeat purchase (REC-6)."""
    cross_sell: ProductCondition | None = None
    """Cross-sell (REC-7)."""
    bundle: BundleCondition | None = None
    """Bundle (REC-8)."""

    def given(self) -> dict[str, ProductCondition | BundleCondition]:
        """Return the conditions that are given, by type."""
        found = {name: getattr(self, name) for name in RECOMMENDATION_TYPES}
        return {name: condition for name, condition in found.items() if condition is not None}


class RecommendationLabel(LabelDefinition):
    """A label given by purchase probabilities (REC-18, REC-21)."""

    kind: Literal["hot", "cold"] = "hot"
    """hot: a probability reaches the score; cold: none of them is above it (REC-21)."""
    combine: Literal["any", "all"] = "any"
    """How the types of a hot label are joined (REC-21)."""
    types: TypeConditions
    """Conditions by recommendation type."""


def _every_type(probability: int) -> TypeConditions:
    conditions: Mapping[str, object] = {
        name: {"probability": probability} for name in RECOMMENDATION_TYPES
    }
    return TypeConditions.model_validate(conditions)


DEFAULT_LABELS: Final = (
    RecommendationLabel(
        id="hot",
        name="Hot lead",
        types=_every_type(70),
        description="Strong interest, likely to buy soon.",
    ),
    RecommendationLabel(
        id="cold",
        name="Cold lead",
        kind="cold",
        types=_every_type(30),
        description="Little interest, unlikely to buy without nurturing.",
    ),
)
"""The labels shipped: hot at 70 or more, cold at 30 or less (REC-17, REC-22)."""


def _shipped(raw: object) -> object:
    return DEFAULT_LABELS if raw == "default" else raw


class Recommendations(Definition):
    """The recommendation technique."""

    active: bool = True
    """Whether the technique is on."""
    types: Annotated[tuple[RecommendationType, ...], Field(min_length=1)] = RECOMMENDATION_TYPES
    """Types that are computed."""
    min_support: Annotated[Decimal, Field(gt=0, le=1)] | None = None
    """Least share of transactions; default max(0.01, 3 / transactions) (REC-10)."""
    min_confidence: Annotated[Decimal, Field(gt=0, le=1)] = Decimal("0.10")
    """Least confidence (REC-10)."""
    min_lift: Annotated[Decimal, Field(ge=0)] = Decimal(1)
    """Lift must be above this (REC-10)."""
    max_antecedents: Annotated[int, Field(ge=1, le=5)] = 1
    """Products on the left side of a rule (REC-10); more than one is mined by mlxtend."""
    horizon_days: Annotated[int, Field(ge=7, le=730)] = 90
    """Days ahead that a purchase probability speaks of (REC-20)."""
    most_products: Annotated[int, Field(ge=2, le=5_000)] = 1_000
    """Best sold products that are learned from; others are never recommended."""
    largest_basket: Annotated[int, Field(ge=2, le=1_000)] = 100
    """Products of a deal or account beyond which it is left out of pairs and steps."""
    sampled_accounts: Annotated[int, Field(ge=100, le=1_000_000)] = 30_000
    """Accounts whose past is learned from."""
    most_itemsets: Annotated[int, Field(ge=1_000, le=10_000_000)] = 500_000
    """Itemsets that mining may find before it is refused."""
    mining_megabytes: Annotated[int, Field(ge=100, le=1_000_000)] = 2_000
    """Memory that mining may use, in megabytes, before it is refused."""
    after_first: bool = False
    """First purchase also for accounts with exactly one purchase (REC-4)."""
    repeatable_products: tuple[ProductId, ...] = ()
    """Products that may be recommended to their owners (REC-5)."""
    labels: Annotated[
        tuple[RecommendationLabel, ...],
        BeforeValidator(
            _shipped, json_schema_input_type=Literal["default"] | tuple[RecommendationLabel, ...]
        ),
    ] = DEFAULT_LABELS
    """`default`, or 2 to 5 labels in order (REC-17)."""

    @model_validator(mode="after")
    def _types_once(self) -> Self:
        if len(set(self.types)) < len(self.types):
            raise ValueError("types names a type twice")
        return self


def asked_products(
    condition: ProductCondition | BundleCondition,
) -> tuple[tuple[str | None, str | None], ...]:
    """Return the products or pairs that a condition asks for; one pair of None stands for all."""
    if isinstance(condition, BundleCondition):
        if condition.bundles == "all":
            return ((None, None),)
        return tuple((one, other) for one, other in condition.bundles)
    if condition.products == "all":
        return ((None, None),)
    return tuple((product, None) for product in condition.products)


def label_problems(label: RecommendationLabel, limits: Limits, path: Path) -> list[Problem]:
    """Return where a label leaves the limits of REC-18 and REC-19."""
    problems = []
    given = label.types.given()
    least = limits.min_recommendation_types
    if len(given) < least:
        message = f"uses {len(given)} recommendation type(s), at least {least} are needed (REC-18)"
        problems.append(Problem((*path, "types"), message))
    for name, condition in given.items():
        place = (*path, "types", name)
        if isinstance(condition, BundleCondition):
            problems += _bundle_problems(condition, limits, (*place, "bundles"))
        else:
            problems += _product_problems(condition, limits, (*place, "products"))
    return problems


def _product_problems(condition: ProductCondition, limits: Limits, path: Path) -> list[Problem]:
    if condition.products == "all":
        return []
    found, most = len(condition.products), limits.max_products_per_type
    if not found:
        return [Problem(path, "names no product; list some or write all")]
    if found > most:
        return [Problem(path, f"{found} products, at most {most} are allowed (REC-19)")]
    if len(set(condition.products)) < found:
        return [Problem(path, "names a product twice")]
    return []


def _bundle_problems(condition: BundleCondition, limits: Limits, path: Path) -> list[Problem]:
    if condition.bundles == "all":
        return []
    found, most = len(condition.bundles), limits.max_bundles_per_label
    problems = []
    if not found:
        problems.append(Problem(path, "names no bundle; list some or write all"))
    if found > most:
        problems.append(Problem(path, f"{found} bundles, at most {most} are allowed (REC-19)"))
    for position, bundle in enumerate(condition.bundles):
        if len(bundle) != 2 or len(set(bundle)) != 2:
            message = f"a bundle has exactly two different products, found {len(bundle)} (CON-12)"
            problems.append(Problem((*path, position), message))
    return problems
