"""Facts given back as they were reported: what was kept of each, its entities by their keys and values, opened or by stand-ins.

A document's number was never kept, nor is what was erased: stand-ins take their place in any case.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple, Protocol, cast

from graph.contents import CONTENTS, Fact, PersonDescribed, PlaceSeen
from graph.encoding import place_of
from graph.errors import InvalidInput, Problem
from graph.merging import VALUE_FIELDS
from graph.model import KEYED_KINDS, EntityKind, EntityName, Standing, TieKind, TransferKind
from graph.normalising import address as normal_address
from graph.sealing import Sealer
from graph.standing_in import LEFT_OUT, stand_in
from graph.store import KeptFact
from graph.stores.shared.encoding import FACT_KINDS, NAMING, Kept
from graph.stores.shared.rows import KIND_BITS, kind_of
from graph.stores.shared.tables import Row

MAXIMUM_KEPT: Final = 10_000
"""Facts in one page."""

_ENUMS: Final = {"tie_kind": TieKind, "transfer_kind": TransferKind, "standing": Standing}
_SEALED: Final = ("name", "born_on")
"""A person's values that are kept sealed."""


class _Known(NamedTuple):
    """What is kept of an entity."""

    id: str
    key: str | None
    value: bytes | None
    subject_key: bytes | None


class Keeper(Protocol):
    """What giving reads, of one institution."""

    def kept_after(self, after: int, first: int) -> Sequence[Kept]:
        """Facts with numbers after this one, in order."""
        ...

    def identities(self, numbers: Sequence[int]) -> Iterable[Row]:
        """number, id, key, value, subject_key of entities."""
        ...

    def naming(self, number: int) -> Iterable[Kept]:
        """Facts that name the entity themselves, by occurred_at, recorded_at, number."""
        ...


def give(snapshot: Keeper, sealer: Sealer, after: int, first: int, *, clear: bool) -> tuple[KeptFact, ...]:
    """The next facts after a place, in the order in which they were kept; see `BulkStore.kept_facts`.

    Raises `InvalidInput` for a `first` that is not 1 to 10,000.
    """
    if not 1 <= first <= MAXIMUM_KEPT:
        raise InvalidInput([Problem(("first",), f"is {first:,}: give 1 to {MAXIMUM_KEPT:,}")])
    kept = snapshot.kept_after(after, first)
    giver = _Giver(snapshot, sealer, clear=clear)
    giver.read(number for fact in kept for number in fact.named())
    return tuple(KeptFact(fact.number, fact.source, giver.fact(fact)) for fact in kept)


class _Giver:
    """Gives the facts of one page back."""

    def __init__(self, snapshot: Keeper, sealer: Sealer, *, clear: bool) -> None:
        self._snapshot = snapshot
        self._sealer = sealer
        self._clear = clear
        self._known: dict[int, _Known] = {}
        self._places: dict[int, PlaceSeen] = {}

    def read(self, numbers: Iterable[int]) -> None:
        """Read what is kept of these entities."""
        for number, *known in self._snapshot.identities(sorted({*numbers} - self._known.keys())):
            self._known[number] = _Known(*known)

    def fact(self, kept: Kept) -> Fact:
        """A fact as it was reported, known from when it was recorded."""
        described = {int(place[0]): self._described(place) for place in kept.places if isinstance(place[0], int)}
        named = [number for number in kept.named() if kind_of(number) is EntityKind.PLACE]
        places = {number: described.get(number) or self._place(number) for number in named}
        class_ = CONTENTS[FACT_KINDS[kept.kind]]
        values: dict[str, Any] = {}
        for name, value in kept.content.items():
            if name in NAMING and isinstance(value, int):
                values[name] = places[value] if name == "place" else places[value].place if value in places else self._name(value)
            else:
                values[name] = self._plain(class_, kept, name, value)
        left = {name: value for name, value in values.items() if value is not None}
        return Fact(kept.source_id, kept.occurred_at, class_(**left), tuple(places.values()), kept.recorded_at)

    def _plain(self, class_: type[object], kept: Kept, name: str, value: Any) -> object:  # noqa: ANN401 - what JSON held
        """A value that names no entity."""
        if name == "reason" and not self._clear:
            return LEFT_OUT
        if class_ is PersonDescribed and name in _SEALED and isinstance(value, list):
            person = self._known[next(iter(kept.named()))]
            return self._open(person, name, bytes.fromhex(value[0]))
        return _ENUMS[name](value) if name in _ENUMS else value

    def _name(self, number: int) -> EntityName:
        """An entity by its key or value, or by what stands for it."""
        kind, known = kind_of(number), self._known[number]
        if kind in KEYED_KINDS:
            return EntityName(kind, stand_in(kind, known.id, number >> KIND_BITS) if known.key is None else known.key)
        if kind is EntityKind.DOCUMENT:
            return EntityName(kind, stand_in(kind, known.id, number >> KIND_BITS, (known.value or b"").decode()))
        opened = None if known.value is None else self._open(known, VALUE_FIELDS[kind], known.value)
        return EntityName(kind, stand_in(kind, known.id, number >> KIND_BITS) if opened is None else opened)

    def _open(self, known: _Known, field: str, ciphertext: bytes) -> str | None:
        """A personal value; None when it is not to be told, or its key was destroyed."""
        if not self._clear or known.subject_key is None:
            return None
        return self._sealer.open(known.subject_key, known.id, field, ciphertext)

    def _described(self, place: Sequence[object]) -> PlaceSeen:
        """A place as a fact describes it."""
        number, sealed, country, latitude, longitude = cast("tuple[int, list[str] | None, str, float | None, float | None]", place)
        opened = None if sealed is None else self._open(self._known[number], "address", bytes.fromhex(sealed[0]))
        if opened is None:
            return self._standing_in(number, country)
        return place_of(opened, country, normal_address(opened), latitude, longitude)

    def _place(self, number: int) -> PlaceSeen:
        """A place that a fact names by its id: as some other fact describes it, without its coordinates."""
        if number not in self._places:
            for kept in self._snapshot.naming(number):
                for place in kept.places:
                    if place[0] == number and number not in self._places:
                        self._places[number] = self._described([*place[:3], None, None])
                if number in self._places:
                    break
        return self._places[number]

    def _standing_in(self, number: int, country: str) -> PlaceSeen:
        told = stand_in(EntityKind.PLACE, self._known[number].id, number >> KIND_BITS)
        return place_of(told, country, normal_address(told))
