"""Entities looked for by name, key or standing, last seen first: what no index says is compared one by one, within a bound."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from graph.errors import InvalidInput, Problem
from graph.model import Entity, Sealed
from graph.sealing import Sealer
from graph.store import Page, Wanted
from graph.stores.shared.snapshot import Snapshot

LOOKED_AT: Final = 50_000
"""Entities that one question compares."""

AT_ONCE: Final = 500
NEVER: Final = (2**63 - 1, 2**63 - 1)

Place = tuple[int, int]
"""When an entity was last seen, and its number."""

Newest = Callable[[Place, int], Sequence[Place]]
"""The next entities below a place, in descending order, as far as cached rows say that they may be wanted."""


def seek(
    snapshot: Snapshot, sealer: Sealer, wanted: Wanted, newest: Newest, first: int, after: str | None, most: int = LOOKED_AT
) -> Page[Entity]:
    """See `GraphStore.find`; `snapshot` is of the present, and `most` are compared."""
    place, looked = _place(after), 0
    found: list[tuple[Entity, Place]] = []
    while len(found) <= first:
        if looked >= most:
            raise InvalidInput([Problem(("filter",), f"fits too few of {most:,} entities: narrow it by `kinds` or `seenAfter`")])
        places = newest(place, min(AT_ONCE, most))
        entities = snapshot.entities([number for _, number in places])
        found += [(entities[one[1]], one) for one in places if one[1] in entities and _fits(entities[one[1]], wanted, sealer)]
        looked += len(places)
        if len(places) < min(AT_ONCE, most):
            break
        place = places[-1]
    shown = found[:first]
    return Page(tuple(one for one, _ in shown), tuple(f"{at}.{number}" for _, (at, number) in shown), len(found) > first)


def _place(after: str | None) -> Place:
    if after is None:
        return NEVER
    at, _, number = after.partition(".")
    if not (at.lstrip("-").isdecimal() and number.isdecimal()):
        raise InvalidInput([Problem(("after",), "is not a cursor of this list: start again without it")])
    return int(at), int(number)


def _fits(entity: Entity, wanted: Wanted, sealer: Sealer) -> bool:
    return (
        (wanted.kinds is None or entity.kind in wanted.kinds)
        and (wanted.standings is None or entity.standing in wanted.standings)
        and (wanted.blocked is None or entity.blocked is wanted.blocked)
        and (wanted.seen_after is None or entity.last_at > wanted.seen_after)
        and (wanted.text is None or _named(entity, wanted.text.casefold(), sealer))
    )


def _named(entity: Entity, text: str, sealer: Sealer) -> bool:
    """Whether a text stands in the key or the name."""
    if entity.key is not None and text in entity.key.casefold():
        return True
    name = entity.fields.get("name")
    if isinstance(name, Sealed):
        if entity.subject_key is None:
            return False
        name = sealer.open(entity.subject_key, entity.id, name.field, name.ciphertext)
    return isinstance(name, str) and text in name.casefold()
