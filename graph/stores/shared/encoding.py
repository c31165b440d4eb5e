"""Facts made ready to be kept, off the writer's thread; and what is kept of them read again.

What is kept of a fact is a JSON list: the content's values in the order of its fields, an entity as its number, a personal value as
a list of its ciphertext in hexadecimal; the places it describes; and the masked label that goes with a sealed name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final, NamedTuple

import orjson

from graph.contents import CONTENTS, Content, Fact, PersonDescribed, PlaceSeen
from graph.masking import name_label
from graph.model import EntityName, Instant, Sealed
from graph.sealing import Sealer

FACT_KINDS: Final = tuple(CONTENTS)
"""Names of the kinds of fact by the numbers under which they are kept: for ever, new ones at the end of `CONTENTS`."""

NUMBERS: Final[dict[type[Content], int]] = {class_: number for number, class_ in enumerate(CONTENTS.values())}

Seal = Callable[[int, str, str], bytes]
"""Ciphertext of an entity's field: its number, the field, the value."""


class _Plan(NamedTuple):
    """How a kind of content is read."""

    number: int
    names: tuple[str, ...]
    values: Callable[[Content], tuple[object, ...]]


def _plan(number: int, class_: type[Content]) -> _Plan:
    names = tuple(field.name for field in fields(class_))
    return _Plan(number, names, attrgetter(*names))


PLANS: Final[dict[type[Content], _Plan]] = {class_: _plan(number, class_) for class_, number in NUMBERS.items()}
NAMING: Final = frozenset(
    {
        "merchant",
        "person",
        "account",
        "device",
        "loan",
        "from_",
        "to",
        "applicant",
        "pay_out_account",
        "ip_address",
        "phone",
        "email",
        "place",
        "entity",
    }
)
"""Fields of contents that hold an entity; those of other fields have other names."""

FIELD_NAMES: Final = tuple(PLANS[class_].names for class_ in CONTENTS.values())
"""Names of the content's fields, by the kind's number."""


class Prepared(NamedTuple):
    """A fact with its ids and its hash."""

    fact: Fact
    id: str
    kind: int
    """Place in `FACT_KINDS`."""
    hash: bytes
    entities: dict[str, EntityName]
    """Whom it names itself, by id."""
    values: Sequence[object]
    """The content's, in the order of its fields, an entity as its id."""
    named: Sequence[int]
    """Places of entities in `values`."""
    refers: bool
    """Whether it names an entity by its id."""
    places: Sequence[tuple[str, PlaceSeen]]


class Kept(NamedTuple):
    """A fact as kept."""

    number: int
    id: str
    source: str
    source_id: str
    kind: int
    occurred_at: Instant
    recorded_at: Instant
    withdrawn_at: Instant | None
    content: dict[str, object]
    """By the names of the content's fields; an entity is its number, what is None is left out."""
    places: list[list[object]]
    """Number, sealed address, country, latitude, longitude of each place described."""
    label: str | None

    @property
    def rank(self) -> str:
        """Orders facts of one moment like (source, fact id)."""
        return rank(self.source, self.source_id)

    def named(self) -> list[int]:
        """Numbers of the entities that it names itself, each once."""
        numbers = [value for name, value in self.content.items() if name in NAMING and isinstance(value, int)]
        return list(dict.fromkeys([*numbers, *(place[0] for place in self.places if isinstance(place[0], int))]))


def rank(source: str, source_id: str) -> str:
    """Orders facts of one moment like (source, fact id): a line break is lower than all that either may hold."""
    return f"{source}\n{source_id}"


def prepare(fact: Fact, source: str, sealer: Sealer) -> Prepared:
    """Ids and hash of a fact: some ten microseconds of pure computing."""
    content = fact.content
    plan = PLANS[content.__class__]
    entities: dict[str, EntityName] = {}
    values: list[object] = []
    named: list[int] = []
    places: list[tuple[str, PlaceSeen]] = []
    for value in plan.values(content):
        if value.__class__ is EntityName:
            named.append(len(values))
            values.append(_name(value, entities, sealer))
        elif value.__class__ is PlaceSeen:
            named.append(len(values))
            values.append(_place(value, entities, places, sealer))
        else:
            values.append(value)
    for place in fact.places:
        _place(place, entities, places, sealer)
    described = [(id_, p.address, p.country, p.latitude, p.longitude) for id_, p in places] if places else places
    canonical = orjson.dumps([plan.number, fact.occurred_at, values, described])
    refers = None in [name.key for name in entities.values()]
    return Prepared(
        fact, sealer.fact_id(source, fact.source_id), plan.number, sealer.content_hash(canonical), entities, values, named, refers, places
    )


def _name(name: EntityName, entities: dict[str, EntityName], sealer: Sealer) -> str:
    """Id of an entity that is named."""
    key = name.key
    if key is None:
        assert name.id is not None, "an entity is named by id or by key"
        entities.setdefault(name.id, name)
        return name.id
    id_ = sealer.entity_id(name.kind, key)
    if id_ not in entities or entities[id_].key is None:
        entities[id_] = name  # by its key it can be made
    return id_


def _place(place: PlaceSeen, entities: dict[str, EntityName], places: list[tuple[str, PlaceSeen]], sealer: Sealer) -> str:
    """Id of a place that is described."""
    id_ = _name(place.place, entities, sealer)
    if (id_, place) not in places:
        places.append((id_, place))
    return id_


def keep(prepared: Prepared, numbers: Mapping[str, int], seal: Seal) -> tuple[list[object], list[list[object]], str | None, bytes]:
    """What is kept of a fact whose entities have numbers: its values, places and label, and all of it as bytes."""
    values: list[object] = list(prepared.values)
    for place in prepared.named:
        values[place] = numbers[values[place]]  # type: ignore[index]  # what is named is an id
    label = None
    if prepared.kind == _PERSON:
        person = prepared.fact.content
        assert isinstance(person, PersonDescribed)
        number = numbers[next(iter(prepared.entities))]
        for position, field in _SEALED:
            value = values[position]
            if isinstance(value, str):
                values[position] = [seal(number, field, value).hex()]
        label = None if person.name is None else name_label(person.name)
    if not prepared.places and label is None:
        return values, [], None, orjson.dumps([values])
    places: list[list[object]] = [
        [numbers[id_], [seal(numbers[id_], "address", place.address).hex()], place.country, place.latitude, place.longitude]
        for id_, place in prepared.places
    ]
    return values, places, label, orjson.dumps([values, places, label])


_PERSON: Final = NUMBERS[PersonDescribed]
_SEALED: Final = tuple((place, name) for place, name in enumerate(PLANS[PersonDescribed].names) if name in ("name", "born_on"))
"""A person's values that are sealed: place and name."""


def read_kept(row: tuple[int, str, str, str, int, int, int, int | None, bytes]) -> Kept:
    """A fact from number, id, source, source_id, kind, occurred_at, recorded_at, withdrawn_at and content as kept."""
    parts = orjson.loads(row[8])
    content = {name: value for name, value in zip(FIELD_NAMES[row[4]], parts[0], strict=False) if value is not None}
    return Kept(*row[:8], content, parts[1] if len(parts) > 1 else [], parts[2] if len(parts) > 2 else None)


def sealed(field: str, value: object) -> Sealed:
    """A personal value as it is kept in a content."""
    assert isinstance(value, list), "a sealed value is kept as a list"
    return Sealed(field, bytes.fromhex(value[0]))
