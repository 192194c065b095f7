"""Mail addresses made comparable: who is the same person starts here (ACC-9, HYG-3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ml.identity.domains import MOST_REASON_CHARACTERS, known_domain
from ml.identity.texts import plain

SEVERAL: Final = "more than one address in one field"


@dataclass(frozen=True, slots=True)
class Mail:
    """An address in one spelling, or the reason why it is none. All are None for no text."""

    normalized: str | None
    domain: str | None
    reason: str | None


NOTHING: Final = Mail(None, None, None)
_USUAL_LOCAL: Final = re.compile(r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*")
_SEVERAL: Final = re.compile(r"@[^@]*[;,\s/|][^@]*@")
_NAMED: Final = re.compile(r"^[^<>]*<([^<>]*)>$")
MOST_LOCAL: Final = 64
MOST_LENGTH: Final = 254


def normalized_mail(email: object) -> Mail:
    """Return an address in one spelling: case folded, domain as email-validator writes it.

    `Jane Doe <jane@acme.com>` and `mailto:` are read; tags (`jane+news@`) and the dots of some
    providers stay, because only the provider knows what they mean.
    """
    text = plain(email)
    if not text:
        return NOTHING
    named = _NAMED.match(text)
    if named:
        text = named[1].strip()
    if text[:7].lower() == "mailto:":
        text = text[7:].strip()
    if _SEVERAL.search(text):
        return Mail(None, None, SEVERAL)
    local, _, host = text.rpartition("@")
    folded = local.lower()
    if host and len(local) <= MOST_LOCAL and _USUAL_LOCAL.fullmatch(folded):
        domain = known_domain(host)
        if domain.name is not None and len(local) + 1 + len(host) <= MOST_LENGTH - 1:
            return Mail(f"{folded}@{domain.name}", domain.name, None)
    return _asked(text)


def respelled(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the texts that are an address in another spelling, each with that address (INT-6)."""
    for text in texts:
        address = normalized_mail(text).normalized
        if address is not None and address != text:
            yield text, address


def _asked(text: str) -> Mail:
    """Ask email-validator about an address that is not of the usual shape."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text, check_deliverability=False)
    except EmailNotValidError as refused:
        return Mail(None, None, str(refused)[:MOST_REASON_CHARACTERS])
    except (ValueError, IndexError, UnicodeError):
        return Mail(None, None, "not a mail address")
    domain = found.domain.lower()
    return Mail(f"{found.local_part.casefold()}@{domain}", domain, None)
