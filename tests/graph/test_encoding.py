"""Facts leave in the shape in which they came in."""

from __future__ import annotations

import pytest
from hypothesis import given

from graph.contents import CONTENTS, Fact
from graph.decoding import CONTENT_FIELDS
from graph.encoding import NAMES, encode_fact
from graph.errors import InvalidInput
from graph.model import EntityKind, EntityName
from graph.normalising import document_number, email, ip_address, phone
from graph.standing_in import stand_in
from tests.graph.adversaries import facts
from tests.graph.raw_facts import BANK, SAID, decode, raw


@pytest.mark.parametrize("content", SAID)
def test_a_fact_of_every_kind_is_decoded_again_as_it_was(content: str) -> None:
    fact = decode(raw(content))
    encoded = encode_fact(fact, BANK.currency)
    assert decode(encoded) == fact
    assert encode_fact(decode(encoded), BANK.currency) == encoded
    assert encoded["content"][content].keys() <= CONTENT_FIELDS[content]


@pytest.mark.parametrize(("content", "field"), [(content, field) for content, said in SAID.items() for field in said])
def test_what_was_left_out_stays_left_out(content: str, field: str) -> None:
    try:
        fact = decode(raw(content, **{field: None}))
    except InvalidInput:
        assert field not in {"name", "bornOn"}, "a field that must be there"
        return
    encoded = encode_fact(fact, BANK.currency)
    assert decode(encoded) == fact
    assert field not in encoded["content"][content] or field == "kind", "a transfer's kind is PAYMENT when it is left out"


ENTITIES = [
    {"merchant": "M-7"}, {"person": "P-1"}, {"account": "A-1"}, {"loan": "L-1"}, {"device": "D-1"}, {"phone": "+8613800138000"},
    {"email": "z@example.com"}, {"ipAddress": "203.0.113.7"}, {"ipAddress": "2001:db8::7"},
    {"place": {"address": "杭州市 1号", "country": "CN"}},
    {"document": {"kind": "PASSPORT", "country": "CN", "number": "E1234"}},
]  # fmt: skip


@pytest.mark.parametrize("entity", ENTITIES, ids=str)
def test_an_entity_of_every_kind_is_named_as_it_was(entity: dict[str, object]) -> None:
    fact = decode(raw("standingKnown", entity=entity))
    assert encode_fact(fact, BANK.currency)["content"]["standingKnown"]["entity"] == entity


def test_every_content_has_the_name_that_the_schema_gives_it() -> None:
    assert set(NAMES) == set(CONTENTS.values())
    assert set(NAMES.values()) == set(CONTENT_FIELDS)


def told(fact: Fact) -> bool:
    """Whether the fact describes the places that it names: no report names one without its address."""
    named = [getattr(fact.content, name) for name in fact.content.__slots__]
    return {one for one in named if isinstance(one, EntityName) and one.kind is EntityKind.PLACE} <= {seen.place for seen in fact.places}


@given(facts("f-1").filter(told))
def test_nothing_but_the_schemas_fields_is_made(fact) -> None:
    ((content, said),) = encode_fact(fact, BANK.currency)["content"].items()
    assert said.keys() <= CONTENT_FIELDS[content]


BODIES = ["a" * 24, "7" * 24, "b2c3d4e5f6g7a2b3c4d5e6f7", "abcdefghijklmnopqrstuvwx"]


@pytest.mark.parametrize(
    ("kind", "normal"), [(EntityKind.PHONE, phone), (EntityKind.EMAIL, email), (EntityKind.IP_ADDRESS, ip_address)], ids=str
)
def test_stand_ins_are_normal_values_each_of_its_own_entity(kind, normal) -> None:
    made = [stand_in(kind, f"{kind.value}_{body}", serial) for serial, body in enumerate(BODIES)]
    assert [normal(value) for value in made] == made
    assert len(set(made)) == len(BODIES)


def test_the_stand_in_of_a_document_keeps_its_kind_and_country() -> None:
    kind, country, number = stand_in(EntityKind.DOCUMENT, "doc_" + BODIES[2], 1, "PASSPORT:CN").split(":")
    assert (kind, country) == ("PASSPORT", "CN")
    assert document_number(number) == number
