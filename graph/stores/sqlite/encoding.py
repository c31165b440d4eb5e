"""Facts made ready to be kept, off the writer's thread; and what is kept of them read again.

What is kept of a fact is a JSON list: the content's values in the order of its fields, an entity as its number, a personal value as
a list of its ciphertext in hexadecimal; the places it describes; and the masked label that goes with a sealed name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Final, NamedTuple, TypeAlias

import orjson

from graph.contents import CONTENTS, Content, Fact, PersonDescribed, PlaceSeen
from graph.masking import name_label
from graph.model import EntityName, Instant, Sealed
from graph.sealing import Sealer

FACT_KINDS: Final = tuple(CONTENTS)
"""Names of the kinds of fact by the numbers under which they are kept: for ever, new ones at the end of `CONTENTS`."""

NUMBERS: Final[dict[type[Content], int]] = {class_: number for number, class_ in enumerate(CONTENTS.values())}

Place: TypeAlias = tuple[str, str, str, float | None, float | None]
"""Id, address, country, latitude and longitude of a place that a fact describes."""

Seal = Callable[[int, str, str], bytes]
"""Ciphertext of an entity's field: its number, the field, the value."""


class _Plan(NamedTuple):
    """How a kind of content is read."""

    number: int
    names: tuple[str, ...]
    values: Callable[[Content], tuple[object, ...]]
    words: tuple[int, ...]
    """Places of enumerations, which are kept as their values."""


def _plan(number: int, class_: type[Content]) -> _Plan:
    names = tuple(field.name for field in fields(class_))
    words = tuple(place for place, field in enumerate(fields(class_)) if field.type in ("TieKind", "TransferKind", "Standing"))
    return _Plan(number, names, attrgetter(*names), words)


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
    """A fact with its ids and its hash; all of it plain values, so that it can be sent to another process as it is."""

    id: str
    source_id: str
    kind: int
    """Place in `FACT_KINDS`."""
    occurred_at: Instant
    recorded_at: Instant | None
    """As stated."""
    hash: bytes
    entities: dict[str, str | None]
    """Whom it names itself: keys by id, None of those named by their id."""
    values: list[object]
    """The content's, in the order of its fields, an entity as its id, an enumeration as its value."""
    named: list[int]
    """Places of entities in `values`."""
    refers: bool
    """Whether it names an entity by its id."""
    places: list[Place]


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
    entities: dict[str, str | None] = {}
    values: list[object] = []
    named: list[int] = []
    places: list[Place] = []
    for value in plan.values(content):
        if value.__class__ is EntityName:
            named.append(len(values))
            values.append(_name(value, entities, sealer))
        elif value.__class__ is PlaceSeen:
            named.append(len(values))
            values.append(_place(value, entities, places, sealer))
        else:
            values.append(value)
    for word in plan.words:
        values[word] = values[word].value  # type: ignore[attr-defined]  # an enumeration
    for place in fact.places:
        _place(place, entities, places, sealer)
    at = fact.occurred_at
    hash_ = sealer.content_hash(orjson.dumps([plan.number, at, values, places]))
    return Prepared(
        sealer.fact_id(source, fact.source_id), fact.source_id, plan.number, at, fact.recorded_at, hash_, entities, values, named,
        None in entities.values(), places,
    )  # fmt: skip


def _name(name: EntityName, entities: dict[str, str | None], sealer: Sealer) -> str:
    """Id of an entity that is named."""
    key = name.key
    if key is None:
        assert name.id is not None, "an entity is named by id or by key"
        entities.setdefault(name.id, None)
        return name.id
    id_ = sealer.entity_id(name.kind, key)
    entities[id_] = key  # by its key it can be made, even where it is named by its id as well
    return id_


def _place(seen: PlaceSeen, entities: dict[str, str | None], places: list[Place], sealer: Sealer) -> str:
    """Id of a place that is described."""
    id_ = _name(seen.place, entities, sealer)
    place = (id_, seen.address, seen.country, seen.latitude, seen.longitude)
    if place not in places:
        places.append(place)
    return id_


def keep(
    kind: int, values: list[object], named: Sequence[int], places: Sequence[Place], numbers: Mapping[str, int], seal: Seal
) -> tuple[list[list[object]], str | None, str]:
    """What is kept of a fact: its places and label, and all of it as JSON. In `values` ids become numbers, and what is personal sealed."""
    for place in named:
        values[place] = numbers[values[place]]  # type: ignore[index]  # what is named is an id
    label = None
    if kind == _PERSON:
        number, name = values[0], values[1]
        assert isinstance(number, int), "entities are numbers"
        label = name_label(name) if isinstance(name, str) else None
        for position, field in _SEALED:
            value = values[position]
            if isinstance(value, str):
                values[position] = [seal(number, field, value).hex()]
    if not places and label is None:
        return [], None, orjson.dumps([values]).decode()
    sealed_places: list[list[object]] = [
        [numbers[id_], [seal(numbers[id_], "address", address).hex()], country, latitude, longitude]
        for id_, address, country, latitude, longitude in places
    ]
    return sealed_places, label, orjson.dumps([values, sealed_places, label]).decode()


_PERSON: Final = NUMBERS[PersonDescribed]
_SEALED: Final = tuple((place, name) for place, name in enumerate(PLANS[PersonDescribed].names) if name in ("name", "born_on"))
"""A person's values that are sealed: place and name."""

FACT_COLUMNS: Final = "f.number, f.id, s.name, f.source_id, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.content"
FACT_TABLES: Final = "fact f CROSS JOIN source s ON s.number = f.source"


def read_kept(row: tuple[int, str, str, str, int, int, int, int | None, str]) -> Kept:
    """A fact from its row of `FACT_COLUMNS`."""
    parts = orjson.loads(row[8])
    content = {name: value for name, value in zip(FIELD_NAMES[row[4]], parts[0], strict=False) if value is not None}
    return Kept(*row[:8], content, parts[1] if len(parts) > 1 else [], parts[2] if len(parts) > 2 else None)


def sealed(field: str, value: object) -> Sealed:
    """A personal value as it is kept in a content."""
    assert isinstance(value, list), "a sealed value is kept as a list"
    return Sealed(field, bytes.fromhex(value[0]))
