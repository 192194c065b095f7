"""What the customers of the demo CRM write: every planted text is heard, labels follow (VOC)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.installation import Installation
from tests.end_to_end.test_zylker import Planted

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

LABELS = {
    "unhappy": "unhappy",
    "alarm": "unhappy",
    "buyer": "buyer",
    "competitor": "looking_elsewhere",
    "happy": "happy",
}
"""Label that each planted voice must get."""


@pytest.fixture(scope="module")
def planted(zylker: Installation) -> Planted:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return Planted(folder)


def test_every_text_of_a_customer_is_heard_once(zylker: Installation, planted: Planted) -> None:
    written = {event: text for event, *text in planted.rows("texts", "event_id, language")}
    heard = zylker.pairs(
        "select split_part(response_key, ':', 2), language from marts.fct_responses"
    )
    assert heard == {event: language for event, (language,) in written.items()}
    assert len(heard) > 800
    texts = zylker.private_rows("select count(*), count(distinct text_hash) from ml.heard_texts")
    assert texts[0][0] == texts[0][1] < len(heard)  # equal texts are read once


def test_planted_sentiments_intents_and_competitors_are_heard(
    zylker: Installation, planted: Planted
) -> None:
    truth = {
        event: (sentiment, intent, competitor)
        for event, sentiment, intent, competitor in planted.rows(
            "texts", "event_id, sentiment, intent, competitor"
        )
    }
    sentiments = zylker.pairs(
        "select split_part(response_key, ':', 2), sentiment from marts.fct_responses"
    )
    right = sum(sentiments[event] == said for event, (said, _, _) in truth.items())
    assert right >= 0.98 * len(truth)
    signals: dict[str, set[tuple[str, str]]] = {event: set() for event in truth}
    for event, kind, signal in zylker.rows(
        "select split_part(response_key, ':', 2), kind, signal from marts.fct_response_signals"
    ):
        signals[event].add((kind, signal))
    for event, (_, intent, competitor) in truth.items():
        named = {signal for kind, signal in signals[event] if kind == "competitor"}
        assert named == ({competitor} if competitor else set()), event
        assert intent is None or ("intent", intent.lower()) in signals[event], event


def test_planted_voices_come_out_in_labels(zylker: Installation, planted: Planted) -> None:
    labels = zylker.pairs("select account_id, voice_of_customer_label_id from marts.dim_accounts")
    found: Counter[tuple[str, str | None]] = Counter(
        (voice, labels[account])
        for account, voice in planted.rows("accounts", "account_id, voice")
        if account in labels
    )
    for voice, label in LABELS.items():
        given = {told: count for (kind, told), count in found.items() if kind == voice}
        assert given.keys() == {f"voice_of_customer.{label}"}, voice
    ordinary = {told: count for (kind, told), count in found.items() if kind == "ordinary"}
    assert ordinary[None] >= 0.95 * sum(ordinary.values())


def test_exactly_the_planted_alarms_go_off(zylker: Installation, planted: Planted) -> None:
    in_scope = zylker.ids("select account_id from marts.dim_accounts")
    expected = {a for a, v in planted.rows("accounts", "account_id, voice") if v == "alarm"}
    assert zylker.ids("select account_id from marts.rpt_voice_alarms") == expected & in_scope


def test_shares_come_with_their_sample_and_interval(zylker: Installation) -> None:
    """BEY-12; sentiments of an account are all of its analysed responses."""
    apart = zylker.rows(
        "select account_id from marts.rpt_account_voice where kind = 'sentiment'"
        " group by account_id, sample_count having sum(response_count) <> sample_count"
    )
    assert apart == []
    outside = zylker.rows(
        "select * from marts.rpt_account_voice"
        " where not (least_share <= response_share and response_share <= most_share"
        " and least_share >= 0 and most_share <= 1)"
    )
    assert outside == []
    # Newcombe's example of the method: 81 of 263 lie between 0.2553 and 0.3662.
    nine_of_ten = zylker.rows(
        "select distinct least_share, most_share from marts.rpt_account_voice"
        " where response_count = 8 and sample_count = 9"
    )
    assert [tuple(map(float, row)) for row in nine_of_ten] == [(0.565, 0.9801)]


def test_planted_competitor_talk_comes_out_in_a_segment(
    zylker: Installation, planted: Planted
) -> None:
    """Signals of single texts are related records of criteria."""
    named = {event for event, name in planted.rows("texts", "event_id, competitor") if name}
    texts = zylker.rows(
        "select split_part(response_key, ':', 2), account_id, occurred_on "
        "from marts.fct_responses where is_in_scope"
    )
    since = FIRST_DAY - timedelta(days=90)
    expected = {account for event, account, day in texts if event in named and day > since}
    members = "select account_id from marts.seg_members where segment_id = 'names_a_competitor'"
    assert zylker.ids(members) == expected
    assert 5 < len(expected) < len({account for event, account, _ in texts if event in named})
