"""Machine-readable zones (ICAO 9303): the two or three lines at the foot of a passport or card, as text.

Their check digits are the business of a check.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from identity.model import ReadField
from identity.reading.lines import Line, box_around, joined, same_row

LENGTHS: Final = (44, 36, 30)
"""Characters of a line: passports, larger cards and visas, cards."""
SLACK: Final = 6
"""Fillers that a reader may count wrong at the end of a line."""


KINDS: Final = {
    44: ("A" * 44, "?" * 9 + "9AAA" + "9" * 7 + "A" + "9" * 7 + "?" * 14 + "99"),
    36: ("A" * 36, "?" * 9 + "9AAA" + "9" * 7 + "A" + "9" * 7 + "?" * 7 + "9"),
    30: ("AAAAA" + "?" * 9 + "9" + "?" * 15, "9" * 7 + "A" + "9" * 7 + "AAA" + "?" * 11 + "9", "A" * 30),
}
"""What stands where by ICAO 9303: A a letter, 9 a digit, ? either. A filler may stand anywhere."""

TO_DIGIT: Final = str.maketrans("OQDUILZSBG", "0000112586")
TO_LETTER: Final = str.maketrans("012586", "OIZSBG")


def _in_kind(text: str, kinds: str) -> str:
    """Letters where only digits stand as the digits they look like, and the other way about."""
    return "".join(
        character.translate(TO_DIGIT) if kind == "9" else character.translate(TO_LETTER) if kind == "A" else character
        for character, kind in zip(text, kinds, strict=True)
    )


def zone_line(text: str) -> str:
    """A line of text as the zone's alphabet writes it: capitals, digits and fillers; what cannot be is left out."""
    text = re.sub(r"[«《〈＜≤‹]", "<", text.upper().replace("《", "<<").replace("«", "<<"))
    return re.sub(r"[^A-Z0-9<]", "", text)


def read_zone(lines: Sequence[Line]) -> dict[str, ReadField]:
    """The field `mrz`, its lines joined by a newline and filled to their length; empty when the page has no such lines."""
    rows = _rows(lines)
    candidates = [(row, zone_line("".join(line.text for line in row))) for row in rows]
    zone = [(row, text) for row, text in candidates if len(text) >= 30 - SLACK and ("<<" in text or sum(c.isdigit() for c in text) >= 8)]
    first = next((place for place, (_, text) in enumerate(zone) if re.match(r"[PIACV][A-Z0-9<]", text) and "<" in text), None)
    if first is None:
        return {}
    zone = zone[first:]
    length = _length([text for _, text in zone])
    needed = 3 if length == 30 else 2
    if length is None or len(zone) < needed:
        return {}
    used = [line for row, _ in zone[:needed] for line in row]
    text = "\n".join(_in_kind(_filled(text, length), KINDS[length][row]) for row, (_, text) in enumerate(zone[:needed]))
    return {"mrz": ReadField(text, joined(used)[1], box_around(used))}


def _rows(lines: Sequence[Line]) -> list[list[Line]]:
    """The lines grouped in rows, each from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.middle):
        if rows and same_row(rows[-1][-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [sorted(row, key=lambda line: line.left) for row in rows]


def _length(texts: Sequence[str]) -> int | None:
    """The length that these lines were set in, by the longest of the first lines: the last line of a zone has few fillers to lose."""
    second = len(texts[1]) if len(texts) > 1 else 0
    return min(LENGTHS, key=lambda length: abs(length - second)) if second and min(abs(n - second) for n in LENGTHS) <= SLACK else None


def _filled(text: str, length: int) -> str:
    """A line with its run of fillers as long as the zone asks: at the end, or before the last check digits."""
    if len(text) == length:
        return text
    runs = list(re.finditer(r"<{2,}", text))
    at = max(runs, key=lambda hit: hit.end() - hit.start()).start() if runs else len(text)
    if len(text) < length:
        return text[:at] + "<" * (length - len(text)) + text[at:]
    spare = len(text) - length
    run = re.match("<*", text[at:])
    cut = min(spare, max(0, (run.end() if run else 0) - 1))
    return (text[:at] + text[at + cut :])[:length]
