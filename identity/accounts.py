"""Numbers of accounts: bank cards (ISO/IEC 7812-1) and IBAN (ISO 13616), each with its check.

`read_account` says what a text is. A number that is neither is no flaw by itself: most accounts at banks outside the IBAN countries
have no public form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stdnum import iban
from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidFormat, InvalidLength, ValidationError

from identity.countries.kinds import COMPARE, compact, luhn, tail

CARD_LENGTHS: Final = range(12, 20)
"""Digits of a card number."""

SCHEMES: Final[tuple[tuple[str, str, tuple[int, ...]], ...]] = (
    ("UnionPay", r"62|81", (16, 17, 18, 19)),
    ("American Express", r"3[47]", (15,)),
    ("Diners Club", r"36|30[0-5]|3095|3[89]", (14, 15, 16, 17, 18, 19)),
    ("JCB", r"35(2[89]|[3-8])", (16, 17, 18, 19)),
    ("Mastercard", r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720", (16,)),
    ("Visa", r"4", (13, 16, 19)),
    ("RuPay", r"60|65|82|508", (16,)),
    ("Verve", r"506(099|1[0-8]|19[0-8])|6500(0[2-9]|1|2[0-7])", (16, 18, 19)),
    ("Mir", r"220[0-4]", (16, 17, 18, 19)),
    ("Troy", r"9792", (16,)),
    ("Discover", r"6011|64[4-9]", (16, 17, 18, 19)),
    ("Maestro", r"50|5[6-8]|6", (12, 13, 14, 15, 16, 17, 18, 19)),
)
"""Scheme, how its numbers begin, how long they are; the first that fits."""


@dataclass(frozen=True, slots=True)
class AccountReading:
    """What an account's number is: `form` is CARD, IBAN or OTHER; `issuer` the card scheme or the country of the IBAN."""

    form: str
    valid: bool | None
    """None for a number of no public form."""
    sentence: str
    issuer: str | None = None


def read_account(text: str) -> AccountReading:
    """What the number of an account is; any text is answered."""
    number = compact(text)
    if re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{1,30}", number):
        return _iban(number)
    if number.isascii() and number.isdigit() and len(number) in CARD_LENGTHS:
        return _card(number)
    if not number or len(number) > 64:
        return AccountReading("OTHER", False, "An account's number has 1 to 64 characters: enter it as the bank gave it.")
    return AccountReading("OTHER", None, f"The account ending in {tail(number)} is neither card nor IBAN: no check digit speaks for it.")


def _card(number: str) -> AccountReading:
    scheme = next(((name, lengths) for name, begins, lengths in SCHEMES if re.match(begins, number)), None)
    end = tail(number)
    if not luhn(number):
        # Plain accounts begin with any digit: only a number of a scheme's own length and beginning is surely a card's.
        if scheme is None or len(number) not in scheme[1] or scheme[0] == "Maestro":
            return AccountReading("OTHER", None, f"The account ending in {end} is no card of a known scheme: no check digit speaks for it.")
        return AccountReading("CARD", False, f"The {scheme[0]} card ending in {end} does not hold its check digit: {COMPARE}.", scheme[0])
    if scheme is None:
        return AccountReading("OTHER", None, f"The account ending in {end} begins like no card that we know: ask for a statement of it.")
    name, lengths = scheme
    if len(number) not in lengths:
        wanted = " or ".join(map(str, lengths))
        return AccountReading("CARD", False, f"A {name} card has {wanted} digits and this has {len(number)}: {COMPARE}.", name)
    return AccountReading("CARD", True, f"The {name} card ending in {end} holds its check digit.", name)


def _iban(number: str) -> AccountReading:
    country = number[:2]
    try:
        iban.validate(number)
    except InvalidChecksum:
        return AccountReading("IBAN", False, f"The IBAN ending in {tail(number)} does not hold its check digits: {COMPARE}.", country)
    except InvalidLength:
        return AccountReading("IBAN", False, f"An IBAN of {country} has another length than {len(number)} characters: {COMPARE}.", country)
    except InvalidComponent:
        return AccountReading("IBAN", False, f"An IBAN begins with its country, and {country} has none: {COMPARE}.", country)
    except (InvalidFormat, ValidationError):
        return AccountReading("IBAN", False, f"An IBAN of {country} has letters and digits at other places: {COMPARE}.", country)
    return AccountReading("IBAN", True, f"The IBAN ending in {tail(number)} holds its check digits.", country)
