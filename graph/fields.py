"""Reading single fields of raw input: each is checked and normalised, or what is wrong with it is noted and reading goes on.

A `Reading` collects problems over a whole fact, so that a caller learns of all at once. A field that was refused gives a
placeholder of its type; whoever ends the reading with `finish` never sees it, because that raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar

from graph import normalising
from graph.contents import PlaceSeen
from graph.currencies import MINOR_DIGITS
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import MAXIMUM_AHEAD, MAXIMUM_AMOUNT, EntityKind, EntityName, Instant, Institution
from graph.normalising import LONGEST_KEY, check_text

Path = tuple[str, ...]
Raw = Mapping[str, object]
T = TypeVar("T")

MAXIMUM_PROBLEMS: Final = 20
LONGEST_REASON: Final = 500
EARLIEST: Final[Instant] = -2_208_988_800_000
"""1900-01-01T00:00:00Z: no stated moment is earlier."""

DOCUMENT_KINDS: Final = frozenset({"IDENTITY_CARD", "PASSPORT", "RESIDENCE_PERMIT", "BUSINESS_LICENCE", "TAX_NUMBER"})
KINDS_BY_PREFIX: Final = {kind.value: kind for kind in EntityKind}
KEYED: Final = {"merchant": EntityKind.MERCHANT, "person": EntityKind.PERSON, "account": EntityKind.ACCOUNT, "loan": EntityKind.LOAN,
                "device": EntityKind.DEVICE}  # fmt: skip
"""Ways to name any entity that are a key taken as it is."""

VALUED: Final[dict[str, tuple[EntityKind, Callable[[str], str]]]] = {
    "phone": (EntityKind.PHONE, normalising.phone),
    "email": (EntityKind.EMAIL, normalising.email),
    "ipAddress": (EntityKind.IP_ADDRESS, normalising.ip_address),
}
"""Ways to name any entity that are a value to be normalised."""

_ID: Final = re.compile(r"[a-z]{3}_[a-z2-7]{24}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PLACE_FIELDS: Final = frozenset({"address", "country", "latitude", "longitude"})
_DOCUMENT_FIELDS: Final = frozenset({"kind", "country", "number"})
_MONEY_FIELDS: Final = frozenset({"amount", "currency"})
_NOBODY: Final = EntityName(EntityKind.MERCHANT, "")
_EMPTY: Final[Raw] = {}


def name_of(kind: EntityKind) -> str:
    """The kind in words: `e-mail address`."""
    return {EntityKind.EMAIL: "e-mail address", EntityKind.IP_ADDRESS: "IP address"}.get(kind, kind.name.lower())


def _a(kind: EntityKind) -> str:
    """The kind in words with its article."""
    word = name_of(kind)
    return f"an {word}" if word[0] in "aeioI" else f"a {word}"


class Reading:
    """Problems found so far in one input, and what is needed to judge it."""

    __slots__ = ("currency", "now", "places", "problems", "unknown")

    def __init__(self, institution: Institution, now: Instant) -> None:
        self.currency = institution.currency
        self.now = now
        self.problems: list[Problem] = []
        self.unknown = True
        """Whether all problems are ids that cannot exist."""
        self.places: list[PlaceSeen] = []

    def wrong(self, path: Path, message: str) -> None:
        """Note a problem."""
        self.unknown = False
        if len(self.problems) < MAXIMUM_PROBLEMS:
            self.problems.append(Problem(path, message))

    def finish(self) -> None:
        """Raise `InvalidInput` with what was found, if anything."""
        if self.problems:
            raise InvalidInput(self.problems)

    def finish_reference(self) -> None:
        """Like `finish`, but `Unknown` when all that is wrong is an id that nothing has."""
        if self.problems and self.unknown:
            raise Unknown(self.problems[0].message, self.problems[0].path)
        self.finish()

    def mapping(self, value: object, path: Path, allowed: frozenset[str]) -> Raw:
        """A mapping with none but the allowed fields."""
        if value.__class__ is not dict and not isinstance(value, Mapping):
            self.wrong(
                path, "must be an object with fields: " + ", ".join(sorted(allowed)) if value is not None else "is missing: fill it in"
            )
            return _EMPTY
        raw: Raw = value
        if not raw.keys() <= allowed:
            for name in sorted(str(name) for name in raw.keys() - allowed):
                self.wrong((*path, _shown(name)), f"is no field here: use {', '.join(sorted(allowed))}")
        return raw

    def text(self, raw: Raw, path: Path, name: str, longest: int) -> str | None:
        """An optional text of 1 to `longest` characters."""
        value = raw.get(name)
        if value is None:
            return None
        if value.__class__ is str and 0 < len(value) <= longest and value.isprintable():
            return value
        return self.normal(value, (*path, name), lambda text: _checked(text, longest))

    def needed_text(self, raw: Raw, path: Path, name: str, longest: int) -> str:
        """A text that must be there."""
        value = self.text(raw, path, name, longest)
        if value is None:
            if raw.get(name) is None:
                self.wrong((*path, name), f"is missing: give 1 to {longest} characters")
            return ""
        return value

    def key(self, raw: Raw, path: Path, name: str = "key") -> str:
        """A key of 1 to 64 characters that must be there."""
        return self.needed_text(raw, path, name, LONGEST_KEY)

    def normal(self, value: object, path: Path, normalise: Callable[[str], str]) -> str | None:
        """A text in its normal form; None when it was refused."""
        if not isinstance(value, str):
            self.wrong(path, "must be a text")
            return None
        try:
            return normalise(str(value))
        except ValueError as error:
            self.wrong(path, str(error))
            return None

    def country(self, raw: Raw, path: Path, name: str = "country") -> str | None:
        """An optional country code."""
        value = raw.get(name)
        return None if value is None else self.normal(value, (*path, name), normalising.country)

    def choice(self, raw: Raw, path: Path, name: str, allowed: Mapping[str, T]) -> T | None:
        """One of a closed set; None when it is left out or was refused."""
        value = raw.get(name)
        if value is None:
            return None
        found = allowed.get(value) if isinstance(value, str) else None
        if found is None:
            self.wrong((*path, name), f"must be one of {', '.join(allowed)}")
        return found

    def needed_choice(self, raw: Raw, path: Path, name: str, allowed: Mapping[str, T]) -> T:
        """One of a closed set that must be there."""
        found = self.choice(raw, path, name, allowed)
        if found is None:
            if raw.get(name) is None:
                self.wrong((*path, name), f"is missing: give one of {', '.join(allowed)}")
            return next(iter(allowed.values()))
        return found

    def whole(self, raw: Raw, path: Path, name: str, lowest: int, highest: int) -> int:
        """A whole number within bounds that must be there."""
        value = raw.get(name)
        if value.__class__ is int and lowest <= value <= highest:
            return value
        self.wrong(
            (*path, name), f"must be a whole number from {lowest:,} to {highest:,}" if value is not None else "is missing: fill it in"
        )
        return lowest

    def number(self, raw: Raw, path: Path, name: str, lowest: float, highest: float) -> float | None:
        """An optional number within bounds; never NaN."""
        value = raw.get(name)
        if value is None:
            return None
        if (value.__class__ is float or value.__class__ is int) and lowest <= value <= highest:
            return float(value) + 0.0  # -0.0 becomes 0.0
        self.wrong((*path, name), f"must be a number from {lowest:g} to {highest:g}")
        return None

    def money(self, raw: Raw, path: Path, name: str) -> int | None:
        """An optional amount in minor units of the institution's currency."""
        value = raw.get(name)
        if value is None:
            return None
        here = (*path, name)
        money = self.mapping(value, here, _MONEY_FIELDS)
        if money is _EMPTY:
            return 0
        amount, currency = money.get("amount"), money.get("currency")
        if amount.__class__ is not int:
            self.wrong((*here, "amount"), "must be a whole number of minor units (fen for CNY)")
            amount = 0
        elif amount < 0:
            self.wrong((*here, "amount"), "is negative: an amount is 0 or more, and the direction says who pays")
        elif amount > MAXIMUM_AMOUNT:
            self.wrong((*here, "amount"), f"is more than {MAXIMUM_AMOUNT:,} minor units, the most of one fact: check its unit, or split it")
        if currency != self.currency:
            unknown = "is no currency of ISO 4217, and " if isinstance(currency, str) and currency not in MINOR_DIGITS else ""
            message = f"must be {self.currency}, the institution's currency: convert the amount before sending it"
            self.wrong((*here, "currency"), unknown + message)
        return amount

    def needed_money(self, raw: Raw, path: Path, name: str) -> int:
        """An amount that must be there."""
        amount = self.money(raw, path, name)
        if amount is None:
            self.wrong((*path, name), f"is missing: give amount and currency ({self.currency})")
            return 0
        return amount

    def moment(self, raw: Raw, path: Path, name: str) -> Instant | None:
        """An optional moment, at most five minutes ahead of now and not before 1900."""
        value = raw.get(name)
        if value is None:
            return None
        if value.__class__ is int and EARLIEST <= value <= self.now + MAXIMUM_AHEAD:
            return value
        if value.__class__ is not int:
            self.wrong((*path, name), "must be a moment: milliseconds since 1970-01-01T00:00:00Z")
        elif value < EARLIEST:
            self.wrong((*path, name), "is before 1900-01-01T00:00:00Z, the earliest that is taken: check its unit and its year")
        else:
            self.wrong((*path, name), "is more than 5 minutes ahead of now, the most that is taken: check the clock and the time zone")
        return 0

    def needed_moment(self, raw: Raw, path: Path, name: str) -> Instant:
        """A moment that must be there."""
        moment = self.moment(raw, path, name)
        if moment is None:
            self.wrong((*path, name), "is missing: say when it happened")
            return 0
        return moment

    def day(self, raw: Raw, path: Path, name: str, *, past: bool) -> str | None:
        """An optional calendar day, `YYYY-MM-DD`; with `past` between 1850 and today (wherever today is furthest on)."""
        value = raw.get(name)
        if value is None:
            return None
        day = _day(value)
        if day is None:
            self.wrong((*path, name), "must be a day of the calendar like 2026-11-23")
            return None
        if past and (day.year < 1850 or day > (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=self.now, hours=14)).date()):
            self.wrong((*path, name), "must be a day from 1850-01-01 to today: check its year")
        return str(value)

    def reference(self, raw: Raw, path: Path, name: str, kind: EntityKind) -> EntityName | None:
        """An optional entity of a stated kind: by id or by key."""
        value = raw.get(name)
        return None if value is None else self.reference_value(value, (*path, name), kind)

    def reference_value(self, value: object, path: Path, kind: EntityKind) -> EntityName:
        """An entity of a stated kind from its raw `Reference`."""
        named = self._one_of(value, path, _REFERENCE_FIELDS)
        if named is None:
            return _NOBODY
        how, given = named
        if how == "key":
            if given.__class__ is str and 0 < len(given) <= LONGEST_KEY and given.isprintable():
                return EntityName(kind, given)
            return EntityName(kind, self.normal(given, (*path, "key"), _key))
        found = self._id(given, (*path, "id"))
        if found.kind is not kind and found is not _NOBODY:
            self._cannot_exist((*path, "id"), f"is no {name_of(kind)} of this institution: give the id of {_a(kind)}, or your own key")
        return found

    def needed_reference(self, raw: Raw, path: Path, name: str, kind: EntityKind) -> EntityName:
        """An entity of a stated kind that must be there."""
        found = self.reference(raw, path, name, kind)
        if found is None:
            self.wrong((*path, name), f"is missing: name {_a(kind)} by id or key")
            return _NOBODY
        return found

    def entity(self, raw: Raw, path: Path, name: str) -> EntityName:
        """Any entity, which must be there."""
        return self.entity_value(raw.get(name), (*path, name))

    def entity_value(self, value: object, path: Path) -> EntityName:
        """Any entity from its raw `EntityReference`."""
        named = self._one_of(value, path, _ENTITY_FIELDS)
        if named is None:
            return _NOBODY
        how, given = named
        here = (*path, how)
        kind = KEYED.get(how)
        if kind is not None:
            return EntityName(kind, self.normal(given, here, _key))
        if how in VALUED:
            kind, normalise = VALUED[how]
            return EntityName(kind, self.normal(given, here, normalise))
        if how == "place":
            return self.place_value(given, here).place
        if how == "document":
            return self._document(given, here)
        return self._id(given, here)

    def value(self, raw: Raw, path: Path, name: str, how: str) -> EntityName | None:
        """An optional entity that a field names by value, such as an application's `device` or `phone`."""
        value = raw.get(name)
        if value is None:
            return None
        kind, normalise = (KEYED[how], _key) if how in KEYED else VALUED[how]
        return EntityName(kind, self.normal(value, (*path, name), normalise))

    def place_value(self, value: object, path: Path) -> PlaceSeen:
        """A place from its raw `PlaceInput`; also noted in `places`."""
        raw = self.mapping(value, path, _PLACE_FIELDS)
        address = self.needed_text(raw, path, "address", normalising.LONGEST_ADDRESS)
        normal = self.normal(address, (*path, "address"), normalising.address) if address else ""
        in_country = self.country(raw, path)
        if raw.get("country") is None:
            self.wrong((*path, "country"), "is missing: give its two capital letters, like CN")
        north, east = self.number(raw, path, "latitude", -90, 90), self.number(raw, path, "longitude", -180, 180)
        if (raw.get("latitude") is None) != (raw.get("longitude") is None):
            missing = "latitude" if raw.get("latitude") is None else "longitude"
            self.wrong((*path, missing), "is missing: give latitude and longitude both, or neither")
        seen = PlaceSeen(
            EntityName(EntityKind.PLACE, normalising.place_key(in_country or "", normal or "")), address, in_country or "", north, east
        )
        self.places.append(seen)
        return seen

    def _document(self, value: object, path: Path) -> EntityName:
        raw = self.mapping(value, path, _DOCUMENT_FIELDS)
        kind = self.needed_choice(raw, path, "kind", _DOCUMENT_CHOICE)
        issued_by = self.country(raw, path)
        if raw.get("country") is None:
            self.wrong((*path, "country"), "is missing: give the two capital letters of the country that issued it, like CN")
        number = self.needed_text(raw, path, "number", LONGEST_KEY)
        normal = self.normal(number, (*path, "number"), normalising.document_number) if number else ""
        return EntityName(EntityKind.DOCUMENT, normalising.document_key(kind, issued_by or "", normal or ""))

    def _one_of(self, value: object, path: Path, allowed: frozenset[str]) -> tuple[str, object] | None:
        """The one field that is given."""
        raw = self.mapping(value, path, allowed)
        if raw is _EMPTY:
            return None
        given = [(name, inner) for name, inner in raw.items() if inner is not None and name in allowed]
        if len(given) != 1:
            self.wrong(path, f"names {len(given)} things: give exactly one of {', '.join(sorted(allowed))}")
            return None
        return given[0]

    def _id(self, value: object, path: Path) -> EntityName:
        """An entity named by its id; what cannot be an id is an entity that does not exist."""
        kind = KINDS_BY_PREFIX.get(value[:3]) if isinstance(value, str) and _ID.fullmatch(value) else None
        if kind is None:
            self._cannot_exist(path, "is no entity of this institution: give an id that this API gave you, or name it by key or value")
            return _NOBODY
        return EntityName(kind, id=str(value))

    def _cannot_exist(self, path: Path, message: str) -> None:
        unknown = self.unknown
        self.wrong(path, message)
        self.unknown = unknown


_REFERENCE_FIELDS: Final = frozenset({"id", "key"})
_ENTITY_FIELDS: Final = frozenset({"id", "place", "document", *KEYED, *VALUED})
_DOCUMENT_CHOICE: Final = {kind: kind for kind in sorted(DOCUMENT_KINDS)}


def _checked(value: str, longest: int) -> str:
    """A text as it is."""
    check_text(value, longest)
    return value


def _key(value: str) -> str:
    """A key as it is."""
    return _checked(value, LONGEST_KEY)


def _day(value: object) -> date | None:
    """A day of the calendar from `YYYY-MM-DD`; None when it is none."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _shown(name: str) -> str:
    """A caller's field name, short enough to repeat and without what is no text."""
    return name[:LONGEST_KEY].encode("utf-8", "replace").decode()
