"""What is compared, and what an agreement is worth (ACC-9).

Every level of a comparison has an m, how often two records of one person or company are at it, and
a u, how often two strangers are; its weight is log2(m / u). The m are fixed and written down here:
a CRM holds too few duplicates to learn them from, and a proposal must not change because others
came. They were chosen on the even clusters of `splink_fake_1000` and on the demo CRM. The u are
counted in the data; those written down here hold where there are too few records to count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from ml.identity.blocks import BlockingRule

ELSE: Final = "ELSE"
MOST_COMPARED: Final = 64
"""Letters of a text by which likeness is told."""


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which two values may relate.

    Attributes:
        words: What it is called in a reason.
        condition: When two records are at it, over `_l` and `_r` of columns; the first that holds.
        m: Share of true pairs at it.
        u: Share of strangers at it, where there are too few records to count.
        column: The column whose equality it is, where it is one.
    """

    words: str
    condition: str
    m: float
    u: float
    column: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field and its levels, the closest first.

    Attributes:
        name: What the field is called in a reason.
        column: The column that decides whether there is anything to compare.
        levels: The closest first, `ELSE` last.
        is_counted: Whether the u are counted in the data.
        rare: Whether an agreement on a rare value is worth more than one on a usual one.
    """

    name: str
    column: str
    levels: tuple[Level, ...]
    is_counted: bool = True
    rare: bool = False

    def with_strangers(self, shares: tuple[float, ...]) -> Comparison:
        """Return the comparison with other u, one per level."""
        levels = (replace(lv, u=u) for lv, u in zip(self.levels, shares, strict=True))
        return replace(self, levels=tuple(levels))

    def settings(self) -> dict[str, Any]:
        """Return the comparison as Splink has it."""
        is_null = f'"{self.column}_l" is null or "{self.column}_r" is null'
        levels: list[dict[str, Any]] = [
            {"sql_condition": is_null, "label_for_charts": "missing", "is_null_level": True}
        ]
        for level in self.levels:
            adjusted = self.rare and level.column == self.column
            levels.append(
                {
                    "sql_condition": level.condition,
                    "label_for_charts": level.words,
                    "m_probability": level.m,
                    "u_probability": level.u,
                    **({"tf_adjustment_column": self.column} if adjusted else {}),
                }
            )
        return {"output_column_name": self.column, "comparison_levels": levels}


@dataclass(frozen=True, slots=True)
class Linkage:
    """How records of one kind are compared.

    Attributes:
        noun: What they are called, in the plural.
        comparisons: What is compared.
        rules: Which are compared; the first `same` of them make two records the same by ACC-9.
        same: Number of rules that do.
        also: Columns that conditions name beside those of their comparison.
    """

    noun: str
    comparisons: tuple[Comparison, ...]
    rules: tuple[BlockingRule, ...]
    same: int
    also: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that levels are compared by."""
        found = [comparison.column for comparison in self.comparisons]
        found += [
            level.column
            for comparison in self.comparisons
            for level in comparison.levels
            if level.column
        ]
        return tuple(dict.fromkeys([*found, *self.also]))


def _equal(column: str, m: float, u: float, words: str = "the same") -> Level:
    return Level(words, f'"{column}_l" = "{column}_r"', m, u, column)


def _like(column: str, similarity: float) -> str:
    return f"jaro_winkler_similarity({_starts(column)}) >= {similarity}"


def _within(column: str, edits: int) -> str:
    return f"levenshtein({_starts(column)}) <= {edits}"


def _starts(column: str) -> str:
    """Both texts, cut: what likeness costs grows with the square of their length."""
    return ", ".join(f'left("{column}_{side}", {MOST_COMPARED})' for side in ("l", "r"))


def _person(name: str, column: str, other: str) -> Comparison:
    crossed = f'"{column}_l" = "{other}_r" and "{other}_l" = "{column}_r"'
    return Comparison(
        name,
        column,
        (
            _equal(column, 0.52, 0.01),
            Level("swapped", crossed, 0.06, 0.0002),
            Level("alike", _like(column, 0.88), 0.22, 0.01),
            Level("somewhat alike", _like(column, 0.70), 0.08, 0.06),
            Level("different", ELSE, 0.12, 0.92),
        ),
        rare=True,
    )


CONTACTS: Final = Linkage(
    "contacts",
    (
        Comparison(
            "mail address",
            "mail",
            (
                _equal("mail", 0.55, 0.0001),
                _equal("mail_name", 0.20, 0.0005, "the same before the @"),
                Level("alike", f"{_like('mail', 0.92)} or {_within('mail', 3)}", 0.17, 0.0005),
                Level("different", ELSE, 0.08, 0.9989),
            ),
        ),
        Comparison(
            "phone number",
            "phone_key",
            (_equal("phone_key", 0.65, 0.0005), Level("different", ELSE, 0.35, 0.9995)),
        ),
        _person("first name", "first_name", "last_name"),
        _person("last name", "last_name", "first_name"),
        Comparison(
            "birth date",
            "birth_date",
            (
                _equal("birth_date", 0.45, 0.0002),
                Level("one digit apart", _within("birth_date", 1), 0.20, 0.002),
                Level("two digits apart", _within("birth_date", 2), 0.17, 0.02),
                Level("different", ELSE, 0.18, 0.9778),
            ),
        ),
        Comparison(
            "city",
            "city",
            (
                _equal("city", 0.60, 0.05),
                Level("alike", _like("city", 0.80), 0.28, 0.03),
                Level("different", ELSE, 0.12, 0.92),
            ),
            rare=True,
        ),
        # Persons of one account are strangers to each other; it says only a little.
        Comparison(
            "account",
            "account_id",
            (_equal("account_id", 0.60, 0.10), Level("different", ELSE, 0.40, 0.90)),
            is_counted=False,
        ),
    ),
    (
        BlockingRule("mail address", ("email_normalized",)),
        BlockingRule("phone number and last name", ("phone_key", "last_name")),
        BlockingRule("what stands before the @", ("mail_name",)),
        BlockingRule("first and last name", ("both_names",)),
        BlockingRule("phone number", ("phone_key",)),
        BlockingRule("birth date", ("birth_date",)),
        BlockingRule("account and last name", ("account_id", "last_name")),
        BlockingRule("account and first name", ("account_id", "first_name")),
        BlockingRule("mail domain and last name", ("own_domain", "last_name")),
        BlockingRule("mail domain and first name", ("own_domain", "first_name")),
        BlockingRule("month of birth and city", ("birth_month", "city")),
        BlockingRule("last name", ("last_name",)),
        BlockingRule("first name", ("first_name",)),
    ),
    same=2,
)
"""Contacts: the same by mail address, or by phone number and last name (ACC-9)."""

ACCOUNTS: Final = Linkage(
    "accounts",
    (
        Comparison(
            "name",
            "name_key",
            (
                _equal("name_key", 0.70, 0.0005),
                Level(
                    "alike",
                    f'"name_numbers_l" = "name_numbers_r" and ({_like("name_key", 0.93)} '
                    f"or {_within('name_key', 2)})",
                    0.15,
                    0.003,
                ),
                Level("somewhat alike", _like("name_key", 0.80), 0.08, 0.02),
                Level("different", ELSE, 0.07, 0.9765),
            ),
            rare=True,
        ),
        Comparison(
            "website domain",
            "own_domain",
            (_equal("own_domain", 0.85, 0.0002), Level("different", ELSE, 0.15, 0.9998)),
        ),
        Comparison(
            "phone number",
            "phone_key",
            (_equal("phone_key", 0.60, 0.0005), Level("different", ELSE, 0.40, 0.9995)),
        ),
        Comparison(
            "country",
            "region",
            (_equal("region", 0.95, 0.20), Level("different", ELSE, 0.05, 0.80)),
            rare=True,
        ),
        Comparison(
            "city",
            "city",
            (
                _equal("city", 0.70, 0.05),
                Level("alike", _like("city", 0.85), 0.10, 0.01),
                Level("different", ELSE, 0.20, 0.94),
            ),
            rare=True,
        ),
    ),
    (
        BlockingRule("website domain", ("own_domain",)),
        BlockingRule("name and country", ("name_key", "region")),
        BlockingRule("phone number", ("phone_key",)),
        BlockingRule("name", ("name_key",)),
        BlockingRule("beginning of the name and city", ("name_start", "city")),
        BlockingRule("beginning of the name", ("name_start",)),
    ),
    same=2,
    also=("name_numbers",),
)
"""Accounts: the same by website domain, or by name and country (ACC-9)."""
