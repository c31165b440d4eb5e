"""From a `Fact` to the raw shape of the schema's `FactInput`: the reverse of `graph.decoding`, by which facts leave as they came in.

What is encoded decodes to an equal fact, as long as its entities are named by key or value and its places are described.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, Final

from graph.contents import (
    AccountDescribed,
    ApplicationMade,
    BlockChanged,
    Content,
    DeviceDescribed,
    Fact,
    FactWithdrawn,
    LoanDescribed,
    LoanPaidOut,
    LoanRepaid,
    MerchantDescribed,
    OutcomeKnown,
    PersonDescribed,
    PlaceSeen,
    StandingKnown,
    TieEnded,
    TieObserved,
    TransferMade,
    TransferReversed,
)
from graph.fields import KEYED, VALUED
from graph.model import EntityKind, EntityName
from graph.normalising import place_key

Raw = dict[str, Any]

SUBJECTS: Final[dict[type[Content], str]] = {
    MerchantDescribed: "merchant",
    PersonDescribed: "person",
    AccountDescribed: "account",
    DeviceDescribed: "device",
    LoanDescribed: "loan",
    ApplicationMade: "loan",
}
"""Fields whose entity's key is the content's own `key`."""

ANY_ENTITY: Final[dict[type[Content], frozenset[str]]] = {
    TieObserved: frozenset({"from_", "to"}),
    TieEnded: frozenset({"from_", "to"}),
    StandingKnown: frozenset({"entity"}),
    BlockChanged: frozenset({"entity"}),
}
"""Fields that name an entity of any kind; all others are of a kind of their own."""

BY_VALUE: Final = frozenset({"device", "ip_address", "phone", "email"})
"""An application's fields that are a plain value."""

AMOUNTS: Final = frozenset({"amount", "amount_lent", "balance", "loss"})

NAMES: Final[dict[type[Content], str]] = {
    class_: class_.__name__[0].lower() + class_.__name__[1:]
    for class_ in (
        MerchantDescribed, PersonDescribed, AccountDescribed, DeviceDescribed, LoanDescribed, TieObserved, TieEnded, TransferMade,
        TransferReversed, ApplicationMade, LoanPaidOut, LoanRepaid, OutcomeKnown, StandingKnown, BlockChanged, FactWithdrawn,
    )
}  # fmt: skip
"""Contents by the schema's names."""

_RENAMED: Final = {"from_": "from", "tie_kind": "kind", "transfer_kind": "kind", "account_kind": "kind", "device_kind": "kind"}
_WAYS: Final = {kind: way for way, kind in KEYED.items()} | {kind: way for way, (kind, _) in VALUED.items()}


def encode_fact(fact: Fact, currency: str) -> Raw:
    """The raw `FactInput` of a fact of an institution with this currency; what is None is left out."""
    content = fact.content
    places = {place.place: place for place in fact.places}
    said: Raw = {}
    for field in fields(content):
        value = getattr(content, field.name)
        if value is not None:
            name, encoded = _field(content, field.name, value, places, currency)
            said[name] = encoded
    return {"id": fact.source_id, "occurredAt": fact.occurred_at, "content": {NAMES[type(content)]: said}}


def _field(content: Content, field: str, value: object, places: Mapping[EntityName, PlaceSeen], currency: str) -> tuple[str, object]:
    """Name and value of one field."""
    name = _RENAMED.get(field) or _camel(field)
    if isinstance(value, PlaceSeen):
        return name, _place(value)
    if isinstance(value, EntityName):
        if SUBJECTS.get(type(content)) == field:
            return "key", value.key
        if field in ANY_ENTITY.get(type(content), ()):
            return name, _entity(value, places)
        return name, value.key if field in BY_VALUE else {"key": value.key}
    if field in AMOUNTS:
        return name, {"amount": value, "currency": currency}
    return name, value.value if isinstance(value, Enum) else value


def _entity(name: EntityName, places: Mapping[EntityName, PlaceSeen]) -> Raw:
    """The raw `EntityReference` of an entity."""
    assert name.key is not None, "an entity is encoded by its key or value"
    if name.kind is EntityKind.PLACE:
        return {"place": _place(places[name])}
    if name.kind is EntityKind.DOCUMENT:
        kind, country, number = name.key.split(":", 2)
        return {"document": {"kind": kind, "country": country, "number": number}}
    return {_WAYS[name.kind]: name.key}


def _place(place: PlaceSeen) -> Raw:
    told = {"address": place.address, "country": place.country, "latitude": place.latitude, "longitude": place.longitude}
    return {name: value for name, value in told.items() if value is not None}


def place_of(address: str, country: str, normal: str, latitude: float | None = None, longitude: float | None = None) -> PlaceSeen:
    """A place by its address and what it is normally written like."""
    return PlaceSeen(EntityName(EntityKind.PLACE, place_key(country, normal)), address, country, latitude, longitude)


def _camel(field: str) -> str:
    first, *rest = field.split("_")
    return first + "".join(word.capitalize() for word in rest)
