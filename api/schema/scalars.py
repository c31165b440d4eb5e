"""Scalars: read strictly, written one way. To resolvers a moment is an `Instant`, money a number of minor units, a code its text.

`str`, `int`, `float` and `bool` are GraphQL's own, whose reading is strict already: no text for a number, no number beyond its
range, no NaN. Refusals name what is allowed; the path is added by whoever reads the variables (`api.schema.execution`).
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NewType, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

if TYPE_CHECKING:
    ID = str
    DateTime = int
    Date = str
    Long = int
    CurrencyCode = str
    CountryCode = str
    Probability = float
    Milliseconds = float
    SignalScalar = int | float | bool | str
else:
    ID = strawberry.ID
    DateTime = NewType("DateTime", int)
    Date = NewType("Date", str)
    Long = NewType("Long", int)
    CurrencyCode = NewType("CurrencyCode", str)
    CountryCode = NewType("CountryCode", str)
    Probability = NewType("Probability", float)
    Milliseconds = NewType("Milliseconds", float)
    SignalScalar = NewType("SignalScalar", object)

Given: TypeAlias = Any
"""What a caller sent or a resolver gave: of any type until it is read."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = _EPOCH.replace(tzinfo=None)
_MILLISECOND: Final = timedelta(milliseconds=1)
_MOMENT: Final = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:([Zz])|([+-])(\d\d):(\d\d))", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_LONG: Final = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_MAXIMUM_LONG: Final = 2**63 - 1


def write_moment(instant: Given) -> str:
    """A moment as text: RFC 3339, UTC, three decimals and `Z`. Raises `OverflowError` outside the years 1 to 9999."""
    return (_NAIVE_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds") + "Z"


def read_moment(value: Given) -> int:
    """Milliseconds since 1970 of an RFC 3339 text; what is finer than a millisecond is cut off."""
    match = _MOMENT.fullmatch(value) if isinstance(value, str) and len(value) <= 40 else None
    if match is None:
        raise GraphQLError("A moment is written as in RFC 3339, with an offset: `2026-11-23T08:30:00.000Z`.")
    year, month, day, hour, minute, second, fraction, _zulu, sign, offset_hours, offset_minutes = match.groups()
    no_such = GraphQLError("There is no such moment in the calendar; write one as `2026-11-23T08:30:00.000Z`.")
    if sign and (int(offset_hours) > 23 or int(offset_minutes) > 59):
        raise no_such
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        raise no_such from None
    instant = (moment - _EPOCH) // _MILLISECOND + int(((fraction or "") + "000")[:3])
    ahead = (int(offset_hours) * 60 + int(offset_minutes)) * 60_000 if sign else 0
    return instant - ahead if sign != "-" else instant + ahead


def read_day(value: Given) -> str:
    """A calendar day as `YYYY-MM-DD`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            pass
    raise GraphQLError("A day is written `YYYY-MM-DD` and exists in the calendar: `2026-11-23`.")


def read_long(value: Given) -> int:
    """A signed 64-bit integer from a text of digits or a JSON integer."""
    if isinstance(value, str) and _LONG.fullmatch(value):
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -_MAXIMUM_LONG - 1 <= value <= _MAXIMUM_LONG:
        return int(value)
    raise GraphQLError('A Long is a whole number that fits 64 bits, written as digits: `"500000"`.')


def read_probability(value: Given) -> float:
    """A number from 0 to 1."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1:
        return float(value)
    raise GraphQLError("A probability is a number from 0 to 1.")


def read_milliseconds(value: Given) -> float:
    """A span of time of 0 or more milliseconds, to three decimals."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 1e15:
        return round(float(value), 3)
    raise GraphQLError("A span is a number of milliseconds, 0 or more: `12.25`.")


def write_milliseconds(value: Given) -> float:
    """A span with at most three decimals, a whole number where it is one."""
    span = round(float(value), 3)
    return int(span) if span == int(span) else span


def write_probability(value: Given) -> float:
    """A number from 0 to 1; anything else is a fault of ours."""
    if not 0 <= value <= 1:
        raise ValueError(f"{value} is no number from 0 to 1")
    return float(value)


def write_scalar(value: Given) -> int | float | bool | str:
    """A signal's value as JSON: a finite number, a boolean or a text."""
    if isinstance(value, (bool, str, int)) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError(f"{value!r} is no finite number, boolean or text")


def _read_code(pattern: re.Pattern[str], what: str) -> Callable[[Any], str]:
    def read(value: Given) -> str:
        if isinstance(value, str) and pattern.fullmatch(value):
            return value
        raise GraphQLError(what)

    return read


def _refuse(value: Given) -> Given:
    raise GraphQLError("A signal's value is read, never sent.")


def _scalar(
    name: str, description: str, write: Callable[[Any], Any], read: Callable[[Any], Any], url: str | None = None
) -> ScalarDefinition:
    return strawberry.scalar(name=name, description=description, serialize=write, parse_value=read, specified_by_url=url)


SCALARS: Final[dict[object, ScalarDefinition]] = {
    DateTime: _scalar(
        "DateTime",
        "A moment in UTC, RFC 3339 with milliseconds and `Z`: `2026-11-23T08:30:00.000Z`. Other offsets are accepted and converted.",
        write_moment,
        read_moment,
        "https://www.rfc-editor.org/rfc/rfc3339",
    ),
    Date: _scalar(
        "Date",
        "A calendar day in the institution's time zone: `2026-11-23`.",
        str,
        read_day,
        "https://www.rfc-editor.org/rfc/rfc3339#section-5.6",
    ),
    Long: _scalar(
        "Long",
        'A signed 64-bit integer, written as a string of digits so that no client rounds it: `"500000"`. A JSON integer is accepted.',
        str,
        read_long,
    ),
    CurrencyCode: _scalar(
        "CurrencyCode",
        "An ISO 4217 code: `CNY`. Its minor unit is the unit of amounts: 1 yuan is 100 fen.",
        str,
        _read_code(_CURRENCY, "A currency is an ISO 4217 code of three capital letters: `CNY`."),
        "https://www.iso.org/iso-4217-currency-codes.html",
    ),
    CountryCode: _scalar(
        "CountryCode",
        "An ISO 3166-1 two-letter code: `CN`.",
        str,
        _read_code(_COUNTRY, "A country is an ISO 3166-1 code of two capital letters: `CN`."),
        "https://www.iso.org/iso-3166-country-codes.html",
    ),
    Probability: _scalar("Probability", "A number from 0 to 1.", write_probability, read_probability),
    Milliseconds: _scalar(
        "Milliseconds",
        "A span of time in milliseconds, 0 or more, with at most three decimals: `12.25`.",
        write_milliseconds,
        read_milliseconds,
    ),
    SignalScalar: _scalar(
        "SignalScalar",
        "A JSON number, boolean or string, as the signal's `type` says; money is a number of minor units.",
        write_scalar,
        _refuse,
    ),
}
"""Every scalar of ours by the name that annotations give it, for the schema's configuration."""
