"""The Philippines: PhilSys card number, TIN, and the registrations of SEC and DTI. None has a published check digit."""

from __future__ import annotations

from datetime import date
from typing import Final

from identity.countries.kinds import COMPARE, Flaw, Meaning, NumberKind, need_digits, need_length, need_shape


def _philsys(number: str, _on: date) -> Meaning:
    need_digits(number, 16)
    return _not_all_equal(number)


def _tin(number: str, _on: date) -> Meaning:
    """Nine digits of the taxpayer, and three or five of the branch."""
    need_digits(number, 9, 12, 14)
    return _not_all_equal(number[:9])


def _registration(number: str, _on: date) -> Meaning:
    need_length(number, *range(7, 14))
    need_shape(number, ("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",) * 2 + ("0123456789",) * 11)
    return Meaning()


def _not_all_equal(number: str) -> Meaning:
    if len(set(number)) == 1:
        raise Flaw(f"is not one digit over and over: {COMPARE}")
    return Meaning()


KINDS: Final = (
    NumberKind("PH_PHILSYS", "A PhilSys card number", "IDENTITY_CARD", _philsys, checked=False),
    NumberKind("PH_TIN", "A Philippine TIN", "TAX_NUMBER", _tin, checked=False),
    NumberKind("PH_REGISTRATION", "A Philippine registration number", "BUSINESS_LICENCE", _registration, checked=False),
)
