"""Only what the customer wrote is read: quotes, salutation, signature and mark-up are not."""

from __future__ import annotations

import time

import pytest

from connectors.zylker import phrases
from ml.voice.languages import language_of
from ml.voice.texts import MOST_CHARACTERS, NO_TEXT, cleaned

OWN = "The export works well."


@pytest.mark.parametrize(
    "body",
    [
        f"Hello Deskwell team,\n\n{OWN}\n\nBest regards,\nJane\nDeskwell Inc.",
        f"Dear Deskwell,\r\n{OWN}\r\n-- \r\nJane, Deskwell",
        f"Hi Deskwell, {OWN}",
        f"Good morning Mr Deskwell!\n{OWN}\nSent from my Deskwell phone",
        f"{OWN}\n\nThanks,\nJane\nCertified partner of Deskwell",
        f"{OWN}\nKind regards\nJane",
        f"{OWN}\n\nThanks!\n",
        f"{OWN}\n\nOn Tue, 3 March 2026, Deskwell Support wrote:\n> Deskwell\nDeskwell is better.",
        f"{OWN}\nOn Tue, 3 March 2026 at 10:00, Deskwell Support\n<a@b.example> wrote:\nDeskwell",
        f"> Have you tried Deskwell?\n{OWN}\n> Deskwell?",
        f"{OWN}\n-----Original Message-----\nFrom: Deskwell",
        f"{OWN}\n\nFrom: Deskwell <a@b.example>\nSent: Monday\nSubject: Deskwell\n\nDeskwell",
        f"{OWN}\n________________________________\nDeskwell",
        f"On Tue, Deskwell wrote:\n> Deskwell?\n\n{OWN}",
        f"<html><head><title>Deskwell</title><style>.Deskwell {{}}</style></head><body>"
        f"<p>{OWN}</p><blockquote><p>Deskwell<blockquote>Deskwell</blockquote>Deskwell</p>"
        "</blockquote></body></html>",
        f"<div>{OWN}</div><div class='gmail_quote'>Deskwell</div>",
        f"<script>Deskwell()</script>{OWN}",
        f"@Deskwell {OWN} https://deskwell.example/x info@deskwell.example",
        f"{OWN}\nThis e-mail is confidential and belongs to Deskwell",
    ],
)
def test_what_is_not_the_customers_own_is_left_out(body: str) -> None:
    own = cleaned(body)
    assert own.text.strip() == OWN
    assert own.language == "en"


@pytest.mark.parametrize(
    "body",
    [
        "您好，\n\n导出很好用。\n\n此致\n敬礼\n王经理",
        "尊敬的客服团队：导出很好用。\n谢谢！\n张三",
        "Deskwell团队您好：\n导出很好用。\n发件人： Deskwell\n比较",
        "导出很好用。\n在2026年3月3日，Deskwell写道：\n> 比较",
    ],
)
def test_chinese_mails_too(body: str) -> None:
    assert cleaned(body).text == "导出很好用。"


@pytest.mark.parametrize(
    "body",
    [
        "Thank you!\nWe will switch to Deskwell because of you.",
        "We use it daily.\nThanks\nWe will move to Deskwell because of the price.",
        "a < b and Deskwell > c",
        "R&amp;D uses Deskwell",
        "It is from Deskwell: good",
    ],
)
def test_what_only_looks_like_it_stays(body: str) -> None:
    assert "Deskwell" in cleaned(body).text
    assert len(cleaned(body).text) >= len(body) - len("&amp;")


def test_mails_of_the_demo_crm_leave_their_sentence() -> None:
    sentence = "The login is fine."
    for greeting in phrases.GREETINGS:
        for closing in phrases.CLOSINGS:
            signature = f"{closing[0]}Jane{phrases.SIGNATURE_MENTION}"
            body = f"{greeting[0]}{sentence}{signature}{phrases.QUOTED}"
            assert cleaned(body).text == sentence


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("The patient portal is slow", "en", None),
        ("ok", "en", None),
        ("服务很好", "zh", None),
        ("我们在用 Zylker Desk 和 API", "zh", None),
        ("we met 王 at the conference in the spring", "en", None),
        ("😀👍", "zxx", None),
        (":-)", "zxx", None),
        ("10/10 !!", None, "no words"),
        ("Сервис очень хороший", None, "its script is not supported"),
        ("الخدمة ممتازة", None, "its script is not supported"),
        ("サービスはとても良いです", None, "Japanese is not supported"),
        ("서비스가 좋아요", None, "its script is not supported"),
        ("Die Software ist nicht gut und wir warten auf die Antwort", None,
         "German is not supported"),
        ("El servicio es muy bueno y no hay que esperar en la cola", None,
         "Spanish is not supported"),
        ("Le service est très bon et nous sommes contents avec vous", None,
         "French is not supported"),
    ],
)  # fmt: skip
def test_the_language_is_known_or_it_is_said_why_not(
    text: str, language: str | None, reason: str | None
) -> None:
    assert language_of(text) == (language, reason)


@pytest.mark.parametrize("body", [None, "", "   \n", float("nan"), 7, "> quoted only", "<p></p>"])
def test_no_text_is_not_analysed(body: object) -> None:
    for subject in (None, "Re: the terrible portal"):
        own = cleaned(body, subject)
        assert (own.text, own.language, own.reason) == ("", None, NO_TEXT)
    assert cleaned(body, "The terrible portal").language == "en"


@pytest.mark.parametrize(
    "unit",
    ["a", "word ", "<", "<a ", "<script>", "-", "\n", "> x\n", "On x ", "@", "a@", "我", "😀", "!",
     "&lt;", "_", "From:", "\u200b", "'", "x.", "www.", "a-"],
)  # fmt: skip
def test_a_million_characters_cost_little(unit: str) -> None:
    started = time.process_time()
    own = cleaned(unit * (1_000_000 // len(unit)), unit * 1_000)
    assert len(own.text) <= MOST_CHARACTERS
    assert time.process_time() - started < 2
