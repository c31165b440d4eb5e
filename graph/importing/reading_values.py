"""Values of a file's columns as the types of leaves: texts as CSV has them, and what JSON and Parquet type themselves.

Each function takes a value that is not empty, and raises `ValueError` with what is wrong and what to do.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

FORMATS: Final = ("iso", "epoch_ms", "epoch_s")
"""Forms of a moment that are no pattern."""

LONGEST_NUMBER: Final = 40
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)
_DIGITS: Final = re.compile(r"-?[0-9]{1,18}")
_DECIMAL: Final = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,3})?")
_BOOLEANS: Final = {"true": True, "false": False, "1": True, "0": False, "yes": True, "no": False}


def text(value: object) -> str:
    """A text as it is; numbers and truth values as JSON writes them, days and moments in ISO 8601."""
    if value.__class__ is str:
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    raise ValueError("is an object, a list or bytes, of which no text can be made: map one of its fields")


def whole(value: object) -> int:
    """A whole number; `12.0` is one."""
    if value.__class__ is int:
        return value
    written = _written(value)
    if _DIGITS.fullmatch(written):
        return int(written)
    return _exact(written, 0)


def number(value: object) -> float:
    """A number, not NaN and not infinite."""
    written = _written(value)
    if not _DECIMAL.fullmatch(written):
        raise ValueError("is no number: write it like 0.25, with a point and without separators")
    found = float(written)
    if found - found != 0.0:
        raise ValueError("is not finite: give a number or leave it empty")
    return found


def boolean(value: object) -> bool:
    """True or false; `1`, `0`, `yes` and `no` are taken too."""
    if isinstance(value, bool):
        return value
    found = _BOOLEANS.get(text(value).lower())
    if found is None:
        raise ValueError("is neither true nor false (nor 1, 0, yes, no): translate it in the mapping")
    return found


def minor_units(decimals: int) -> Callable[[object], int]:
    """What reads a decimal of the major unit as whole minor units, exactly: with 2 decimals `12.5` is 1250."""

    def read(value: object) -> int:
        written = _written(value)
        major, _, minor = written.partition(".")
        if len(minor) <= decimals and len(major) <= 18 and (digits := major + minor).isascii() and digits.isdigit():
            return int(digits + "0" * (decimals - len(minor)))
        return _exact(written, decimals)

    return read


def moment(form: str, zone: str) -> Callable[[object], int]:
    """What reads a moment as milliseconds since 1970; one that states no offset is of `zone` (of two equal ones the earlier)."""
    if form == "epoch_ms":
        return whole
    if form == "epoch_s":
        thousandfold = minor_units(3)
        return lambda value: thousandfold(value)
    place = UTC if zone == "UTC" else ZoneInfo(zone)
    parse = datetime.fromisoformat if form == "iso" else lambda written: datetime.strptime(written, form)  # noqa: DTZ007 - the zone follows

    def read(value: object) -> int:
        try:
            found = value if isinstance(value, datetime) else parse(_written(value))
            if found.tzinfo is None:
                found = found.replace(tzinfo=place)
            return (found - _EPOCH) // _MILLISECOND
        except (ValueError, OverflowError):
            raise ValueError(f"is no moment as the mapping reads it ({form}): correct the value or the mapping's `format`") from None

    return read


def day(form: str) -> Callable[[object], str]:
    """What reads a day as `2026-11-23`; a time of day behind it is left off."""
    if form in ("epoch_ms", "epoch_s"):
        read_moment = moment(form, "UTC")
        return lambda value: _day_of(_EPOCH, read_moment(value))

    def read(value: object) -> str:
        if isinstance(value, datetime):
            return value.date().isoformat()
        if isinstance(value, date):
            return value.isoformat()
        written = _written(value)
        try:
            found = datetime.fromisoformat(written) if form == "iso" else datetime.strptime(written, form)  # noqa: DTZ007 - a day has no zone
        except ValueError:
            raise ValueError(f"is no day as the mapping reads it ({form}): correct the value or the mapping's `format`") from None
        return found.date().isoformat()

    return read


def _day_of(start: datetime, milliseconds: int) -> str:
    try:
        return (start + timedelta(milliseconds=milliseconds)).date().isoformat()
    except OverflowError:
        raise ValueError("is no day: it is outside the years 1 to 9999") from None


def _written(value: object) -> str:
    """A number's or moment's text, bounded so that reading it takes no time."""
    written = text(value).strip()
    if len(written) > LONGEST_NUMBER:
        raise ValueError(f"is longer than {LONGEST_NUMBER} characters, and so no number or moment")
    return written


def _exact(written: str, decimals: int) -> int:
    """A decimal scaled to a whole number, refused when that would round it."""
    if not _DECIMAL.fullmatch(written):
        raise ValueError("is no number: write it like 1234.50, with a point and without separators")
    # Up to 24 characters a decimal is exact within the default precision of 28 digits.
    scaled = Decimal(written).scaleb(decimals) if len(written) <= 24 else None
    if scaled is None or scaled.adjusted() > 24:
        raise ValueError("is too large or too long: give an amount in the unit that the mapping says")
    found = int(scaled)
    if found != scaled:
        raise ValueError(f"has more than {decimals} decimals: round it where it comes from, or say more `decimals` in the mapping")
    return found
