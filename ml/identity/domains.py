"""Domains of websites and mails, and which of them belong to everybody (ACC-9)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ml.identity.texts import plain

_PROVIDERS: Final = """
126.com 139.com 163.com aim.com aol.com bk.ru bluewin.ch bol.com.br btinternet.com comcast.net
cox.net daum.net earthlink.net fastmail.com foxmail.com free.fr freenet.de gmail.com gmx.at gmx.ch
gmx.com gmx.de gmx.net googlemail.com hanmail.net hotmail.co.uk hotmail.com hotmail.de hotmail.es
hotmail.fr hotmail.it hushmail.com icloud.com inbox.ru interia.pl laposte.net libero.it list.ru
live.co.uk live.com live.de live.fr live.nl mac.com mail.com mail.ru mailbox.org me.com msn.com
naver.com o2.pl online.de onet.pl orange.fr outlook.com outlook.de outlook.es outlook.fr pm.me
posteo.de proton.me protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com sapo.pt
sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com sohu.com t-online.de terra.com.br tiscali.it
tutanota.com uol.com.br verizon.net virgilio.it virgin.net wanadoo.fr web.de wp.pl xtra.co.nz
yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.au yahoo.com.br yahoo.de yahoo.es
yahoo.fr yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com zohomail.com
"""
MAIL_PROVIDERS: Final = frozenset(_PROVIDERS.split())
"""Providers at which anybody has an address: an equal domain says nothing (ACC-9)."""

_SITES: Final = """
about.me bit.ly blogspot.com business.site etsy.com facebook.com fb.com github.com github.io
google.com instagram.com linkedin.com linktr.ee medium.com myshopify.com notion.site pinterest.com
sites.google.com squarespace.com tiktok.com twitter.com weebly.com wixsite.com wordpress.com x.com
xing.com youtube.com
"""
SHARED_SITES: Final = frozenset(_SITES.split())
"""Sites on which many companies have a page: an equal website says nothing."""

NO_HOST: Final = "no domain in it"
MOST_REASON_CHARACTERS: Final = 200


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain in lower case, or the reason why there is none. Both are None for no text."""

    name: str | None
    reason: str | None

    @property
    def own(self) -> str | None:
        """The domain where it can only be one company's (ACC-9)."""
        return None if self.name is None or is_public(self.name) else self.name


_SCHEME: Final = re.compile(r"^[a-z][a-z0-9+.-]{0,20}:/*", re.I)
_AFTER_HOST: Final = re.compile(r"[/\\?#\s]")


def web_domain(website: object) -> Domain:
    """Return the domain of a website, without `www.`, port, path and user."""
    text = plain(website)
    if not text:
        return Domain(None, None)
    if not re.match(r"^[^/:\s]+:\d+(?:/|$)", text):
        text = _SCHEME.sub("", text)
    host = _AFTER_HOST.split(text.lstrip("/"), maxsplit=1)[0].rpartition("@")[2]
    host = re.sub(r":\d*$", "", host).strip(".")
    host = re.sub(r"^www\d?\.", "", host, flags=re.I)
    if not host:
        return Domain(None, NO_HOST)
    return known_domain(host)


@lru_cache(maxsize=200_000)
def known_domain(host: str) -> Domain:
    """Return a host as a domain that could be on the public network; nothing is looked up.

    The same rules as for the domain of a mail: so both compare.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(f"a@{host}", check_deliverability=False)
    except EmailNotValidError as refused:
        return Domain(None, str(refused)[:MOST_REASON_CHARACTERS])
    except (ValueError, IndexError, UnicodeError):
        return Domain(None, NO_HOST)
    return Domain(found.domain.lower(), None)


def is_public(domain: str) -> bool:
    """Whether a domain is shared by strangers: a mail provider, or a site with many pages."""
    if domain in MAIL_PROVIDERS:
        return True
    parts = domain.split(".")
    return any(".".join(parts[start:]) in SHARED_SITES for start in range(len(parts)))
