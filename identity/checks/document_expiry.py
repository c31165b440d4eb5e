"""DOCUMENT_EXPIRY: whether the document is still valid."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from identity.checks.results import failed, passed, unclear
from identity.model import Check, CheckResult, IdentityFile
from identity.zone import read_zone

CODE: Final = "DOCUMENT_EXPIRY"
SOON: Final = 30
"""Days before its end in which a document should be renewed."""

FOR_EVER: Final = ("长期", "長期", "永久", "permanent", "indefinite")
"""What documents say that have no end."""


def run(file: IdentityFile) -> CheckResult:
    """The document has not expired."""
    ends = [day for day in (file.declared.document_valid_until, *_read(file)) if day is not None]
    if not ends:
        if _for_ever(file):
            return passed(CODE, "The document says that it is valid without end.")
        return unclear(CODE, "No day until which the document is valid is known: photograph the side that shows it, or enter it.")
    first = min(ends)
    left = (first - file.on).days
    if left < 0:
        return failed(CODE, f"The document expired on {first.isoformat()}: ask for the present one.", float(left), 0.0)
    if left <= SOON:
        days = "1 day" if left == 1 else f"{left} days"
        return passed(
            CODE, f"The document is valid until {first.isoformat()}, for {days} more: ask for the new one soon.", float(left), 0.0
        )
    return passed(CODE, f"The document is valid until {first.isoformat()}.", float(left), 0.0)


def _read(file: IdentityFile) -> tuple[date | None, ...]:
    """Days of expiry that were read: the field, and the machine-readable zone's."""
    if file.document is None:
        return ()
    until, zone = file.document.fields.get("valid_until"), file.document.fields.get("mrz")
    said = None if zone is None else read_zone(zone.text, file.on)
    # A zone with a broken check digit says nothing that would refuse somebody.
    return (None if until is None else last_day_of(until.text), None if said is None or said.flaws else said.expires_on)


def last_day_of(text: str) -> date | None:
    """The last day in a text like `2016.03.01-2036.03.01` or `2036年3月1日`; None when there is none."""
    found = re.findall(r"((?:19|20|21)\d\d)\s*[-./年]?\s*(\d{1,2})\s*[-./月]?\s*(\d{1,2})", text[:100])
    days = list[date]()
    for year, month, day in found:
        try:
            days.append(date(int(year), int(month), int(day)))
        except ValueError:
            continue
    return max(days, default=None)


def _for_ever(file: IdentityFile) -> bool:
    until = None if file.document is None else file.document.fields.get("valid_until")
    return until is not None and any(words in until.text.casefold() for words in FOR_EVER)


CHECK: Final = Check(CODE, frozenset(), run)
