"""The machine-readable zone of travel documents: three lines of 30 (TD1), two of 36 (TD2) or two of 44 (TD3).

ICAO Doc 9303, parts 3 to 6 (8th edition): check digits weigh 7, 3, 1 modulo 10 where A is 10 and the filler 0. What a camera mistakes
(O for 0, I for 1 ...) is mended only where exactly one mending makes the check digit hold.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import combinations
from typing import Final

LONGEST: Final = 400
"""Characters of a zone that are looked at; the longest format has 90."""

FORMATS: Final = {"TD1": (3, 30), "TD2": (2, 36), "TD3": (2, 44)}
"""Lines, and characters of a line."""

ALIKE: Final = {"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "Z": "2", "S": "5", "G": "6", "B": "8"}
"""Letters that look like digits."""

BACK: Final = {"0": "O", "1": "I", "2": "Z", "5": "S", "6": "G", "8": "B"}
MIXED: Final = {"O": "0", "0": "O", "I": "1", "1": "I"}
"""What is mended where letters and digits both may stand. One check digit passes one wrong text in ten, so every further pair would
mend a wrong number into another wrong one more often than it would help."""

MOST_MENDED: Final = 2
"""Characters of one field that may be mended."""

LONGEST_VALID: Final = 50
"""Years from today within which a document expires or expired; two digits of a year say no more."""


@dataclass(frozen=True, slots=True)
class Zone:
    """What a zone says; `flaws` end sentences that begin with `The machine-readable zone`, and without any all check digits hold."""

    format: str | None
    code: str = ""
    """Kind of document: P a passport, I, A or C a card."""
    issuer: str = ""
    """ICAO code of the issuing state, as is the next."""
    nationality: str = ""
    number: str = ""
    surname: str = ""
    given_names: str = ""
    sex: str = ""
    """M, F or empty where it is not stated."""
    born_on: date | None = None
    expires_on: date | None = None
    mended: int = 0
    flaws: tuple[str, ...] = ()


@dataclass(slots=True)
class _Reading:
    """The lines while they are read and mended."""

    lines: list[str]
    flaws: list[str] = field(default_factory=list)
    mended: int = 0

    def at(self, row: int, start: int, end: int) -> str:
        return self.lines[row][start:end]

    def put(self, row: int, start: int, text: str) -> None:
        line = self.lines[row]
        self.mended += sum(old != new for old, new in zip(line[start:], text, strict=False))
        self.lines[row] = line[:start] + text + line[start + len(text) :]

    def checked(self, row: int, start: int, end: int, name: str, *, digits: bool) -> str:
        """A field whose check digit follows it, mended where that makes it hold."""
        found = mend(self.at(row, start, end), self.at(row, end, end + 1), digits=digits)
        if found is None:
            self.flaws.append(f"does not hold the check digit of its {name}")
        else:
            self.put(row, start, found[0] + found[1])
        return self.at(row, start, end)


def check_digit(text: str) -> str:
    """The check digit of a field (Doc 9303-3, 4.9); characters that no zone has count as nothing."""
    total = 0
    for place, sign in enumerate(text):
        value = int(sign, 36) if sign.isascii() and sign.isalnum() else 0
        total += value * (7, 3, 1)[place % 3]
    return str(total % 10)


def mend(text: str, check: str, *, digits: bool) -> tuple[str, str] | None:
    """Field and check digit when they hold, as they stand or mended; None when no mending or more than one does.

    `digits` says that the field has digits alone, where a letter can only be a digit's.
    """
    check = ALIKE.get(check, check)
    if digits:
        text = "".join(ALIKE.get(sign, sign) for sign in text)
    if check == "<" and not text.strip("<"):
        return text, check
    if check_digit(text) == check:
        return text, check
    if digits:
        return None
    places = [place for place, sign in enumerate(text) if sign in MIXED]
    for count in range(1, MOST_MENDED + 1):
        held = set[str]()
        for chosen in combinations(places, count):
            signs = list(text)
            for place in chosen:
                signs[place] = MIXED[signs[place]]
            if check_digit("".join(signs)) == check:
                held.add("".join(signs))
        if len(held) == 1:
            return held.pop(), check
        if held:
            return None
    return None


def read_zone(text: str, on: date) -> Zone:
    """What a zone says, on a day by which two digits of a year are understood. Any text is answered."""
    lines = lines_of(text)
    name = next((name for name, (rows, width) in FORMATS.items() if len(lines) == rows and all(len(line) == width for line in lines)), None)
    if name is None:
        return Zone(None, flaws=("has neither three lines of 30 characters nor two of 36 or 44: photograph the whole of it, straight",))
    reading = _Reading(lines)
    if re.search("[^A-Z0-9<]", "".join(lines)):
        reading.flaws.append("has a sign that is neither letter, digit nor <")
    if name == "TD1":
        return _card(reading, on)
    return _booklet(reading, name, on)


def lines_of(text: str) -> list[str]:
    """The lines of a zone in upper case without spaces; one run of 72, 88 or 90 characters is cut where its lines end."""
    plain = unicodedata.normalize("NFKC", text[:LONGEST]).upper().replace("«", "<<").replace("‹", "<").replace("〈", "<").replace("＜", "<")
    lines = [re.sub(r"\s", "", line) for line in plain.splitlines() if line.strip()]
    if len(lines) == 1:
        rows, width = {72: (2, 36), 88: (2, 44), 90: (3, 30)}.get(len(lines[0]), (1, len(lines[0])))
        lines = [lines[0][row * width : (row + 1) * width] for row in range(rows)]
    widest = max((len(line) for line in lines), default=0)
    # Fillers at the end of the names are what readers lose or double.
    return [line.ljust(widest, "<") if line.endswith("<") else line for line in lines]


def _card(reading: _Reading, on: date) -> Zone:
    """TD1 (Doc 9303-5): a number of more than nine characters goes on in the optional data."""
    if reading.at(0, 14, 15) == "<" and reading.at(0, 15, 16) != "<":
        rest = reading.at(0, 15, 30).split("<", 1)[0]
        number = reading.at(0, 5, 14) + rest[:-1]
        if check_digit(reading.at(0, 5, 14) + "<" + rest[:-1]) != rest[-1:] and check_digit(number) != rest[-1:]:
            reading.flaws.append("does not hold the check digit of its number")
    else:
        number = reading.checked(0, 5, 14, "number", digits=False)
    born = reading.checked(1, 0, 6, "date of birth", digits=True)
    ends = reading.checked(1, 8, 14, "date of expiry", digits=True)
    whole = reading.at(0, 5, 30) + reading.at(1, 0, 7) + reading.at(1, 8, 15) + reading.at(1, 18, 29)
    return _said(
        reading,
        "TD1",
        number,
        (born, ends),
        whole,
        (1, 29),
        names=reading.at(2, 0, 30),
        nationality=reading.at(1, 15, 18),
        sex=reading.at(1, 7, 8),
        on=on,
    )


def _booklet(reading: _Reading, name: str, on: date) -> Zone:
    """TD2 (Doc 9303-6) and TD3 (Doc 9303-4), which are alike but for their width and the check digit of a passport's optional data."""
    number = reading.checked(1, 0, 9, "number", digits=False)
    born = reading.checked(1, 13, 19, "date of birth", digits=True)
    ends = reading.checked(1, 21, 27, "date of expiry", digits=True)
    if name == "TD3":
        reading.checked(1, 28, 42, "optional data", digits=False)
    last = FORMATS[name][1] - 1
    whole = reading.at(1, 0, 10) + reading.at(1, 13, 20) + reading.at(1, 21, last)
    names = reading.at(0, 5, last + 1)
    return _said(
        reading,
        name,
        number,
        (born, ends),
        whole,
        (1, last),
        names=names,
        nationality=reading.at(1, 10, 13),
        sex=reading.at(1, 20, 21),
        on=on,
    )


def _said(
    reading: _Reading,
    name: str,
    number: str,
    days: Sequence[str],
    whole: str,
    place: tuple[int, int],
    *,
    names: str,
    nationality: str,
    sex: str,
    on: date,
) -> Zone:
    """The zone's content, with the flaws of its composite check digit, its dates and its names."""
    row, column = place
    final = ALIKE.get(reading.at(row, column, column + 1), reading.at(row, column, column + 1))
    if check_digit(whole) != final:
        reading.flaws.append("does not hold its last check digit, that of all fields together")
    born, ends = _birthday(days[0], on), _expiry(days[1], on)
    if born is None and "<" not in days[0]:
        reading.flaws.append("states a date of birth that no calendar has")
    if ends is None and days[1].strip("<"):
        reading.flaws.append("states a date of expiry that no calendar has")
    if born is not None and ends is not None and ends <= born:
        reading.flaws.append("expires before its holder was born")
    surname, _, given = names.rstrip("<").partition("<<")
    if not re.search("[A-Z]", surname):
        reading.flaws.append("has no surname")
    if sex not in {"M", "F", "X", "<"}:
        reading.flaws.append("states a sex that is neither M, F nor <")
    return Zone(
        name,
        reading.at(0, 0, 2).replace("<", ""),
        reading.at(0, 2, 5).replace("<", ""),
        nationality.replace("<", ""),
        number.replace("<", ""),
        _words(surname),
        _words(given),
        sex if sex in {"M", "F"} else "",
        born,
        ends,
        reading.mended,
        tuple(reading.flaws),
    )


def _words(text: str) -> str:
    """Names without fillers; a zero among letters is an O, which names alone may have."""
    return " ".join("".join(BACK.get(sign, sign) for sign in part) for part in text.split("<") if part)


def _birthday(text: str, on: date) -> date | None:
    """The latest such day that is not still to come."""
    return max((day for century in (1900, 2000, 2100) if (day := _day(century, text)) is not None and day <= on), default=None)


def _expiry(text: str, on: date) -> date | None:
    """The one such day within fifty years of today."""
    days = (_day(century, text) for century in (1900, 2000, 2100))
    return next((day for day in days if day is not None and abs(day.year - on.year) < LONGEST_VALID), None)


def _day(century: int, text: str) -> date | None:
    if not re.fullmatch("[0-9]{6}", text):
        return None
    try:
        return date(century + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError:
        return None
