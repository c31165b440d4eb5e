"""Which document a page of lines is, and its fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from identity.model import ReadField
from identity.reading.digits import resident_valid
from identity.reading.layout import label_count
from identity.reading.licence import TITLES, read_licence
from identity.reading.lines import Line, upright
from identity.reading.passport import read_zone
from identity.reading.resident_id import BACK_LABELS, FRONT_LABELS, read_back, read_front

RESIDENT_ID = "RESIDENT_ID"
BUSINESS_LICENCE = "BUSINESS_LICENCE"
PASSPORT = "PASSPORT"


def document_fields(lines: Sequence[Line]) -> tuple[str | None, dict[str, ReadField]]:
    """The kind of document that lines of text look like, and the fields read; None and no fields when it looks like none that is known."""
    page = [replace(line, text=_plain(line.text)) for line in upright(lines)]
    front, back = label_count(page, FRONT_LABELS), label_count(page, [*BACK_LABELS, "居民身份证"])
    licence = label_count(page, TITLES)
    if licence >= 2 and licence >= front:
        return BUSINESS_LICENCE, read_licence(page)
    zone = read_zone(page)
    if zone:
        return PASSPORT, zone
    if front >= 2 and front >= back:
        return RESIDENT_ID, read_front(page)
    if back >= 2:
        return RESIDENT_ID, read_back(page)
    # Labels too pale to be read, and a number that proves itself with a birth date or a sex beside it: still the card.
    fields = read_front(page)
    number = fields.get("number")
    proven = number is not None and resident_valid(number.text) and "address" in fields
    return (RESIDENT_ID, fields) if proven else (None, {})


def _plain(text: str) -> str:
    """The text with full-width digits, letters and spaces as their plain forms; Chinese punctuation stays."""
    return "".join(chr(ord(c) - 0xFEE0) if c.isalnum() and 0xFF01 <= ord(c) <= 0xFF5E else (" " if c == "\u3000" else c) for c in text)
