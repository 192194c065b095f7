"""What Zylker's customers write: subjects and sentences by category, English and Chinese.

A category fixes sentiment and intent (VOC-5, VOC-6), so the truth of every text is known. `{}`
stands for a keyword. Competitors are fictional.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Category:
    """A kind of text with its planted sentiment and intent (None for no intent)."""

    name: str
    sentiment: str
    intent: str | None
    weight: float
    subjects: tuple[str, str]
    english: tuple[str, ...]
    chinese: tuple[str, ...]


COMPLAINT, QUERY, REQUEST, PURCHASE, PRAISE, NOTE, MIXED = range(7)
CATEGORIES: Final = (
    Category("complaint", "negative", "Complaint", 15.0, ("Problem with {}", "投诉：{}"), (
        "The {} has failed again and our staff are tired of waiting. This is unacceptable.",
        "I am very disappointed: the {} is slow, unreliable and nobody answers our tickets.",
        "Once more the {} broke during the night shift. We are frustrated and losing time.",
        "We were charged twice and the {} still shows wrong figures. This is a terrible service.",
        "The {} keeps crashing since the update. It is the worst experience we have had.",
        "Three weeks without a fix for the {}. We are angry and consider leaving.",
    ), (
        "{}又出故障了，我们非常失望，这样的服务太差了。",
        "{}一直很慢，问题三周没有解决，我们很不满意。",
        "我们要投诉：{}经常崩溃，浪费了大家很多时间。",
    )),
    Category("query", "neutral", "Query", 25.0, ("Question about {}", "咨询：{}"), (
        "Could you tell me how the {} works with two sites?",
        "What is the difference between the two editions with regard to the {}?",
        "Where do I find the settings of the {}?",
        "Does the {} support more than one language?",
        "How many users can work with the {} at the same time?",
    ), (
        "请问{}怎么设置？",
        "请问两个版本的{}有什么区别？",
        "{}支持多少个用户同时使用？",
    )),
    Category("request", "neutral", "Request", 20.0, ("Request: {}", "请求：{}"), (
        "Please activate the {} for our second ward by Monday.",
        "Please send us the documentation of the {}.",
        "We need an additional administrator for the {}; please add Ms Iyer.",
        "Kindly schedule a call with an engineer about the {}.",
    ), (
        "请为我们的第二个科室开通{}。",
        "请把{}的说明文档发给我们。",
        "麻烦安排一次关于{}的电话会议。",
    )),
    Category("purchase", "neutral", "Purchase", 10.0, ("Quote for {}", "报价：{}"), (
        "We want to buy 40 more seats including the {}. Please send a quote.",
        "We would like to order the {} for all wards; what is the price for a year?",
        "Our budget is approved and we are ready to purchase the {}. Please send the contract.",
        "Please send a purchase order form, we intend to upgrade to the edition with the {}.",
    ), (
        "我们想购买{}，请发报价单。",
        "预算已经批准，我们准备订购{}，请发合同。",
        "我们打算升级并购买带{}的版本，一年多少钱？",
    )),
    Category("praise", "positive", None, 15.0, ("Thank you for {}", "感谢：{}"), (
        "Thank you, the {} works perfectly and our nurses love it.",
        "Excellent support! The {} was set up within a day, we are very happy.",
        "The new {} is fantastic and saves us hours every week. Great work.",
        "I am impressed by the {}; it is fast, reliable and a pleasure to use.",
    ), (
        "非常感谢，{}很好用，护士们都很喜欢。",
        "服务非常好，{}一天就装好了，我们很满意。",
        "新的{}太棒了，每周节省很多时间。",
    )),
    Category("note", "neutral", None, 10.0, ("{}", "{}"), (
        "For your information, the {} review takes place on Thursday at ten.",
        "Attached are the minutes about the {}.",
        "Our contact for the {} is now Mr Sato.",
    ), (
        "附件是关于{}的会议记录。",
        "通知：{}的会议改到星期四上午十点。",
        "我们负责{}的联系人现在是佐藤先生。",
    )),
    Category("mixed", "neutral", None, 5.0, ("Feedback on {}", "反馈：{}"), (
        "The {} is excellent, but the installation was a terrible experience.",
        "Great support as always; sadly the {} is still slow and annoying.",
    ), (
        "{}很好用，但是安装过程很糟糕。",
        "服务很好，可惜{}还是很慢，让人失望。",
    )),
)  # fmt: skip

KEYWORDS: Final = (
    ("ticket routing", "工单分配"), ("patient portal", "患者门户"), ("login", "登录"),
    ("invoice", "发票"), ("report export", "报表导出"), ("single sign-on", "单点登录"),
    ("mobile app", "手机应用"), ("chat widget", "聊天窗口"), ("licence key", "许可证"),
    ("shift calendar", "排班日历"),
)  # fmt: skip

COMPETITORS: Final = (
    ("Deskwell", "Desk Well"),
    ("Ticketora", "Ticketora Cloud"),
    ("HelioCare", "Helio Care Desk"),
    ("CareQueue", "Care Queue"),
)
"""Names and one alias of each competitor."""

MENTIONS: Final = (
    (" We are also looking at {}.", "我们也在比较{}。"),
    (" {} has made us an offer.", "{}也给了我们报价。"),
    (" A sister clinic uses {}.", "我们的分院在用{}。"),
)
"""Sentences that name a competitor; they carry no sentiment of their own."""

GREETINGS: Final = (("Hello Zylker team,\n\n", "您好，\n\n"), ("Dear support,\n\n", "您好：\n\n"))
CLOSINGS: Final = (
    ("\n\nBest regards,\n", "\n\n此致\n敬礼\n"),
    ("\n\nKind regards\n", "\n\n谢谢！\n"),
)
QUOTED: Final = (
    "\n\nOn Tue, Zylker Support wrote:\n> Have you compared us with Deskwell?\n"
    "> We are happy to help."
)
"""A quoted mail below a reply: its competitor and its mood are not the customer's (VOC-10)."""
SIGNATURE_MENTION: Final = "\nCertified partner of Ticketora"
"""A competitor in the signature, which does not count (VOC-10)."""

MAIL_SUBJECTS: Final = (
    "Your ticket report for this month", "New in Zylker Desk", "Invitation: working with queues",
    "Your licence at a glance", "Three ideas for shorter waiting times", "Planning the new year",
)  # fmt: skip
SURVEYS: Final = ("Yearly customer survey", "After the ticket", "Onboarding survey")
WEBINARS: Final = (
    "Queues that heal themselves", "Patient portal in practice", "Audit without fear",
)  # fmt: skip
CONFERENCES: Final = ("HealthTech Expo 2026", "Zylker Customer Day")
PAGES: Final = ("/pricing", "/desk", "/portal", "/help", "/blog", "/careers")
REFERRERS: Final = ("https://search.example/", "https://news.example/health", "")
