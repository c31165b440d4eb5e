"""The words of country packs: a kind of number, what reading one says, and what the packs share.

A reader gets a number without separators and in upper case, and raises `Flaw` with the rest of a sentence that names the character
(counted from 1) and what to do. `NumberKind.read` never raises: any text gives an answer.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import ModuleType
from typing import Final

from stdnum.exceptions import InvalidChecksum, ValidationError

LONGEST: Final = 64
"""Characters of a number that are looked at, separators included."""

OLDEST: Final = 130
"""Years: nobody is older."""

DIGITS: Final = "0123456789"
LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

SEPARATORS: Final = " -./()·_\t\u2010\u2011\u2012\u2013\u2014\u00a0\u3000"
"""What people and cards put between characters; none of it is part of a number."""

COMPARE: Final = "compare it with the document"


class Sex(StrEnum):
    """What a number says of its holder's sex."""

    MALE = "MALE"
    FEMALE = "FEMALE"


class Flaw(Exception):
    """Why a text is no such number: the end of a sentence that begins with the number's title."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a number says; None where it says nothing."""

    born_on: date | None = None
    sex: Sex | None = None
    region: str | None = None
    """Where it was given out, or what it stands for: a province, a nationality, a kind of holder."""
    doubt: str | None = None
    """What should be looked at although nothing is wrong: the end of a sentence."""


NOTHING: Final = Meaning()


@dataclass(frozen=True, slots=True)
class Reading:
    """One text read as one kind of number."""

    kind: NumberKind
    number: str
    """Without separators, in upper case."""
    valid: bool
    sentence: str
    """What it is, or why it is not and what to do; it holds no more of the number than its last characters."""
    meaning: Meaning = NOTHING


@dataclass(frozen=True, slots=True)
class NumberKind:
    """One kind of number of one country."""

    code: str
    """Stable: `CN_RESIDENT_ID`."""
    title: str
    """As a sentence says it, with its article: `A Chinese resident id number`."""
    document: str
    """The kind of document that carries it: IDENTITY_CARD, PASSPORT, RESIDENCE_PERMIT, BUSINESS_LICENCE or TAX_NUMBER."""
    reader: Callable[[str, date], Meaning]
    checked: bool = True
    """Whether a check digit proves it; without one a slip of a digit is not seen."""

    def read(self, text: str, on: date) -> Reading:
        """`text` as this kind of number on this day: birthdays after it are impossible. Any text is answered."""
        number = compact(text)
        try:
            _need_some(text, number)
            meaning = self.reader(number, on)
        except Flaw as flaw:
            return Reading(self, number[:LONGEST], False, f"{self.title} {flaw}.")
        if meaning.doubt is not None:
            return Reading(self, number, True, f"{self.title} ending in {tail(number)} {meaning.doubt}.", meaning)
        proof = "holds its check digit" if self.checked else "has the right form; it carries no check digit that would show a slip"
        return Reading(self, number, True, f"{self.title} ending in {tail(number)} {proof}.", meaning)


def _need_some(text: str, number: str) -> None:
    if not number:
        raise Flaw("is missing: enter the number as the document shows it")
    if len(text) > LONGEST:
        raise Flaw(f"has at most {LONGEST} characters and this has {len(text)}: enter the number alone")


def compact(text: str) -> str:
    """A number without separators and in upper case; full-width characters become plain ones."""
    plain = unicodedata.normalize("NFKC", text[: 4 * LONGEST])
    return "".join(character for character in plain if character not in SEPARATORS).upper()


def tail(number: str) -> str:
    """The last characters of a number that a sentence may show: at most four, and at most a third."""
    shown = min(4, len(number) // 3)
    return "".join(sign if sign.isalnum() else "*" for sign in number[-shown:]) if shown else "*"


def need_length(number: str, *lengths: int) -> None:
    """Raise `Flaw` unless the number is as long as one of these."""
    if len(number) not in lengths:
        wanted = " or ".join(map(str, lengths))
        raise Flaw(f"has {wanted} characters and this has {len(number)}: {COMPARE}")


def need_shape(number: str, shape: Sequence[str], names: str | None = None) -> None:
    """Raise `Flaw` naming the first character that is not among those which `shape` allows at its place."""
    for place, (character, allowed) in enumerate(zip(number, shape, strict=False), 1):
        if character not in allowed:
            raise Flaw(f"has {names or _named(allowed)} as character {place}, and this has {_shown(character)}: {COMPARE}")


def need_digits(number: str, *lengths: int) -> None:
    """Raise `Flaw` unless the number is all digits and of one of these lengths."""
    need_length(number, *lengths)
    need_shape(number, (DIGITS,) * len(number))


def need_check(number: str, expected: str, place: int | None = None) -> None:
    """Raise `Flaw` unless the check character at `place` (from 1; the last one when None) is the expected one."""
    at = len(number) if place is None else place
    if number[at - 1] != expected:
        raise Flaw(f"ends its sum in another check character than character {at} shows, so one character is wrong: {COMPARE}")


def need_day(year: int, month: int, day: int, on: date, places: str) -> date:
    """The birthday that a number states. Raises `Flaw` for a day that no calendar has, one after `on`, or one too long ago."""
    try:
        born = date(year, month, day)
    except ValueError:
        raise Flaw(f"states in characters {places} a birthday that no calendar has: {COMPARE}") from None
    if born > on:
        raise Flaw(f"states in characters {places} a birthday that is still to come: {COMPARE}")
    if on.year - born.year > OLDEST:
        raise Flaw(f"states in characters {places} a birthday more than {OLDEST} years ago: {COMPARE}")
    return born


def century_of(year: int, month: int, day: int, on: date, places: str) -> date:
    """The birthday of a number that states two digits of the year: in this century when that is past, else in the last one."""
    this = on.year // 100 * 100 + year
    try:
        if date(this, month, day) <= on:
            return date(this, month, day)
    except ValueError:
        pass
    return need_day(this - 100, month, day, on, places)


def by_library(
    module: ModuleType, lengths: tuple[int, ...], shape: str, say: Callable[[str, date], Meaning] | None = None
) -> Callable[[str, date], Meaning]:
    """A reader that asks a module of python-stdnum whether the number is valid.

    `shape` has a letter for each character: `9` a digit, `A` a letter, `X` either; it is as long as the longest length and is compared
    from the left. `say` then reads the number's meaning.
    """
    allowed = [{"9": DIGITS, "A": LETTERS, "X": DIGITS + LETTERS}[sign] for sign in shape]

    def read(number: str, on: date) -> Meaning:
        need_length(number, *lengths)
        need_shape(number, allowed)
        try:
            module.validate(number)
        except InvalidChecksum:
            raise Flaw(f"ends its sum in another check digit than this shows, so one character is wrong: {COMPARE}") from None
        except ValidationError:
            raise Flaw(f"has a part that is never given out: {COMPARE}") from None
        except Exception:  # a parser of the library that trips over a text has not found it valid
            raise Flaw(f"cannot be read from this text: {COMPARE}") from None
        return NOTHING if say is None else say(number, on)

    return read


def luhn(number: str) -> bool:
    """Whether all digits together hold the check of ISO/IEC 7812-1."""
    total = 0
    for place, character in enumerate(reversed(number)):
        digit = ord(character) - 48
        total += digit if place % 2 == 0 else digit * 2 - 9 * (digit > 4)
    return total % 10 == 0


def mod_11_2(digits: str) -> str:
    """The check character of ISO 7064 MOD 11-2 for these digits: `X` stands for ten."""
    rest = 0
    for character in digits:
        rest = (rest + int(character)) * 2 % 11
    return "0123456789X"[(12 - rest) % 11]


def _named(allowed: str) -> str:
    if allowed == DIGITS:
        return "a digit"
    if allowed == LETTERS:
        return "a letter"
    if len(allowed) <= 4:
        return " or ".join(allowed)
    return "a digit or a letter" if allowed == DIGITS + LETTERS else f"one of {allowed}"


def _shown(character: str) -> str:
    """A wrong character as a sentence shows it: a letter is no digit of anybody's, but any other sign may be unprintable."""
    if character in LETTERS:
        return f"the letter {character}"
    if character in DIGITS:
        return "another digit"
    return "a sign that belongs to no number"
