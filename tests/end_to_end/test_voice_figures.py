"""What becomes of the demo's texts in figures: every one again from the planted truths.

Who wrote when comes from the exports, what is said from what was planted (VOC-22, VOC-23, BEY-12,
DSH-12 to DSH-18).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from assets.observation import shown
from assets.published import open_published
from models.catalogue import COMPUTED, Catalogue
from models.criteria_parsing import parse_criteria
from models.periods import Moment
from models.segment_compilation import compile_segments
from models.segments import Segment
from tests.end_to_end.conftest import FIRST_DAY
from tests.end_to_end.crm_oracle import Crm
from tests.end_to_end.engagement_oracle import Engagement
from tests.end_to_end.installation import Installation
from tests.end_to_end.test_voices import LABELS
from tests.end_to_end.test_zylker import Planted

pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.xdist_group("zylker"),
    pytest.mark.timeout(1200),  # shared runs are made inside the first test
]

WINDOW_BEGINS, TREND_BEGINS = date(2026, 5, 1), date(2026, 8, 1)
"""First days of six and of three months that end on 31 October (VOC-12)."""
BASES = {"responses": "event", "contacts": "contact", "accounts": "account"}
LOST_STAGES = {
    ("Standard", "Closed Lost"), ("Standard", "Closed Lost to Competition"),
    ("Renewals", "Not Renewed"), ("Renewals", "On Hold"),
}  # fmt: skip
WON_STAGES = {("Standard", "Closed Won"), ("Renewals", "Renewed")}


@dataclass(frozen=True)
class Spoken:
    """A text of somebody at an account in scope, with what was planted in it."""

    event: str
    account: str
    contact: str
    day: date
    sentiment: str
    intent: str | None
    competitor: str | None
    order: tuple[int, str]


@pytest.fixture(scope="module")
def planted(zylker: Installation) -> Planted:
    (folder,) = (path for path in (zylker.home / "demo_crm").iterdir() if path.is_dir())
    return Planted(folder)


@pytest.fixture(scope="module")
def told(planted: Planted) -> Engagement:
    refused = frozenset((row["file"], row["row"]) for row in planted.facts["bad_rows"])
    return Engagement(Crm(planted.folder, FIRST_DAY, refused))


@pytest.fixture(scope="module")
def spoken(zylker: Installation, planted: Planted, told: Engagement) -> list[Spoken]:
    keys = zylker.pairs("select split_part(event_key, ':', 2), event_key from marts.fct_events")
    events = {event.event_id: event for event in told.events}
    found = []
    for event_id, sentiment, intent, competitor in planted.rows(
        "texts", "event_id, sentiment, intent, competitor"
    ):
        event = events[event_id]
        account = None if event.contact is None else told.account(event.contact)
        if account in told.crm.in_scope:
            order = (-int(event.at.timestamp()), keys[event_id])
            found.append(
                Spoken(event_id, account, event.contact or "", event.at.date(), sentiment,
                       intent and intent.lower(), competitor, order)
            )  # fmt: skip
    assert len(found) > 800
    return found


def state_of(opinions: list[Spoken]) -> str | None:
    """The state of VOC-22 by the planted sentiments."""
    now = {s.sentiment for s in opinions if s.day >= TREND_BEGINS}
    before = {s.sentiment for s in opinions if s.day < TREND_BEGINS}
    if len(now) != 1 or len(before) > 1:
        return None
    names = {"positive": "promoter", "negative": "detractor"}
    (name,) = (names[one] for one in now)
    if not before:
        return f"new_{name}"
    return f"stays_{name}" if now == before else f"{names[before.pop()]}_to_{name}"


def test_promoters_and_detractors_follow_the_planted_sentiments(
    zylker: Installation, told: Engagement, spoken: list[Spoken]
) -> None:
    accounts: dict[str, list[Spoken]] = defaultdict(list)
    contacts: dict[tuple[str, str], list[Spoken]] = defaultdict(list)
    for text in spoken:
        if text.sentiment != "neutral":
            accounts[text.account].append(text)
            contacts[text.contact, text.account].append(text)
    states = zylker.pairs("select account_id, promoter_state from marts.seg_account_promoters")
    assert states == {account: state_of(texts) for account, texts in accounts.items()}
    assert Counter(states.values()) == {
        None: 79, "new_detractor": 17, "new_promoter": 8, "stays_promoter": 3,
        "detractor_to_promoter": 3, "promoter_to_detractor": 2, "stays_detractor": 1,
    }  # fmt: skip
    in_profile = zylker.pairs("select account_id, promoter_state from marts.dim_accounts")
    assert in_profile == {account: states.get(account) for account in told.crm.in_scope}
    by_contact = {
        row[:2]: row[2]
        for row in zylker.rows(
            "select contact_id, account_id, promoter_state from marts.seg_contact_promoters"
        )
    }
    assert by_contact == {who: state_of(texts) for who, texts in contacts.items()}


def test_a_segment_can_ask_for_those_who_turned(zylker: Installation) -> None:
    """VOC-22 in criteria: the compiled statement over the published accounts."""
    segment = Segment(
        id="turned", name="Turned", nature="dynamic",
        where=parse_criteria({"field": "promoter_state", "equals": "promoter_to_detractor"}),
    )  # fmt: skip
    fields = {field.name: field for field in COMPUTED}
    catalogue = Catalogue(accounts={}, scored_accounts=fields, related={}, rows={})
    moment = Moment(FIRST_DAY, "America/Los_Angeles")
    statement = compile_segments([segment], catalogue, moment, "duckdb")
    tables = (
        "accounts as (from marts.dim_accounts), "
        "prior_members as (select '' as segment_id, '' as account_id where false), "
        "segment_revisions as (select 'turned' as segment_id, true as is_created, "
        "true as is_revised)"
    )
    found = zylker.rows(
        f"with {tables} select account_id from ({statement}) as segments where is_member"
    )
    assert {account for (account,) in found} == zylker.ids(
        "select account_id from marts.seg_account_promoters "
        "where promoter_state = 'promoter_to_detractor'"
    )
    assert len(found) == 2


def test_sentiments_are_counted_by_contacts_accounts_and_responses(
    zylker: Installation, spoken: list[Spoken]
) -> None:
    """DSH-12, DSH-13, CON-13."""
    seen = [text for text in spoken if text.day >= WINDOW_BEGINS]
    expected = {}
    for basis, attribute in BASES.items():
        unique = {getattr(text, attribute) for text in seen}
        for sentiment in ("positive", "negative", "neutral"):
            said = {getattr(text, attribute) for text in seen if text.sentiment == sentiment}
            expected[basis, sentiment] = (len(said), len(unique))
    found = zylker.rows(
        "select basis, signal, slice_count, unique_count from marts.rpt_voice_slices "
        "where kind = 'sentiment'"
    )
    assert {row[:2]: row[2:] for row in found} == expected
    assert expected["contacts", "negative"] == (111, 248)
    # Some contacts are in several slices.
    assert sum(expected["contacts", s][0] for s in ("positive", "negative", "neutral")) > 248


def test_intents_are_counted_at_least_as_planted(
    zylker: Installation, spoken: list[Spoken]
) -> None:
    """DSH-14; a text may say more than what was planted in it."""
    found = {
        row[:2]: row[2]
        for row in zylker.rows(
            "select basis, signal, slice_count from marts.rpt_voice_slices where kind = 'intent'"
        )
    }
    seen = [text for text in spoken if text.day >= WINDOW_BEGINS and text.intent]
    for intent in ("complaint", "query", "request", "purchase"):
        for basis, attribute in BASES.items():
            said = {getattr(text, attribute) for text in seen if text.intent == intent}
            assert len(said) <= found[basis, intent] <= len(said) + 0.02 * len(seen), intent


def test_competitors_share_the_planted_mentions(zylker: Installation, spoken: list[Spoken]) -> None:
    """DSH-15: the whole history."""
    mentions = Counter(text.competitor for text in spoken if text.competitor)
    found = {
        row[0]: row[1:]
        for row in zylker.rows(
            "select competitor, mention_count, mention_share, contact_count "
            "from marts.rpt_competitors"
        )
    }
    total = mentions.total()
    assert found == {
        name: (
            count,
            (Decimal(count) / total).quantize(Decimal("0.0001")),
            len({text.contact for text in spoken if text.competitor == name}),
        )
        for name, count in mentions.items()
    }
    assert total == 53


def test_deals_after_a_mention_are_won_and_lost_as_the_exports_say(
    zylker: Installation, told: Engagement, spoken: list[Spoken]
) -> None:
    """VOC-23, every deal again from the CSV files."""
    crm = told.crm
    expected: dict[tuple[str, str], tuple[str, Decimal | None]] = {}
    for deal_id, deal in crm.newest("Deals", "Deal Id").items():
        stage = (deal["Pipeline"], deal["Stage"])
        state = "won" if stage in WON_STAGES else "lost" if stage in LOST_STAGES else None
        is_counted = (
            state is not None
            and deal["Is Deleted"] != "true"
            and deal["Account Id"] in crm.accounts
            and deal["Closing Date"]
            and not deal["Amount"].startswith("-")
        )
        if not is_counted or (closed := date.fromisoformat(deal["Closing Date"])) > FIRST_DAY:
            continue
        for text in spoken:
            is_ours = text.account == crm.survivor(deal["Account Id"])
            if text.competitor and is_ours and 0 <= (closed - text.day).days <= 90:
                amount = crm.base_amount(deal, closed)
                expected[deal_id, text.competitor] = (state or "", amount)
    found = zylker.rows(
        "select deal_id, competitor, state, round(base_amount, 2) from marts.rpt_competitor_deals"
    )
    assert {row[:2]: row[2:] for row in found} == {
        which: (state, None if amount is None else amount.quantize(Decimal("0.01")))
        for which, (state, amount) in expected.items()
    }
    sums = {
        row[0]: row[1:]
        for row in zylker.rows(
            "select competitor, won_deal_count, lost_deal_count, won_amount, lost_amount "
            "from marts.rpt_competitors"
        )
    }
    for name, (won, lost, won_amount, lost_amount) in sums.items():
        own = [said for (_, competitor), said in expected.items() if competitor == name]
        amounts: dict[str, Decimal] = defaultdict(Decimal)
        for state, amount in own:
            amounts[state] += amount or 0
        assert (won, lost) == tuple(sum(s == w for s, _ in own) for w in ("won", "lost")), name
        assert won_amount == amounts["won"].quantize(Decimal("0.01"))
        assert lost_amount == amounts["lost"].quantize(Decimal("0.01"))
    assert len(expected) == 8


def test_every_label_and_alarm_is_quoted(
    zylker: Installation, planted: Planted, spoken: list[Spoken]
) -> None:
    """BEY-12: the newest five of what the label of a planted voice asks for."""
    asked = {
        "unhappy": lambda text: text.sentiment == "negative",
        "buyer": lambda text: text.intent == "purchase",
        "looking_elsewhere": lambda text: text.competitor is not None,
        "happy": lambda text: text.sentiment == "positive",
        "alarm": lambda text: text.sentiment == "negative" and (FIRST_DAY - text.day).days < 7,
    }
    grounds: dict[tuple[str, str], list[Spoken]] = defaultdict(list)
    voices = dict(planted.rows("accounts", "account_id, voice"))
    for text in spoken:
        if text.day < WINDOW_BEGINS or voices[text.account] == "ordinary":
            continue
        reasons = {LABELS[voices[text.account]]}
        reasons |= {"alarm"} if voices[text.account] == "alarm" else set()
        for reason in reasons:
            if asked[reason](text):
                grounds[text.account, reason].append(text)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for account, reason, event in zylker.rows(
        "select account_id, split_part(reason, '.', -1), split_part(response_key, ':', 2) "
        "from marts.rpt_voice_quotes order by account_id, reason, quote_rank"
    ):
        found[account, reason].append(event)
    for which, texts in grounds.items():
        newest = sorted(texts, key=lambda text: text.order)[:5]
        assert found[which] == [text.event for text in newest], which
    assert len([which for which in grounds if which[1] == "alarm"]) >= 5
    # Nothing is quoted for a label that the account does not have, and every label has its quotes.
    labelled = zylker.rows(
        "select account_id, label_id from marts.seg_account_labels "
        "where technique = 'voice_of_customer' "
        "union all select account_id, 'alarm' from marts.rpt_voice_alarms"
    )
    assert found.keys() == {(account, label.split(".")[-1]) for account, label in labelled}
    silent = zylker.rows(
        "select * from marts.rpt_voice_quotes where quote = '' or signals is null "
        "or (sentiment <> 'neutral' and moved_by is null)"
    )
    assert silent == []


def test_keywords_of_complaints_are_severe(zylker: Installation) -> None:
    """DSH-16, DSH-17: words that only complaints use, and words that none of them does."""
    severity = zylker.pairs("select keyword, severity from marts.rpt_keywords")
    assert severity["consider leaving"] == severity["night shift"] == "High"
    assert severity["quote"] == severity["nurses"] == "Low"
    keywords = {"ticket routing", "patient portal", "report export", "mobile app", "chat widget"}
    assert keywords <= severity.keys()
    assert zylker.one("select max(weight) from marts.rpt_keyword_sentiments") == 1
    order = zylker.rows(
        "select severity, response_count, keyword from marts.rpt_keywords order by position"
    )
    levels = ("High", "Medium", "Low")
    assert order == sorted(order, key=lambda row: (levels.index(row[0]), -row[1], row[2]))


def test_keywords_beside_competitors_are_of_the_same_texts(zylker: Installation) -> None:
    """DSH-18: every mention of the window has its keywords, none has more than it."""
    apart = zylker.rows(
        "select competitor, keyword from marts.rpt_competitor_keywords "
        "join marts.rpt_competitors using (competitor) where response_count > mention_count"
    )
    assert apart == []
    assert zylker.ids("select competitor from marts.rpt_competitor_keywords") == {
        "Deskwell", "Ticketora", "HelioCare", "CareQueue",
    }  # fmt: skip


@pytest.mark.parametrize("table", ["fct_responses", "seg_account_promoters", "rpt_keywords"])
def test_assets_show_the_same_picture_of_the_same_figures(zylker: Installation, table: str) -> None:
    with open_published(zylker.published) as connection:
        first, again = shown(connection, table), shown(connection, table)
    assert first
    assert {name: value.value for name, value in first.items()} == {
        name: value.value for name, value in again.items()
    }


def test_nothing_heard_is_no_picture() -> None:
    with duckdb.connect() as connection:
        connection.execute("create schema marts")
        connection.execute(
            "create table marts.fct_responses (occurred_on date, sentiment varchar, "
            "is_analysed boolean, is_in_scope boolean)"
        )
        assert shown(connection, "fct_responses") == {}
