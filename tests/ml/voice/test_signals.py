"""The rules of single responses, each by a small exact case (VOC-5 to VOC-14)."""

from __future__ import annotations

from typing import Any

import pytest

from connectors.zylker.phrases import CATEGORIES, COMPETITORS, KEYWORDS, MENTIONS
from ml.voice.emotions import ROLL_UP
from ml.voice.keywords import ranked_keywords
from tests.ml.voice.reading import lessons, signals


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("The portal is excellent.", "positive"),
        ("The portal is not good.", "negative"),
        ("The portal is terrible.", "negative"),
        ("The portal is excellent, but the installation was a terrible experience.", "neutral"),
        ("Great support as always; sadly the portal is still slow and annoying.", "neutral"),
        ("The meeting takes place on Thursday.", "neutral"),
        ("We are tired of this process.", "negative"),
        ("No problem at all.", "positive"),
        ("😀", "positive"),
        ("服务非常好。", "positive"),
        ("服务不好。", "negative"),
        ("一点也不满意", "negative"),
        ("门户很好用，但是安装过程很糟糕。", "neutral"),
        ("会议改到星期四。", "neutral"),
        ("非常感谢", "positive"),
    ],
)
def test_both_traits_or_neither_are_neutral(text: str, sentiment: str) -> None:
    assert signals(text)["sentiment"] == sentiment


def test_an_unsupported_language_has_no_sentiment_and_a_reason() -> None:
    found = signals("Сервис очень хороший")
    assert found["sentiment"] is None
    assert found["emotion"] is None
    assert found["intents"] == ()
    assert found["unsupported_reason"] == "its script is not supported"


@pytest.mark.parametrize(
    ("text", "intents"),
    [
        ("How many users can sign in at once?", ("query",)),
        ("Please activate the login for our ward.", ("request",)),
        ("We want to buy 40 more seats. Please send a quote.", ("purchase",)),
        ("The app keeps crashing since the update.", ("complaint",)),
        ("How does the export work? Please activate it. We would like to order 40 seats.",
         ("purchase", "query", "request")),
        ("Please fix this terrible portal.", ("complaint", "request")),
        ("The review takes place on Thursday.", ()),
        ("Thank you, it works perfectly.", ()),
        ("请问报表怎么设置？", ("query",)),
        ("请为我们开通登录。", ("request",)),
        ("我们想购买许可证，请发报价单。", ("purchase", )),
        ("我们要投诉：登录经常崩溃。", ("complaint",)),
    ],
)  # fmt: skip
def test_a_response_has_several_intents_or_none(text: str, intents: tuple[str, ...]) -> None:
    assert signals(text)["intents"] == intents


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("Thank you, we really appreciate it.", "grateful"),
        ("This is amazing, awesome, fantastic work!", "enthusiastic"),
        ("It is reliable and we trust it.", "trusting"),
        ("We are happy and glad.", "happy"),
        ("This is confusing and unclear, a bad manual.", "confused"),
        ("Disappointed: a poor, bad and slow portal.", "dissatisfied"),
        ("We are angry, frustrated and fed up, again.", "frustrated"),
        ("The meeting is on Thursday.", "neutral"),
        ("非常感谢", "grateful"),
        ("太让人生气了，等了两天", "frustrated"),
    ],
)
def test_emotions_roll_up_to_the_sentiment(text: str, emotion: str) -> None:
    found = signals(text)
    assert found["emotion"] == emotion
    assert ROLL_UP[found["emotion"]] == found["sentiment"]


def test_keywords_carry_the_sentiment_of_their_clause() -> None:
    found = dict(
        signals("The patient portal is excellent. The mobile app is terrible.")["keywords"]
    )
    assert found == {"patient portal": "positive", "mobile app": "negative"}
    chinese = dict(signals("报表导出很好用，安装过程很糟糕。")["keywords"])
    assert chinese == {"报表导出": "positive", "安装过程": "negative"}


def test_keywords_of_many_are_ranked_by_use_and_opinion() -> None:
    many = [[("login", "negative"), ("invoice", "neutral")]] * 3 + [[("office", "neutral")]] * 3
    ranked = ranked_keywords(many)
    assert ranked["keyword"].tolist() == ["login", "invoice", "office"]
    assert ranked.loc[0, ["response_count", "negative_count"]].tolist() == [3, 3]
    assert len(ranked_keywords(many, most=1)) == 1


ALIASES: list[dict[str, Any]] = [
    {"name": "Deskwell", "alias": "Deskwell"},
    {"name": "Deskwell", "alias": "Desk Well"},
    {"name": "Monday", "alias": "monday", "needs_capital": True, "needs_context": True},
    {"name": "Ours", "alias": "Happy Desk", "is_competitor": False},
    {"name": "诚信", "alias": "诚信软件"},
]


@pytest.mark.parametrize(
    ("body", "subject", "competitors"),
    [
        ("We use DESKWELL, Deskwell's price and desk\n well.", None, ("Deskwell",)),
        ("Nothing here", "Offer of Deskwell", ("Deskwell",)),
        ("Deskwellness and xDeskwell", None, ()),
        ("我们在用Deskwell吗", None, ("Deskwell",)),
        ("我们也在比较诚信软件。", None, ("诚信",)),
        ("We meet on Monday.", None, ()),
        ("We switched to Monday.", None, ("Monday",)),
        ("We switched to monday.", None, ()),
        ("We love Happy Desk.", None, ()),
        ("Сервис Deskwell очень хороший", None, ("Deskwell",)),
        ("Fine.\n\nBest regards\nJane, Deskwell", None, ()),
    ],
)
def test_competitors_are_whole_words_and_one_mention_each(
    body: str, subject: str | None, competitors: tuple[str, ...]
) -> None:
    taught = lessons(aliases=ALIASES)
    named = tuple(name for name, _ in signals(body, subject, taught)["competitors"])
    assert named == competitors
    assert signals(body, subject)["competitors"] == ()


def test_a_name_is_no_opinion() -> None:
    text = "Happy Desk takes place on Thursday"
    assert signals(text)["sentiment"] == "positive"
    found = signals(text, taught=lessons(aliases=ALIASES))
    assert (found["sentiment"], found["keywords"]) == ("neutral", (("place", "neutral"),)) or (
        found["sentiment"] == "neutral" and "happy" not in dict(found["keywords"])
    )


def test_a_reply_subject_is_searched_but_not_read() -> None:
    taught = lessons(aliases=ALIASES)
    found = signals("It is on Thursday.", "Re: terrible portal of Deskwell", taught)
    assert (found["sentiment"], found["competitors"]) == (
        "neutral",
        (("Deskwell", "neutral"),),
    )
    assert signals("It is on Thursday.", "Terrible portal")["sentiment"] == "negative"


def word(phrase: str, weight: float, language: str = "en", **more: str) -> dict[str, Any]:
    return {"phrase": phrase, "weight": weight, "language": language, **more}


@pytest.mark.parametrize(
    ("text", "entry", "before", "after"),
    [
        ("The wug is excellent.", word("wug", -3), "positive", "negative"),
        ("The portal is terrible and sick!", word("sick", 3), "negative", "positive"),
        ("That is a killer feature", word("killer", 0), "negative", "neutral"),
        ("It is down to earth", word("Down  to earth", 2), "negative", "positive"),
        ("It was hardly wug", word("wug", -3), "neutral", "positive"),
        ("服务很差", word("很差", 3, "zh"), "negative", "positive"),
        ("垃圾分类", word("垃圾", 0, "zh"), "negative", "neutral"),
    ],
)
def test_the_users_words_always_win(
    text: str, entry: dict[str, Any], before: str, after: str
) -> None:
    assert signals(text)["sentiment"] == before
    found = signals(text, taught=lessons(lexicon=[entry]))
    assert found["sentiment"] == after
    assert found["engine"] == ("lexicon" if entry["weight"] else "untrained")
    assert found["engine_version"] != signals(text)["engine_version"]


def test_two_own_words_that_disagree_are_neutral() -> None:
    taught = lessons(lexicon=[word("wug", 3), word("zib", -1)])
    found = signals("The wug is zib", taught=taught)
    assert (found["sentiment"], found["moved_by"]) == ("neutral", (("wug", 3.0), ("zib", -1.0)))


def test_own_phrases_mean_intents_and_keywords() -> None:
    entries = [
        {"kind": "intent", "phrase": "end our contract", "label": "churn", "language": "en"},
        {"kind": "keyword", "phrase": "single sign-on", "language": "en"},
        {"kind": "keyword", "phrase": "ward", "language": "en", "weight": 0},
    ]
    text = "We end our contract: single sign-on fails in the ward"
    found = signals(text, taught=lessons(lexicon=entries))
    assert "churn" in found["intents"]
    assert (
        "churn"
        not in signals("We extend our contracts", taught=lessons(lexicon=entries))["intents"]
    )
    assert "single sign-on" in dict(found["keywords"])
    assert "ward" in dict(signals(text)["keywords"])
    assert "ward" not in dict(found["keywords"])


def test_words_that_moved_it_are_told() -> None:
    found = signals("The portal is excellent but not slow")
    assert [moved for moved, _ in found["moved_by"]] == ["excellent", "slow"]
    assert found["moved_by"][1][1] > 0


@pytest.mark.parametrize("language", [0, 1])
def test_the_demo_crm_is_read_as_it_was_written(language: int) -> None:
    right = total = 0
    taught = lessons(
        aliases=[{"name": names[0], "alias": alias} for names in COMPETITORS for alias in names]
    )
    for category in CATEGORIES:
        for place, text in enumerate((category.english, category.chinese)[language]):
            name, alias = COMPETITORS[place % len(COMPETITORS)]
            mention = MENTIONS[place % len(MENTIONS)][language].replace("{}", alias)
            body = text.replace("{}", KEYWORDS[place][language]) + mention
            found = signals(body, category.subjects[language], taught)
            assert found["competitors"] == ((name, "neutral"),)
            total += 1
            intent = (category.intent or "").lower()
            right += found["sentiment"] == category.sentiment and (
                intent in found["intents"] if intent else not found["intents"]
            )
    assert right >= 0.95 * total
