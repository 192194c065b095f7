"""What the customer wrote: a mail without what it quotes, its salutation, signature and mark-up.

Only the customer's own words are analysed (VOC-3), and a name in a salutation, signature or quoted
reply is no mention (VOC-10). Every step is linear in the text, and a text is cut before the first:
a million characters cost what fifty thousand do.
"""

from __future__ import annotations

import html
import re
from typing import Final, NamedTuple

from ml.voice.languages import language_of
from ml.voice.mark_up import without_mark_up

MOST_RAW_CHARACTERS: Final = 50_000
"""Characters of a text that are looked at at all, mark-up included."""
MOST_CHARACTERS: Final = 4_000
"""Characters of the customer's own words that are analysed."""

NO_TEXT: Final = "no text of the customer's own"


class Cleaned(NamedTuple):
    """The customer's own words.

    Attributes:
        subject: Subject line without addresses and handles.
        text: Own words of the body, one blank between words, line ends kept.
        language: `en`, `zh`, `zxx` (only emoji or emoticons), or None when not analysed.
        reason: Why it is not analysed, or None (VOC-11).
        is_reply: Whether the subject is that of the mail that is answered.
    """

    subject: str
    text: str
    language: str | None
    reason: str | None
    is_reply: bool = False

    @property
    def searched(self) -> str:
        """Subject and body, where names are searched (VOC-10)."""
        return f"{self.subject}\n{self.text}" if self.subject else self.text

    @property
    def read(self) -> str:
        """What opinions and intents are read from: the subject of a reply is not the customer's."""
        return self.text if self.is_reply else self.searched


_QUOTE_MARKS: Final = (">", "＞")
_REPLY: Final = re.compile(r"\s*(?:re|aw|fwd?|wg|sv|答复|回复|转发)\s*[:：]", re.I)
_ADDRESS: Final = re.compile(
    r"(?:https?://|www\.)[^\s<>，。]{1,2000}|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,64}\.[\w.-]{1,64}"
)
_HANDLE: Final = re.compile(r"(?<![\w@])@\w{1,50}")
_BLANKS: Final = re.compile(r"[ \t\r\f\v\xa0\u3000\u200b-\u200f\u2060\ufeff\x00-\x08]+")
_LINES: Final = re.compile(r"\s*\n\s*")


def cleaned(body: object, subject: object = None) -> Cleaned:
    """Return the customer's own words of one response, and their language.

    Args:
        body: Text of the response; anything but a string is no text.
        subject: Subject line, searched and read with the body.
    """
    title = _plain(_as_text(subject)[:1_000]).replace("\n", " ").strip()
    raw = _as_text(body)[:MOST_RAW_CHARACTERS]
    if "<" in raw:
        raw = without_mark_up(raw)
    if "&" in raw:
        raw = html.unescape(raw)
    if "\n" in raw or "\r" in raw or raw.lstrip()[:1] in _QUOTE_MARKS:
        raw = own_lines(raw)
    text = _plain(without_salutation(raw))[:MOST_CHARACTERS].strip()
    is_reply = bool(title) and _REPLY.match(title) is not None
    language, reason = language_of(f"{title} {text}" if title and not is_reply else text)
    if not text and (is_reply or not title):
        language, reason = None, NO_TEXT
    return Cleaned(title, text, language, reason, is_reply)


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _plain(text: str) -> str:
    """The text without addresses and handles, apostrophes straight, blanks single."""
    if not text:
        return text
    if "@" in text or "http" in text or "www." in text:
        text = _HANDLE.sub(" ", _ADDRESS.sub(" ", text))
    if text.isascii() and "\n" not in text:
        return " ".join(text.split())
    if not text.isascii():
        text = text.replace("\u2019", "'").replace("\u2018", "'")
    return _LINES.sub("\n", _BLANKS.sub(" ", text))


_BELOW_IS_QUOTED: Final = re.compile(
    r"\s*(?:-{3,}.{0,60}(?:original|forwarded|weitergeleitet|ursprüngliche|原始邮件|转发|邮件原件)"
    r".{0,60}|_{20,}\s*|begin forwarded message:?\s*|发件人\s*[:：].{0,200})$",
    re.I,
)
_HEADER: Final = re.compile(r"\s*\*?(?:from|von|de)\*?\s*:", re.I)
_HEADER_AFTER: Final = re.compile(r"\s*\*?(?:sent|to|date|subject|gesendet|an|datum)\*?\s*:", re.I)
_ATTRIBUTION: Final = re.compile(
    r"\s*(?:on|am|el|le)\b.{1,300}\b(?:wrote|schrieb|escribió|a écrit)\b.{0,80}:\s*$"
    r"|.{0,200}(?:写道|写到)\s*[:：]\s*$",
    re.I | re.S,
)  # fmt: skip
_ATTRIBUTION_STARTS: Final = re.compile(r"\s*(?:(?:on|am|el|le)\b|在|于)", re.I)


MOST_LINE_CHARACTERS: Final = 400
"""A longer line is prose: it is not asked whether it announces a quoted mail."""


def own_lines(raw: str) -> str:
    """Return the lines above the first quoted mail and above the signature.

    Lines that start with `>` are quoted. Below an attribution (`On … wrote:`) everything is, unless
    nothing stands above it: then the answer stands below or between the quoted lines.
    """
    lines = raw.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own: list[str] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        following = lines[position + 1] if position + 1 < len(lines) else ""
        taken = _attribution_lines(line, following)
        if taken and any(kept.strip() for kept in own):
            break
        if len(line) <= MOST_LINE_CHARACTERS and (
            _BELOW_IS_QUOTED.match(line)
            or (_HEADER.match(line) and _HEADER_AFTER.match(following[:100]))
        ):
            break
        if not taken and not line.lstrip().startswith(_QUOTE_MARKS):
            own.append(line)
        position += taken or 1
    return "\n".join(_above_signature(own))


def _attribution_lines(line: str, following: str) -> int:
    """How many lines from here on say who wrote the quoted mail: 0, 1 or, when wrapped, 2."""
    if len(line) > MOST_LINE_CHARACTERS:
        return 0
    if _ATTRIBUTION.match(line):
        return 1
    wraps = len(following) <= 200 and _ATTRIBUTION_STARTS.match(line)
    return 2 if wraps and _ATTRIBUTION.match(f"{line} {following}") else 0


_CLOSING: Final = re.compile(
    r"\s*(?:--\s?|—|(?:with )?(?:(?:best|kind|kindest|warm|warmest|many)\s+)?(?:regards|wishes)\b"
    r".{0,20}|(?:yours\s+)?(?:sincerely|faithfully|truly)(?:\s+yours)?|yours|all the best|best"
    r"|respectfully"
    r"|thanks? (?:you )?and (?:best |kind )?regards|br|rgds|mit freundlichen grüßen|此致|敬礼|祝好"
    r"|顺祝.{0,6}|此致敬礼)\s*[,.!，。！]*\s*$",
    re.I,
)
_FOOTER: Final = re.compile(
    r"\s*(?:sent from my |sent via |get outlook for |this (?:e-?mail|message)(?: and any .{0,40})? "
    r"(?:is|are|may be|contains?) (?:confidential|intended|privileged)|发自我的)",
    re.I,
)
_THANKS: Final = re.compile(
    r"\s*(?:(?:many |with )?thanks(?: again| in advance| a lot| so much)?|thank you"
    r"(?: very much| again| in advance)?|cheers|thx|谢谢|多谢|感谢)\s*[,.!，。！~]*\s*$",
    re.I,
)
_SENTENCE: Final = re.compile(
    r"\b(?:i|we|you|your|please|is|are|was|were|will|would|can|could|have|has|had|do|does|did)\b"
    r"|[。？?]|我|你|您|请",
    re.I,
)
MOST_SIGNATURE_LINES: Final = 10
"""Lines below a mere `Thanks`, none of them a sentence, that still are a signature; or none."""


def _above_signature(lines: list[str]) -> list[str]:
    seen = False
    for position, line in enumerate(lines):
        if len(line) <= 120 and (
            _FOOTER.match(line)
            or (seen and _CLOSING.match(line))
            or (seen and _THANKS.match(line) and _only_a_signature(lines[position + 1 :]))
        ):
            return lines[:position]
        seen = seen or bool(line.strip())
    return lines


def _only_a_signature(lines: list[str]) -> bool:
    filled = [line for line in lines if line.strip()]
    return len(filled) <= MOST_SIGNATURE_LINES and not any(
        len(line) > 120 or _SENTENCE.search(line) for line in filled
    )


_GREETING: Final = r"(?:hi|hello|hey|dear|greetings|good (?:morning|afternoon|evening|day))\b"
_SALUTATION: Final = re.compile(
    rf"\s*(?:{_GREETING}[^\n,.!?:;]{{0,60}}[,:!;]"
    rf"|{_GREETING}[^\n,.!?:;]{{0,40}}\s*\.?\s*(?=\n)"
    r"|to whom it may concern\s*[,:.]?"
    r"|(?:尊敬的|亲爱的)[^\n，,：:。！!]{0,30}[，,：:！!\n]"
    r"|[^\n，,。！!？?：:]{0,20}(?:您好|你们好|你好|大家好|早上好|下午好)\s*[，,：:。！!~\n])",
    re.I,
)  # fmt: skip


def without_salutation(text: str) -> str:
    """Return the text without the salutation that it starts with."""
    found = _SALUTATION.match(text)
    return text[found.end() :] if found else text
