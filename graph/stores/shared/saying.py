"""What one fact says of entities by itself: the statements that need no other fact."""

from __future__ import annotations

from typing import Final

from graph.contents import (
    AccountDescribed,
    BlockChanged,
    DeviceDescribed,
    LoanDescribed,
    MerchantDescribed,
    OutcomeKnown,
    PersonDescribed,
    StandingKnown,
)
from graph.merging import OUTCOME_STANDINGS
from graph.model import FieldValue
from graph.stores.shared.encoding import NUMBERS, Kept, sealed
from graph.stores.shared.folding import BLOCKED, FIELDS, STANDING, STATE
from graph.stores.shared.rows import pack_fields

Saying = tuple[int, int, bytes]
"""Entity, what is said, and its value."""

DESCRIBED: Final = frozenset(
    NUMBERS[class_] for class_ in (MerchantDescribed, PersonDescribed, AccountDescribed, DeviceDescribed, LoanDescribed)
)
_OUTCOME: Final = NUMBERS[OutcomeKnown]
_STANDING: Final = NUMBERS[StandingKnown]
_BLOCK: Final = NUMBERS[BlockChanged]
SAYING: Final = DESCRIBED | {_OUTCOME, _STANDING, _BLOCK}
"""Kinds of fact that say something of an entity by themselves."""

_SUBJECTS: Final = ("merchant", "person", "account", "device", "loan")


def sayings(fact: Kept) -> list[Saying]:
    """What the fact says of whom, at most once of an entity."""
    said: list[Saying] = []
    content = fact.content
    if fact.kind in DESCRIBED:
        said.append(_described(fact))
    elif fact.kind == _STANDING:
        said.append((_number(content["entity"]), STANDING, str(content["standing"]).encode()))
    elif fact.kind == _BLOCK:
        said.append((_number(content["entity"]), BLOCKED, b"1" if content["blocked"] else b"0"))
    elif fact.kind == _OUTCOME:
        outcome = str(content["outcome"])
        standing = OUTCOME_STANDINGS.get(outcome)
        loan = _number(content["loan"])
        said.append((loan, STATE, outcome.encode()) if standing is None else (loan, STANDING, standing.value.encode()))
    places: dict[int, dict[str, FieldValue]] = {}
    for number, address, country, latitude, longitude in fact.places:
        fields = places.setdefault(_number(number), {})
        fields["country"] = str(country)
        if address is not None:  # else it was erased
            fields["address"] = sealed("address", address)
        for name, value in (("latitude", latitude), ("longitude", longitude)):
            if isinstance(value, int | float):
                fields[name] = float(value)
    return said + [(place, FIELDS, pack_fields(fields)) for place, fields in places.items()]


def _described(fact: Kept) -> Saying:
    """A description's fields, personal ones sealed."""
    content = dict(fact.content)
    subject = next(name for name in _SUBJECTS if name in content)
    number = _number(content.pop(subject))
    fields: dict[str, FieldValue] = {}
    for name, value in content.items():
        if isinstance(value, list):
            fields[name] = sealed(name, value)
        elif isinstance(value, str | int | float):
            fields[name] = value
    if fact.label is not None:
        fields["label"] = fact.label
    elif subject == "merchant" and "name" in fields:
        fields["label"] = fields["name"]
    return number, FIELDS, pack_fields(fields)


def _number(value: object) -> int:
    """An entity in a kept content."""
    assert isinstance(value, int), "an entity is kept as its number"
    return value
