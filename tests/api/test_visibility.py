"""What an operation may not read is decided by document and roles alone."""

from __future__ import annotations

import time

import pytest
from graphql import OperationDefinitionNode, parse, validate

from api.context import Role
from api.schema import schema
from api.visibility import Sight, check

SERVICE, ANALYST, KYC, ADMIN = frozenset({Role.SERVICE}), frozenset({Role.ANALYST}), frozenset({Role.KYC}), frozenset({Role.ADMIN})


def seen(text: str, roles: frozenset[Role]) -> Sight:
    document = parse(text, no_location=True)
    assert not validate(schema, document)
    return check(document, next(one for one in document.definitions if isinstance(one, OperationDefinitionNode)), roles)


def test_a_narrowed_field_is_named_by_the_type_on_which_it_was_selected():
    document = """
        query ($e: EntityReference!) {
          entity(reference: $e) {
            facts(first: 1) { edges { node { id sentence } } }
            ... on Person { name bornOn facts(first: 1) { edges { cursor } } }
            ...Phones
          }
        }
        fragment Phones on Phone { number }
    """
    assert seen(document, SERVICE).masked == ("Entity.facts", "Person.bornOn", "Person.facts", "Person.name", "Phone.number")
    assert seen(document, ANALYST).masked == ("Person.bornOn", "Phone.number")
    assert seen(document, KYC).masked == ()
    assert seen(document, ADMIN).masked == ("Person.bornOn", "Person.name", "Phone.number")


def test_several_roles_see_what_any_of_them_sees():
    document = '{ node(id: "per_x") { ... on Person { bornOn } ... on Device { fingerprint } } }'
    assert seen(document, SERVICE).masked == ("Device.fingerprint", "Person.bornOn")
    assert seen(document, SERVICE | ADMIN).masked == ("Person.bornOn",)
    assert seen(document, SERVICE | KYC).masked == ()


def test_the_fields_of_a_hidden_type_are_named():
    document = '{ node(id: "fac_x") { __typename id ... on Fact { __typename sentence source } } }'
    assert seen(document, SERVICE).masked == ("Fact.sentence", "Fact.source")
    assert seen(document, ADMIN).masked == ()


def test_a_root_field_is_forbidden_and_nothing_below_it_is_named():
    document = """
        query ($e: EntityReference!) {
          walk: neighbourhood(centre: $e) { entities { entity { ... on Person { name } } } }
          paths(from: $e, to: $e) { truncation { causes } }
          me { id }
        }
    """
    assert seen(document, SERVICE) == Sight((), ("neighbourhood", "paths"))
    assert seen(document, ANALYST) == Sight((), ())


def test_a_mutation_is_forbidden_by_its_root_field():
    document = 'mutation ($i: RecordOutcomeInput!) { recordOutcome(input: $i, idempotencyKey: "12345678") { __typename } }'
    assert seen(document, KYC).forbidden == ("recordOutcome",)
    assert seen(document, ANALYST).forbidden == ()


@pytest.mark.parametrize("directive", ["@skip(if: true)", "@include(if: false)", "@include(if: $show)"])
def test_variables_and_conditions_play_no_part(directive):
    document = 'query ($show: Boolean = false) { node(id: "per_x") { ... on Person { name HERE bornOn @include(if: $show) } } }'.replace(
        "HERE", directive
    )
    assert seen(document, SERVICE).masked == ("Person.bornOn", "Person.name")


def test_a_pass_is_linear_in_nested_fragments():
    depth = 400
    spreads = "\n".join(f"fragment F{i} on Person {{ name ...F{i + 1} ...F{i + 1} }}" for i in range(depth))
    document = parse(f'{{ node(id: "x") {{ ...F0 ...F0 }} }} {spreads} fragment F{depth} on Person {{ bornOn }}', no_location=True)
    operation = next(one for one in document.definitions if isinstance(one, OperationDefinitionNode))
    begun = time.process_time()
    assert check(document, operation, SERVICE).masked == ("Person.bornOn", "Person.name")
    assert time.process_time() - begun < 0.5, "400 fragments that spread the next one twice are 2^400 ways"
