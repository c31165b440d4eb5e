"""China: resident ids, cards and permits of others who live there, travel permits, credit codes.

GB 11643-1999 (18 digits, ISO 7064 MOD 11-2) and its predecessor (15 digits, no check); residence permits of people from Hong Kong,
Macau and Taiwan are the same with the province 81, 82 or 83. Regions are GB/T 2260, in python-stdnum's table. That library takes a
person for false who was born before the person's county was founded; numbers were first given out in 1984 to people of all ages, so we do
not. A county that our table lacks (development zones, and codes that the police gave themselves) is a doubt and not a flaw.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from stdnum import numdb
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_10

from identity.countries.kinds import (
    COMPARE,
    DIGITS,
    LETTERS,
    Flaw,
    Meaning,
    NumberKind,
    Sex,
    mod_11_2,
    need_check,
    need_day,
    need_digits,
    need_length,
    need_shape,
)

OUTSIDE: Final = {"81": "Hong Kong", "82": "Macau", "83": "Taiwan"}
"""Provinces of residence permits."""

SLACK: Final = 3
"""Years for which a police station may go on with the code of a county that is no more."""

CREDIT_CODE: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""Characters of GB 32100-2015: without I, O, S, V and Z."""

CENTENARIANS: Final = frozenset({"996", "997", "998", "999"})
"""Sequence numbers of 15-digit ids whose holders were born in the 1800s."""


def _resident(number: str, on: date) -> Meaning:
    if len(number) == 15:
        return _first_generation(number, on)
    need_length(number, 18, 15)
    need_shape(number, (DIGITS,) * 17 + (DIGITS + "X",))
    if number[0] == "9":
        raise Flaw("does not begin with 9, which foreigners' permanent residence cards do: choose that kind of document")
    born = need_day(int(number[6:10]), int(number[10:12]), int(number[12:14]), on, "7 to 14")
    region, doubt = _region(number[:6], born.year)
    need_check(number, mod_11_2(number[:17]))
    return Meaning(born, _sex(number[16]), region, doubt)


def _first_generation(number: str, on: date) -> Meaning:
    need_digits(number, 15)
    century = 1800 if number[12:] in CENTENARIANS else 1900
    born = need_day(century + int(number[6:8]), int(number[8:10]), int(number[10:12]), on, "7 to 12")
    region, _ = _region(number[:6], born.year)
    return Meaning(born, _sex(number[14]), region, "has the 15 digits of cards that expired in 2013: ask for the present card of 18 digits")


def _residence(number: str, on: date) -> Meaning:
    if number[:2] not in OUTSIDE:
        raise Flaw(f"begins with 81 (Hong Kong), 82 (Macau) or 83 (Taiwan), and this does not: {COMPARE}")
    need_length(number, 18)
    return _resident(number, on)


def _region(code: str, year: int) -> tuple[str, str | None]:
    """The region of a six-digit code for somebody born in this year, and what is doubtful about it."""
    if code[:2] in OUTSIDE:
        if code[2:] != "0000":
            raise Flaw(f"of somebody from {OUTSIDE[code[:2]]} has 0000 as characters 3 to 6: {COMPARE}")
        return OUTSIDE[code[:2]], None
    known = {name: value for _, found in numdb.get("cn/loc").info(code) for name, value in found.items()}
    province = known.get("province")
    if province is None or code[:2] in ("71", "82"):
        raise Flaw(f"begins with a province, and there is no province {code[:2]}: {COMPARE}")
    county = known.get("county")
    if county is not None:
        names, ended = _counties(county)
        if ended is not None and ended + SLACK < year:
            raise Flaw(f"names in characters 1 to 6 a county that was no more in {ended}, before its holder was born: {COMPARE}")
        return f"{province} {names}", None
    if not numdb.get("cn/loc").info(code[:4] + "00")[-1][1] and code[2:4] not in ("90", "02"):
        raise Flaw(f"names in characters 3 and 4 a prefecture that {province} never had: {COMPARE}")
    return province, f"holds its check digit, but {province} has no county {code[2:]} in our list: see that the document shows this region"


def _counties(text: str) -> tuple[str, int | None]:
    """Names that a code stood for, and the year in which the last of them ended; None when one stands."""
    names, ends = list[str](), list[int | None]()
    for part in text.split(","):
        found = re.fullmatch(r"\[(\d*)-(\d*)\](.+)", part)
        names.append(part if found is None else found[3])
        ends.append(None if found is None or not found[2] else int(found[2]))
    return names[-1], None if None in ends else max(end for end in ends if end is not None)


def _sex(digit: str) -> Sex:
    return Sex.MALE if int(digit) % 2 else Sex.FEMALE


def _foreigner(number: str, on: date) -> Meaning:
    """The card since 2023: 9, province, ISO 3166 numeric nationality, birthday, sequence, MOD 11-2."""
    if len(number) == 15:
        return _old_foreigner(number, on)
    need_length(number, 18, 15)
    need_shape(number, ("9",) + (DIGITS,) * 16 + (DIGITS + "X",))
    province = _province(number[1:3], "2 and 3")
    if number[3:6] == "000":
        raise Flaw(f"states a nationality in characters 4 to 6, and no country has 000: {COMPARE}")
    born = need_day(int(number[6:10]), int(number[10:12]), int(number[12:14]), on, "7 to 14")
    need_check(number, mod_11_2(number[:17]))
    return Meaning(born, _sex(number[16]), f"{province}, nationality {number[3:6]}")


def _old_foreigner(number: str, on: date) -> Meaning:
    """The card before 2023: ISO 3166 nationality, four digits of region, birthday, one of sequence, and the 7-3-1 check of passports."""
    need_shape(number, (LETTERS,) * 3 + (DIGITS,) * 12)
    province = _province(number[3:5], "4 and 5")
    year = int(number[7:9])
    century = 2000 if year <= on.year % 100 else 1900
    born = need_day(century + year, int(number[9:11]), int(number[11:13]), on, "8 to 13")
    total = sum(int(character, 36) * (7, 3, 1)[place % 3] for place, character in enumerate(number[:14]))
    need_check(number, str(total % 10))
    return Meaning(born, None, f"{province}, nationality {number[:3]}")


def _province(code: str, places: str) -> str:
    found = {name: value for _, said in numdb.get("cn/loc").info(code + "0000") for name, value in said.items()}
    if "province" not in found or code in ("71", "81", "82"):
        raise Flaw(f"states a province in characters {places}, and there is no province {code}: {COMPARE}")
    return found["province"]


def _home_return(number: str, _on: date) -> Meaning:
    """H or M, eight digits of the holder, since 2013 without the two digits that counted the cards."""
    need_length(number, 9, 11)
    need_shape(number, ("HM",) + (DIGITS,) * 10)
    return Meaning(region="Hong Kong" if number[0] == "H" else "Macau")


def _taiwan_travel(number: str, _on: date) -> Meaning:
    """Eight digits since 2015; ten and the issue's letter before, which cards show in brackets."""
    need_length(number, 8, 10, 11)
    need_shape(number, (DIGITS,) * min(len(number), 10) + (DIGITS + LETTERS,))
    return Meaning(region="Taiwan")


def _passport(number: str, _on: date) -> Meaning:
    """E with seven or eight more, G before 2012; D, S and P for who travels for the state, H and M from Hong Kong and Macau."""
    need_length(number, 9)
    need_shape(number, ("EGDSPHMK", DIGITS + "ABCDEFGHJ", *(DIGITS,) * 7))
    return Meaning()


def _credit_code(number: str, _on: date) -> Meaning:
    """GB 32100-2015: who registers, what kind, region, GB 11714 organisation code with its own check, MOD 31-3."""
    need_length(number, 18)
    need_shape(number, (CREDIT_CODE,) * 2 + (DIGITS,) * 6 + (CREDIT_CODE,) * 10)
    region = {name: value for _, said in numdb.get("cn/loc").info(number[2:8]) for name, value in said.items()}
    if "province" not in region and number[2:8] != "100000":
        raise Flaw(f"states the region that registered it in characters 3 to 8, and there is no province {number[2:4]}: {COMPARE}")
    need_check(number, uscc.calc_check_digit(number[:17]))
    where = region.get("province", "State Administration")
    if number[16] != _organisation_check(number[8:16]):
        return Meaning(region=where, doubt="holds its check digit, but the organisation code in it does not: look it up in the register")
    return Meaning(region=where)


def _organisation_check(code: str) -> str:
    """The check character of an organisation code (GB 11714-1997)."""
    total = sum(int(character, 36) * weight for character, weight in zip(code, (3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return "0123456789X0"[11 - total % 11]


def _registration(number: str, _on: date) -> Meaning:
    """The 15 digits of licences before 2015 (GS 15-2006), ISO 7064 MOD 11-10."""
    need_digits(number, 15)
    need_check(number, mod_11_10.calc_check_digit(number[:14]))
    return Meaning(doubt="is of a licence from before the credit codes of 2015: ask for the present licence with its 18 characters")


KINDS: Final = (
    NumberKind("CN_RESIDENT_ID", "A Chinese resident id number", "IDENTITY_CARD", _resident),
    NumberKind("CN_RESIDENCE_PERMIT", "The number of a residence permit for Hong Kong, Macau or Taiwan", "RESIDENCE_PERMIT", _residence),
    NumberKind("CN_PERMANENT_RESIDENCE", "The number of a foreigner's permanent residence card of China", "RESIDENCE_PERMIT", _foreigner),
    NumberKind("CN_HOME_RETURN_PERMIT", "The number of a travel permit for Hong Kong and Macau", "RESIDENCE_PERMIT", _home_return, False),
    NumberKind("CN_TAIWAN_TRAVEL_PERMIT", "The number of a travel permit for Taiwan", "RESIDENCE_PERMIT", _taiwan_travel, False),
    NumberKind("CN_PASSPORT", "A Chinese passport number", "PASSPORT", _passport, checked=False),
    NumberKind("CN_CREDIT_CODE", "A unified social credit code", "BUSINESS_LICENCE", _credit_code),
    NumberKind("CN_REGISTRATION", "A Chinese registration number of 15 digits", "BUSINESS_LICENCE", _registration),
    NumberKind("CN_TAX_NUMBER", "A Chinese taxpayer number", "TAX_NUMBER", _credit_code),
)  # fmt: skip
