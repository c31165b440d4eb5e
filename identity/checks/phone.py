"""PHONE: the telephone number, by the numbering plan of its country (phonenumbers, the port of libphonenumber)."""

from __future__ import annotations

from typing import Final

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, IdentityFile

CODE: Final = "PHONE"
LONGEST: Final = 60
"""Characters of a number that are looked at."""

PERSONAL: Final = frozenset(
    {PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE, PhoneNumberType.FIXED_LINE, PhoneNumberType.PERSONAL_NUMBER}
)
BOUGHT: Final = frozenset({PhoneNumberType.VOIP, PhoneNumberType.PAGER, PhoneNumberType.UAN, PhoneNumberType.VOICEMAIL})
"""Numbers that anybody may have without a line."""


def run(file: IdentityFile) -> CheckResult:
    """The telephone number exists in its country's plan and is one that a person can be reached at."""
    text = file.declared.phone
    if text is None or not text.strip():
        return unclear(CODE, "No telephone number was declared: enter one, with its country code.")
    try:
        number = phonenumbers.parse(text[:LONGEST], file.country if file.country in phonenumbers.SUPPORTED_REGIONS else None)
    except NumberParseException:
        return failed(CODE, "The telephone number is none: enter it with + and its country code, as +86 138 0013 8000.")
    country = phonenumbers.region_code_for_number(number)
    end = str(number.national_number)[-2:]
    if country is None or not phonenumbers.is_possible_number(number):
        return failed(
            CODE,
            f"The telephone number ending in {end} is too short or too long for country code +{number.country_code}: ask for it again.",
        )
    if not phonenumbers.is_valid_number(number):
        return failed(CODE, f"The telephone number ending in {end} is not given out in {country}: ask for it again.")
    kind = phonenumbers.number_type(number)
    if kind in BOUGHT:
        return unclear(
            CODE, f"The telephone number ending in {end} is an internet or service number of {country}: ask for a mobile number."
        )
    if kind not in PERSONAL:
        return unclear(CODE, f"The telephone number ending in {end} is a service number of {country}: ask for a mobile number.")
    if country != file.country:
        return passed(CODE, f"The telephone number ending in {end} is a valid one of {country}, not of {file.country[:2]}.")
    return passed(CODE, f"The telephone number ending in {end} is a valid one of {country}.")


CHECK: Final = Check(CODE, frozenset(), run)
