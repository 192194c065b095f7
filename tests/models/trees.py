"""Random bound criteria over the catalogue of the population."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from models.binding import OPERATORS, bound
from models.catalogue import COMPUTED_MODULES, Catalogue, CatalogueField, Place
from models.criteria import (
    COUNT_OPERATORS,
    PERIODS,
    RELATED_MODULES,
    RELATIVE_OPERATORS,
    STATES,
    Node,
    Operator,
)
from models.criteria_parsing import parse_criteria
from models.fields import FieldType
from models.text import trim
from tests.models.hostile import HOSTILE_TEXTS
from tests.models.population import DAYS, OFFSETS, WORDS

_TEXTS = st.sampled_from([text for text in (*HOSTILE_TEXTS, *WORDS) if trim(text)]) | st.text(
    min_size=1, max_size=4
).filter(lambda t: bool(trim(t)) and "\0" not in t)
_DATES = st.builds(
    lambda day, days: day + timedelta(days=days), st.sampled_from(DAYS), st.sampled_from(OFFSETS)
)
_VALUES: dict[FieldType, SearchStrategy[Any]] = {
    FieldType.TEXT: _TEXTS,
    FieldType.INTEGER: st.sampled_from((0, 1, 2, 3, 5, 9, 10, 99, 100, -1, 10**17)),
    FieldType.AMOUNT: st.sampled_from(
        [Decimal(t) for t in ("0", "-5", "0.0001", "99.99", "99.9899", "1500", "1500.01")]
    ),
    FieldType.RATE: st.sampled_from([Decimal(t) for t in ("0", "1", "0.0000000001", "1.25")]),
    FieldType.BOOLEAN: st.booleans(),
    FieldType.DATE: _DATES,
    FieldType.TIMESTAMP: _DATES,
}


@st.composite
def field_leaves(draw: st.DrawFn, fields: list[CatalogueField]) -> dict[str, Any]:
    """Draw a leaf on one field, as it is written; every type of field is as likely."""
    type_ = draw(st.sampled_from(sorted({field.type for field in fields})))
    field = draw(st.sampled_from([field for field in fields if field.type is type_]))
    operator = draw(st.sampled_from(OPERATORS[field.type]))
    values = _VALUES[field.type]
    value: Any
    if operator is Operator.IS:
        states = STATES if field.type is FieldType.BOOLEAN else STATES[:2]
        value = draw(st.sampled_from(states))
    elif operator is Operator.IN_PERIOD:
        return {"field": field.name, "in": draw(st.sampled_from(PERIODS))}
    elif operator in RELATIVE_OPERATORS:
        value = draw(st.integers(1, 14))
    elif operator is Operator.BETWEEN:
        value = sorted(draw(st.lists(values, min_size=2, max_size=2)))
    elif operator in (Operator.IN, Operator.NOT_IN):
        value = draw(st.lists(values, min_size=1, max_size=4))
    else:
        value = draw(values)
    return {"field": field.name, operator.value: value}


@st.composite
def related_leaves(draw: st.DrawFn, catalogue: Catalogue, place: Place) -> dict[str, Any]:
    """Draw a quantifier over related records, as it is written."""
    possible = [m for m in RELATED_MODULES if m not in COMPUTED_MODULES or place is Place.SEGMENT]
    module = draw(st.sampled_from(possible))
    quantifier = draw(st.sampled_from(("any_of", "none_of", "count_of")))
    leaf: dict[str, Any] = {quantifier: module}
    if draw(st.booleans()):
        leaf["where"] = draw(nested(field_leaves(list(catalogue.related[module].values())), 3))
    if quantifier == "count_of":
        operator = draw(st.sampled_from(COUNT_OPERATORS))
        counts = sorted(draw(st.lists(st.integers(0, 5), min_size=2, max_size=2)))
        leaf[operator.value] = counts if operator is Operator.BETWEEN else counts[0]
    return leaf


def nested(single: SearchStrategy[dict[str, Any]], most: int) -> SearchStrategy[dict[str, Any]]:
    """Nest leaves in all, any and not."""
    return st.recursive(
        single,
        lambda inner: st.one_of(
            st.builds(lambda c: {"all": c}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda c: {"any": c}, st.lists(inner, min_size=1, max_size=3)),
            st.builds(lambda c: {"not": c}, inner),
        ),
        max_leaves=most,
    )


def trees(catalogue: Catalogue, place: Place) -> SearchStrategy[Node]:
    """Draw bound trees for a place."""
    singles = [
        field_leaves(list(catalogue.fields(place).values())),
        related_leaves(catalogue, place),
    ]
    if place is Place.SEGMENT:
        labels = st.sampled_from(sorted(catalogue.labels))
        singles.append(st.builds(lambda label: {"label": label}, labels))
        if catalogue.segments:
            segments = st.sampled_from(sorted(catalogue.segments))
            singles.append(st.builds(lambda segment: {"segment": segment}, segments))
    written = nested(st.one_of(singles), 6)
    return written.map(lambda raw: bound(parse_criteria(raw), catalogue, place))


def business_dates() -> SearchStrategy[date]:
    """Draw the business date of a run."""
    return st.sampled_from(DAYS)
