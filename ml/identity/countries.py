"""Which region of the telephone network a country is: ISO codes and names in many languages."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from ml.identity.texts import plain, unmarked

OTHER_NAMES: Final = {
    "usa": "US", "u.s.a.": "US", "u.s.": "US", "us of a": "US", "america": "US",
    "united states of america": "US", "uk": "GB", "u.k.": "GB", "great britain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "uae": "AE", "holland": "NL", "the netherlands": "NL", "korea": "KR", "republic of korea": "KR",
    "russian federation": "RU", "viet nam": "VN", "czech republic": "CZ", "turkey": "TR",
    "people's republic of china": "CN", "pr china": "CN", "prc": "CN", "中华人民共和国": "CN",
    "brd": "DE", "deu": "DE", "ger": "DE", "gbr": "GB", "fra": "FR", "ita": "IT", "esp": "ES",
    "che": "CH", "aut": "AT", "nld": "NL", "bel": "BE", "can": "CA", "aus": "AU", "ind": "IN",
    "chn": "CN", "jpn": "JP", "bra": "BR", "mex": "MX", "pol": "PL", "swe": "SE", "sgp": "SG",
}  # fmt: skip
"""Spellings that the telephone library does not know, folded."""


@cache
def _regions() -> dict[str, str]:
    """Regions by folded name and code; a name that two regions share names none of them."""
    from phonenumbers import SUPPORTED_REGIONS
    from phonenumbers.geodata.locale import LOCALE_DATA

    found: dict[str, set[str]] = {}
    for region, names in LOCALE_DATA.items():
        for name in names.values():
            # A name that starts with * points at that of another language.
            if region in SUPPORTED_REGIONS and not name.startswith("*"):
                found.setdefault(unmarked(name), set()).add(region)
    known = {name: next(iter(regions)) for name, regions in found.items() if len(regions) == 1}
    known |= OTHER_NAMES
    return known | {unmarked(region): region for region in sorted(SUPPORTED_REGIONS)}


def region_of(country: object) -> str | None:
    """Return the region of a country as CRMs write it (`Germany`, `DE`, `Deutschland`, `德国`)."""
    return _region(country) if isinstance(country, str) else None


@lru_cache(maxsize=10_000)
def _region(country: str) -> str | None:
    return _regions().get(unmarked(plain(country)))
