"""Moments, money, ties and entities as people say them on a page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from graph.currencies import MINOR_DIGITS
from graph.model import EntityKind, Instant, LoanState, Standing, TieKind

KIND_WORDS: Final[dict[EntityKind, tuple[str, str]]] = {
    EntityKind.MERCHANT: ("merchant", "merchants"),
    EntityKind.PERSON: ("person", "people"),
    EntityKind.ACCOUNT: ("account", "accounts"),
    EntityKind.DEVICE: ("device", "devices"),
    EntityKind.PHONE: ("phone number", "phone numbers"),
    EntityKind.EMAIL: ("e-mail address", "e-mail addresses"),
    EntityKind.IP_ADDRESS: ("IP address", "IP addresses"),
    EntityKind.PLACE: ("place", "places"),
    EntityKind.DOCUMENT: ("document", "documents"),
    EntityKind.FACE: ("face", "faces"),
    EntityKind.LOAN: ("loan", "loans"),
}
"""One and several of each kind."""

TIE_WORDS: Final[dict[TieKind, str]] = {
    TieKind.OWNS: "owns",
    TieKind.HOLDS: "holds",
    TieKind.USES_DEVICE: "uses",
    TieKind.CONNECTS_FROM: "connects from",
    TieKind.REACHED_AT: "is reached at",
    TieKind.LOCATED_AT: "is located at",
    TieKind.IDENTIFIED_BY: "is identified by",
    TieKind.SHOWS_FACE: "shows",
    TieKind.GUARANTEES: "guarantees",
    TieKind.INVESTS_IN: "invests in",
    TieKind.APPLIED_FOR: "applied for",
    TieKind.ONBOARDED_BY: "was signed up by",
    TieKind.PAYS: "pays",
    TieKind.PAID_OUT_TO: "was paid out to",
    TieKind.REPAYS: "repays",
}
"""What the first end does with the second."""

STANDING_WORDS: Final[dict[Standing, str]] = {
    Standing.CLEAR: "",
    Standing.SUSPECTED: "suspected",
    Standing.CONFIRMED_FRAUD: "confirmed fraud",
    Standing.CLEARED: "cleared",
}

STATE_WORDS: Final[dict[str, str]] = {
    LoanState.APPLIED: "asked for",
    LoanState.PAID_OUT: "running",
    LoanState.LATE: "late",
    LoanState.REPAID: "repaid",
    LoanState.DEFAULTED: "defaulted",
    LoanState.REFUSED: "refused",
    LoanState.NOT_TAKEN_UP: "not taken up",
}

SIGNS: Final = {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "IDR": "Rp ", "JPY": "¥"}


def money(amount: int, currency: str) -> str:
    """An amount of minor units as read: `¥31,000` or `¥31,000.50`."""
    digits = MINOR_DIGITS.get(currency, 2)
    whole, part = divmod(abs(amount), 10**digits)
    text = f"{whole:,}" + (f".{part:0{digits}d}" if part else "")
    return f"{'-' if amount < 0 else ''}{SIGNS.get(currency, currency + ' ')}{text}"


def when(moment: Instant, time_zone: str) -> str:
    """A moment on the institution's clock: `31 Oct 2026, 16:24`."""
    return f"{_local(moment, time_zone):%-d %b %Y, %H:%M}"


def day(moment: Instant, time_zone: str) -> str:
    """The day of a moment: `31 Oct 2026`."""
    return f"{_local(moment, time_zone):%-d %b %Y}"


def counted(number: int, kind: EntityKind) -> str:
    """`1 device`, `14 devices`."""
    one, several = KIND_WORDS[kind]
    return f"{number:,} {one if number == 1 else several}"


def _local(moment: Instant, time_zone: str) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(time_zone))
