"""Duplicates are proposed by rule, by likeness and by a third record, each with its reasons."""

from __future__ import annotations

import math
import random
import re
from itertools import combinations
from typing import Any

import pandas as pd
import pytest

from benchmarks.identity import AIMS, people, true_pairs
from ml.identity.blocks import Bounds
from ml.identity.linking import LEAST_COUNTED
from ml.identity.proposals import (
    BY_LIKENESS,
    BY_RULE,
    BY_THIRD,
    Proposals,
    account_proposals,
    contact_proposals,
)
from models.identity import Identity
from tests.ml.identity.frames import accounts, contacts
from tests.real_data import real_data

CHOSEN = Identity()
BOUNDS = Bounds(CHOSEN.largest_block, CHOSEN.most_pairs)
LEAST = float(CHOSEN.min_probability)


def pairs(found: Proposals) -> dict[tuple[str, str], dict[str, Any]]:
    one, other = found.pairs.columns[:2]
    rows = found.pairs.astype(object).where(found.pairs.notna(), None)
    return {(row[one], row[other]): row for row in rows.to_dict("records")}


def some_contacts(seed: int, count: int) -> pd.DataFrame:
    """Contacts of few names, mails and phones, so that many share some."""
    chance = random.Random(seed)
    names = ["Anna", "Ben", "Carla", "David", "Elena", "Felix", "Grace", "Hugo"]
    rows = []
    for number in range(count):
        first, last = chance.choice(names), chance.choice(["Adams", "Bauer", "Chen", "Dubois"])
        mail = f"{first}.{last}{chance.randrange(count)}@{chance.choice(['a', 'b'])}.com"
        phone = f"+49 30 90{chance.randrange(1000, 1000 + count):04}"
        rows.append({
            "account_id": f"a{number % 7}",
            "first_name": first if chance.random() < 0.9 else None,
            "last_name": last if chance.random() < 0.9 else None,
            "email": mail.upper() if chance.random() < 0.3 else mail,
            "phone": phone if chance.random() < 0.7 else None,
        })  # fmt: skip
    return contacts(*rows)


def same_by_rule(found: Proposals) -> set[tuple[str, str]]:
    """ACC-9 told again: equal mail, or equal phone and last name."""
    rows = sorted(found.identities.to_dict("records"), key=lambda row: row["contact_id"])
    return {
        (one["contact_id"], other["contact_id"])
        for one, other in combinations(rows, 2)
        if (one["email_normalized"] and one["email_normalized"] == other["email_normalized"])
        or (
            one["phone_e164"]
            and one["phone_e164"] == other["phone_e164"]
            and one["last_name"]
            and one["last_name"] == other["last_name"]
        )
    }


@pytest.mark.parametrize("count", [60, LEAST_COUNTED + 60])
def test_every_pair_of_a_rule_is_proposed_whatever_its_weight(count: int) -> None:
    found = contact_proposals(some_contacts(count, count), BOUNDS, 99.9)
    by_rule = {pair for pair, row in pairs(found).items() if row["found_by"] == BY_RULE}
    assert by_rule == same_by_rule(found)
    assert len(by_rule) > 3
    for row in pairs(found).values():
        assert (row["rule"] is not None) == (row["found_by"] == BY_RULE)
        assert row["found_by"] != BY_LIKENESS or row["match_probability"] >= 99.9


@pytest.mark.parametrize("count", [60, LEAST_COUNTED + 60])
def test_the_order_of_records_changes_nothing(count: int) -> None:
    frame = some_contacts(5, count)
    shuffled = frame.sample(frac=1, random_state=3)
    first, second = (contact_proposals(records, BOUNDS, LEAST) for records in (frame, shuffled))
    pd.testing.assert_frame_equal(first.pairs, second.pairs)
    pd.testing.assert_frame_equal(first.identities, second.identities)


@pytest.mark.parametrize("count", [60, LEAST_COUNTED + 60])
def test_weights_add_up_and_are_the_probability(count: int) -> None:
    for row in pairs(contact_proposals(some_contacts(9, count), BOUNDS, 50)).values():
        said = [float(weight) for weight in re.findall(r" ([+-]\d+\.\d)(?:;|$)", row["reasons"])]
        assert abs(sum(said) - row["match_weight"]) <= 0.05 * (len(said) + 8)
        odds = 2 ** row["match_weight"]
        assert math.isclose(row["match_probability"], 100 * odds / (1 + odds), abs_tol=6e-4)


def test_reasons_are_words() -> None:
    found = contact_proposals(
        contacts(
            {"first_name": "Ann", "last_name": "Lee", "email": "ann@acme.com", "city": "Rome"},
            {"first_name": "Anna", "last_name": "Lee", "email": "ANN@acme.com", "city": "Oslo"},
        ),
        BOUNDS,
        LEAST,
    )
    (row,) = pairs(found).values()
    assert row["rule"] == "same mail address"
    for said in ("mail address the same +", "last name the same +", "first name alike +",
                 "city different -", "two of all records -"):  # fmt: skip
        assert said in row["reasons"]


def test_a_third_record_joins_two_that_share_nothing() -> None:
    strangers = [
        {"first_name": f"F{n}", "last_name": f"L{n}", "email": f"p{n}@x{n}.com",
         "phone": f"+49 30 90182{n:04}", "birth_date": f"19{n % 90 + 10}-01-02"}
        for n in range(300)
    ]  # fmt: skip
    chain = [
        {"first_name": "Katherine", "last_name": "Sato", "email": "kate@home.org",
         "phone": "+49 30 5550001", "birth_date": "1980-05-06"},
        {"first_name": "Katherine", "last_name": "Sato", "email": "kate@home.org",
         "phone": "+49 30 5550002", "birth_date": "1980-05-06"},
        {"first_name": "Katherine", "last_name": "Tanaka", "email": "k.tanaka@work.org",
         "phone": "+49 30 5550002", "birth_date": "1980-05-06"},
    ]  # fmt: skip
    found = pairs(contact_proposals(contacts(*strangers, *chain), BOUNDS, LEAST))
    assert {pair: row["found_by"] for pair, row in found.items()} == {
        ("c0300", "c0301"): BY_RULE,
        ("c0301", "c0302"): BY_LIKENESS,
        ("c0300", "c0302"): BY_THIRD,
    }


def account(name: str, country: str, website: str | None = None) -> dict[str, Any]:
    return {"account_name": name, "billing_country": country, "website": website}


def test_accounts_by_domain_and_by_name_and_country() -> None:
    found = pairs(
        account_proposals(
            accounts(
                account("Acme GmbH", "Germany", "https://www.acme.com"),
                account("Brewery", "France", "acme.com/about"),
                account("ACME", "DE"),
                account("Acme Inc", "USA"),
                account("One", "France", "facebook.com/one"),
                account("Two", "France", "facebook.com/two"),
                account("Clinic 2", "France"),
                account("Clinic 3", "France"),
            ),
            BOUNDS,
            LEAST,
        )
    )
    rules = {pair: row["rule"] for pair, row in found.items() if row["rule"]}
    assert rules == {
        ("a0000", "a0001"): "same website domain",
        ("a0000", "a0002"): "same name and country",
    }
    assert not {("a0004", "a0005"), ("a0006", "a0007")} & found.keys()


@pytest.mark.parametrize("count", [0, 1, 2])
def test_next_to_no_records(count: int) -> None:
    frame = accounts(*[{"account_name": "Acme", "billing_country": "DE"}] * count)
    found = account_proposals(frame, BOUNDS, LEAST)
    assert len(found.identities) == count
    assert len(found.pairs) == (1 if count == 2 else 0)
    assert list(found.pairs.columns[:2]) == ["account_id", "other_account_id"]
    assert account_proposals(frame, None, LEAST).pairs.empty


def test_what_is_shared_by_too_many_is_told_with_its_setting() -> None:
    shared = [{"email": "info@acme.com", "first_name": f"N{n}"} for n in range(12)]
    twins = [{"email": "jane@b.com"}, {"email": "jane@b.com"}]
    found = contact_proposals(contacts(*shared, *twins), Bounds(10, CHOSEN.most_pairs), LEAST)
    assert list(pairs(found)) == [("c0012", "c0013")]
    assert "12 contacts are not compared by mail address" in found.left_out[0]
    assert "identity.largest_block (10)" in found.left_out[0]


def test_precision_and_recall_on_real_errors() -> None:
    frame, clusters = people(real_data("splink_fake_1000"))
    truth = true_pairs(clusters)
    assert len(truth) == 2_031
    found = contact_proposals(frame, BOUNDS, LEAST)
    said = set(pairs(found))
    precision, recall = len(said & truth) / len(said), len(said & truth) / len(truth)
    assert (precision >= AIMS[0], recall >= AIMS[1]) == (True, True), (precision, recall)
    assert found.left_out == ()
