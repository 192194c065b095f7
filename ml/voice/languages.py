"""Which language a text is in, by its characters and its little words (VOC-11).

A share of Chinese characters above a tenth is Chinese: right on all of 3,000 English and Chinese
texts. Other scripts, and other languages of the Latin script that betray themselves by their
articles and pronouns, are not analysed, and it is said why.
"""

from __future__ import annotations

import re
from typing import Final

ENGLISH: Final = "en"
CHINESE: Final = "zh"
NO_LANGUAGE: Final = "zxx"
"""No language: only emoji or emoticons, which are read all the same (ISO 639-2)."""

CHINESE_SHARE: Final = 0.1
_HAN: Final = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA: Final = re.compile(r"[\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f]")
_HANGUL: Final = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_LATIN: Final = re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LETTER: Final = re.compile(r"[^\W\d_]")
EMOJI: Final = re.compile(r"[\u2600-\u27bf\U0001f000-\U0001faff]")
EMOTICON: Final = re.compile(r"[:;=8][-o*']?[)(\]\[dDpP/\\|3]|<3|:'\(")

_WORD: Final = re.compile(r"[a-zà-ÿœß]+")
_LITTLE_LISTS: Final = {
    "English": "the and is are was were to of it this that i you we my your for with not have "
               "has be in on at as do but so just no can will they me our an or if what how",
    "German": "der die das und ist nicht wir ich sie mit für auf ein eine zu "
              "von den dem haben wird sind auch es uns bitte sehr aber bei nach wie",
    "Spanish": "el la los las que y es no en un una por para con "
               "de del se nos muy pero como está son gracias lo su mi hay",
    "French": "le la les et est pas nous je vous avec pour un une des du "
              "de que qui sur dans très mais ne ce cette sont il au merci votre",
}  # fmt: skip
_LITTLE_WORDS: Final = {name: frozenset(words.split()) for name, words in _LITTLE_LISTS.items()}
_FOREIGN_LITTLE_WORDS: Final = frozenset().union(
    *(words for name, words in _LITTLE_WORDS.items() if name != "English")
)
LEAST_LITTLE_WORDS: Final = 3
"""Different little words of another language below which a Latin text counts as English."""


def language_of(text: str) -> tuple[str | None, str | None]:
    """Return the language (`en`, `zh`, `zxx`) and None, or None and why it is not analysed."""
    if text.isascii():
        if _LATIN.search(text):
            return _latin(text)
        return _wordless(text)
    letters = len(_LETTER.findall(text))
    if not letters:
        return _wordless(text)
    kana, hangul = len(_KANA.findall(text)), len(_HANGUL.findall(text))
    han, latin = len(_HAN.findall(text)), len(_LATIN.findall(text))
    if kana > 0.1 * (han + kana):
        if kana + han > CHINESE_SHARE * letters:
            return None, "Japanese is not supported"
    elif han > CHINESE_SHARE * letters and han >= hangul:
        return CHINESE, None
    if latin * 2 < letters:
        return None, "its script is not supported"
    return _latin(text)


def _wordless(text: str) -> tuple[str | None, str | None]:
    if EMOJI.search(text) or EMOTICON.search(text):
        return NO_LANGUAGE, None
    return None, "no words"


def _latin(text: str) -> tuple[str | None, str | None]:
    words = set(_WORD.findall(text.lower()))
    if len(words & _FOREIGN_LITTLE_WORDS) < LEAST_LITTLE_WORDS:
        return ENGLISH, None
    own = len(words & _LITTLE_WORDS["English"])
    for name, little in _LITTLE_WORDS.items():
        found = len(words & little)
        if found >= LEAST_LITTLE_WORDS and found > 2 * own:
            return None, f"{name} is not supported"
    return ENGLISH, None
