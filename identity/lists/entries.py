"""Entries of a watchlist, read from FollowTheMoney JSON Lines: one entity a line, with `id`, `schema`, `caption` and `properties`.

Only what has a name of a person or a firm becomes an entry; addresses, payments and sanctions are passed over. A line that cannot be read
is reported with its number and the rest is read on. Format: https://followthemoney.tech/docs/ (MIT).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import orjson

from graph.errors import RingfenceError
from identity.names.forms import LONGEST_NAME, NameKind

MOST_BYTES: Final = 1_000_000
"""Bytes of one line."""

MOST_ENTRIES: Final = 500_000
"""Entries of one list."""

MOST_NAMES: Final = 60
"""Names of one entry that are compared."""

MOST_REPORTED: Final = 20
"""Bad lines of which the number and the reason are kept; the others are counted."""

MOST_VALUES: Final = 20
"""Values of any other property that are kept."""

LONGEST_KEY: Final = 200

PERSONS: Final = frozenset({"Person"})
FIRMS: Final = frozenset({"Organization", "Company", "PublicBody", "LegalEntity"})
"""Schemata that are entries; a legal entity may be either and is compared as a firm."""

NAMES: Final = ("name", "alias", "previousName", "weakAlias")
"""Properties that hold names, best first."""

COUNTRIES: Final = ("country", "nationality", "citizenship", "jurisdiction", "mainCountry")
DATE: Final = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


class ListError(RingfenceError):
    """A watchlist cannot be read or kept; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody on a list."""

    key: str
    """Its id in the list."""
    kind: NameKind
    name: str
    """Main name."""
    aliases: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    born: tuple[str, ...] = ()
    """`1952`, `1952-10` or `1952-10-07`; of a firm when it was founded."""
    countries: tuple[str, ...] = ()
    """ISO 3166-1 alpha-2, upper case."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no entity: its number from 1, and why."""

    number: int
    why: str


@dataclass(slots=True)
class Read:
    """What reading a file gave so far."""

    entries: int = 0
    passed_over: int = 0
    """Entities that are neither person nor firm, or have no name."""
    repeated: int = 0
    """Lines whose key came before: the first stands."""
    bad: int = 0
    reported: list[BadLine] | None = None


def read_entries(lines: Iterable[bytes], read: Read, most: int = MOST_ENTRIES) -> Iterator[Entry]:
    """The entries of a file, line by line; `read` counts and keeps the first bad lines.

    Raises `ListError` for more than `most` entries.
    """
    read.reported = [] if read.reported is None else read.reported
    seen = set[str]()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = entry_of(line)
        if isinstance(found, str):
            read.bad += 1
            if len(read.reported) < MOST_REPORTED:
                read.reported.append(BadLine(number, found))
        elif found is None:
            read.passed_over += 1
        elif found.key in seen:
            read.repeated += 1
        else:
            if read.entries >= most:
                raise ListError(f"A watchlist holds at most {most:,} entries, and line {number:,} is one more: split the file.")
            seen.add(found.key)
            read.entries += 1
            yield found


def entry_of(line: bytes) -> Entry | str | None:
    """One line as an entry; None for an entity that is none; why, for a line that is no entity."""
    if len(line) > MOST_BYTES:
        return f"it is longer than {MOST_BYTES:,} bytes"
    try:
        raw = orjson.loads(line)
    except orjson.JSONDecodeError:
        return "it is not JSON"
    if not isinstance(raw, dict):
        return "it is not a JSON object"
    key, schema, properties = raw.get("id"), raw.get("schema"), raw.get("properties")
    if not isinstance(key, str) or not 0 < len(key) <= LONGEST_KEY:
        return f"its `id` is not a text of 1 to {LONGEST_KEY} characters"
    if not isinstance(schema, str):
        return "it has no `schema`"
    if not isinstance(properties, dict):
        return "its `properties` are not an object"
    if schema not in PERSONS | FIRMS:
        return None
    names = _names(raw.get("caption"), properties)
    if not names:
        return None
    person = schema in PERSONS
    born = _texts(properties, ("birthDate",) if person else ("incorporationDate",))
    return Entry(
        key,
        NameKind.PERSON if person else NameKind.FIRM,
        names[0],
        tuple(names[1:MOST_NAMES]),
        tuple(_texts(properties, ("topics",)))[:MOST_VALUES],
        tuple(sorted({found[0] for text in born if (found := DATE.match(text))}))[:MOST_VALUES],
        tuple(sorted({text.upper() for text in _texts(properties, COUNTRIES) if re.fullmatch("[A-Za-z]{2}", text)}))[:MOST_VALUES],
    )


def _names(caption: object, properties: Mapping[str, object]) -> list[str]:
    """All names, the caption first; a first and a last name alone are put together."""
    found = [caption] if isinstance(caption, str) else []
    found += _texts(properties, NAMES)
    if not found:
        first, last = _texts(properties, ("firstName",)), _texts(properties, ("lastName",))
        found = [f"{first[0]} {last[0]}"] if first and last else last
    bare = (" ".join(name.split())[:LONGEST_NAME] for name in found)
    return list(dict.fromkeys(name for name in bare if any(sign.isalnum() for sign in name)))


def _texts(properties: Mapping[str, object], names: Iterable[str]) -> list[str]:
    """The values of these properties that are texts; what is not a list of texts is left out."""
    found = list[str]()
    for name in names:
        values = properties.get(name)
        found += [value for value in values if isinstance(value, str)] if isinstance(values, list) else []
    return found
