"""Numbers as they are printed, with what a reader confuses put right by their check digits.

Resident identity number: GB 11643, ISO 7064 MOD 11-2 over 18 characters. Unified social credit code: GB 32100, 18 characters of 31, weights
3^i mod 31. A repair is made only when exactly one number within one confusable character passes; otherwise the text stays as read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from typing import Final

RESIDENT_LENGTH: Final = 18
CREDIT_ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"

AS_DIGIT: Final = str.maketrans("OoQDUCIil|!ZzSsBGbgqT〇", "000000111112255866997" + "0")
"""What a letter is where only digits stand."""

AS_CREDIT: Final = str.maketrans({"I": "1", "O": "0", "Z": "2", "S": "5", "V": "Y", "|": "1", "!": "1"})
"""The letters that a credit code never has, as what they were."""

ALIKE: Final = (
    "0OQDCU8G", "1ILT74", "2Z7", "38B59", "4A1", "5S6893", "6G8B5", "71T2", "8B3069", "9G3087",
    "PRF", "MNHW", "KXY", "EFBL", "UVWJ", "JL1", "QD0G", "CG", "HNMK", "XKY", "WMN", "TYJ17", "RPKAB", "AR4",
)  # fmt: skip
"""Characters that small or blurred print makes look alike: the first of each with those it is taken for."""


def resident_valid(number: str) -> bool:
    """Whether 18 characters have a true check digit and a birth date that exists."""
    if not re.fullmatch(r"[1-9]\d{16}[\dX]", number):
        return False
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17] and resident_birth(number) is not None


def resident_birth(number: str) -> date | None:
    """The day of birth inside a resident number; None when there is no such day."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def credit_valid(code: str) -> bool:
    """Whether 18 characters are a unified social credit code with a true check character."""
    if not re.fullmatch(r"[1-9A-HJ-NP-RTUWXY]{2}\d{6}[0-9A-HJ-NP-RTUWXY]{10}", code):
        return False
    total = sum(CREDIT_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return CREDIT_ALPHABET[(31 - total % 31) % 31] == code[17]


def resident_number(text: str, born: date | None = None) -> tuple[str, bool] | None:
    """The resident number in a line and whether it was mended; None when the line holds none. `born` is what the card prints."""
    for run in _runs(text, r"[0-9A-Za-z|!〇]{16,20}"):
        number = run[:17].translate(AS_DIGIT) + run[17:].upper().replace("K", "X").replace("Y", "X")
        number = number[:17] + number[17:].translate(AS_DIGIT) if number[17:] != "X" else number
        if sum(character.isdigit() for character in run) < 14:
            continue
        return _mended(number, resident_valid, "0123456789", lambda made: born is None or resident_birth(made) == born)
    return None


def credit_code(text: str) -> tuple[str, bool] | None:
    """The unified social credit code in a line and whether it was mended; None when the line holds none."""
    for run in _runs(text, r"[0-9A-Za-z|!]{17,19}"):
        code = run.upper().translate(AS_CREDIT)
        code = code[:2] + code[2:8].translate(AS_DIGIT) + code[8:]
        if sum(character.isdigit() for character in code) < 8:
            continue
        return _mended(code, credit_valid, CREDIT_ALPHABET, lambda _: True)
    return None


def _runs(text: str, pattern: str) -> Iterator[str]:
    """Runs of number's characters in a line, without the spaces of the print; the longest first."""
    yield from sorted(re.findall(pattern, re.sub(r"[\s·.,:：\-]", "", text)), key=len, reverse=True)


def _mended(number: str, valid: Callable[[str], bool], alphabet: str, fits: Callable[[str], bool]) -> tuple[str, bool]:
    """The number that passes, with whether it had to be changed; the number as read when none or several would."""
    if valid(number) and fits(number):
        return number, False
    candidates = {made for made in _variants(number, alphabet) if valid(made)}
    fitting = {made for made in candidates if fits(made)} or candidates
    if len(fitting) == 1:
        return fitting.pop(), True
    return number, False


def _variants(number: str, alphabet: str) -> Iterator[str]:
    """The number with one character replaced by one that looks like it; of a 19 character run, without one of them."""
    if len(number) == RESIDENT_LENGTH + 1:
        yield from (number[:place] + number[place + 1 :] for place in range(len(number)))
    for place, character in enumerate(number):
        for group in ALIKE:
            if character == group[0] or (character in group and group[0] in alphabet):
                for other in group if character == group[0] else group[0]:
                    if other != character and other in alphabet:
                        yield number[:place] + other + number[place + 1 :]
