"""Phone numbers made comparable: E.164, read with the country of the account (ACC-9, HYG-3)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ml.identity.countries import region_of
from ml.identity.texts import plain

NO_DIGITS: Final = "no digits in it"
NO_COUNTRY: Final = "no country code in it, and the country of the account is not known"
_REASONS: Final = {
    "INVALID_COUNTRY_CODE": "no such country code",
    "TOO_SHORT": "too short for its country",
    "TOO_LONG": "too long for its country",
    "INVALID_LENGTH": "of a length its country does not have",
    "IS_POSSIBLE_LOCAL_ONLY": "the area code is missing",
}


@dataclass(frozen=True, slots=True)
class Phone:
    """A number as `+<country><number>`, or the reason why it is none. All are None for no text.

    A number that no plan of its country has, but that has its length, keeps its E.164 form and a
    reason. `key` is what two records may agree on though nobody can dial it: that form, or the bare
    digits where there are enough.
    """

    e164: str | None
    is_valid: bool | None
    reason: str | None
    key: str | None = None


NOTHING: Final = Phone(None, None, None)
LEAST_DIGITS: Final = 7
"""Digits of a number that is none, but may still be the same as another one."""


def normalized_phone(phone: object, country: object = None) -> Phone:
    """Return a number in E.164 form.

    Args:
        phone: As the CRM has it; extensions are read and left out.
        country: Billing country of the account, for numbers without a country code.
    """
    text = plain(phone)
    if not text:
        return NOTHING
    if not any(character.isdecimal() for character in text):
        return Phone(None, False, NO_DIGITS)
    found = _parsed(text, region_of(country))
    digits = "".join(str(int(character)) for character in text if character.isdecimal())
    key = found.e164 or (digits if len(digits) >= LEAST_DIGITS else None)
    return replace(found, key=key)


def _parsed(text: str, region: str | None) -> Phone:
    import phonenumbers as numbers

    try:
        found = numbers.parse(text, region)
    except numbers.NumberParseException as refused:
        if refused.error_type == numbers.NumberParseException.INVALID_COUNTRY_CODE:
            known = region is not None or text.lstrip().startswith("+")
            return Phone(None, False, _REASONS["INVALID_COUNTRY_CODE"] if known else NO_COUNTRY)
        return Phone(None, False, "not a phone number")
    except (ValueError, IndexError, OverflowError):
        return Phone(None, False, "not a phone number")
    length = numbers.is_possible_number_with_reason(found)
    if length != numbers.ValidationResult.IS_POSSIBLE:
        name = numbers.ValidationResult.to_string(length)
        return Phone(None, False, _REASONS.get(name, "not a phone number"))
    e164 = numbers.format_number(found, numbers.PhoneNumberFormat.E164)
    if not numbers.is_valid_number(found):
        return Phone(e164, False, "in no numbering plan of its country")
    return Phone(e164, True, None)
