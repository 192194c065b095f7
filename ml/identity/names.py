"""Names made comparable: companies without their legal form, persons without accents (ACC-9)."""

from __future__ import annotations

import re
from typing import Final

from ml.identity.texts import plain, unmarked

_FORMS: Final = """
ab ag aps as asa bhd bv bvba co company corp corporation cv doo eg ek eood ev gbr ges gesmbh ggmbh
gmbh gk gmbhco inc incorporated kg kgaa kk ks limited llc llp lp ltd ltda mbh nv ohg oo ood oy oyj
partg plc private public pte pty pvt sa sac sagl sarl sas sasu sca scop scrl sdn se sl slu snc sp
spa spol spzoo srl sro ua ug ulc uk unlimited
"""
LEGAL_FORMS: Final = frozenset(_FORMS.split())
"""Words at the end of a company's name that say only under which law it lives."""

ADDITIONS: Final = frozenset(("group", "gruppe", "groupe", "holding", "holdings", "trust", "the"))
"""Words at the end that one spelling of a name has and another leaves out."""

_CHINESE_FORMS: Final = re.compile(r"(?:股份)?有限(?:责任)?公司$|集团$|株式会社$|^株式会社")
_DOTTED: Final = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_WORDS: Final = re.compile(r"[^\W_]+")
_APOSTROPHES: Final = re.compile(r"['’`´ʼ]")
MOST_WORDS: Final = 24


def name_words(name: object) -> tuple[str, ...]:
    """Return the words of a company's name: folded, without accents, marks and legal form.

    A name made of nothing but legal forms keeps them; one without letters has no words.
    """
    text = _DOTTED.sub("", unmarked(plain(name)).replace("&", " and "))
    text = _APOSTROPHES.sub("", text)
    words = (_WORDS.findall(_CHINESE_FORMS.sub("", text)) or _WORDS.findall(text))[:MOST_WORDS]
    kept = list(words)
    while len(kept) > 1 and (kept[-1] in LEGAL_FORMS or kept[-1] in ADDITIONS or kept[-1] == "and"):
        kept.pop()
    if len(kept) > 1 and kept[0] == "the":
        kept = kept[1:]
    return tuple(kept)


def name_key(name: object) -> str | None:
    """Return what two spellings of one company's name share (ACC-9); None for no name."""
    return " ".join(name_words(name)) or None


def numbers_in(key: str | None) -> str:
    """Return the numbers in a name key: `clinic 2` and `clinic 3` are two companies."""
    return " ".join(word for word in (key or "").split() if any(c.isdigit() for c in word))


def person_name(name: object) -> str | None:
    """Return a first or last name folded, without accents, apostrophes and marks; None for none."""
    text = _APOSTROPHES.sub("", unmarked(plain(name)))
    return " ".join(_WORDS.findall(text)[:MOST_WORDS]) or None
