"""The guard holds every document to bounds before validation, in steps that are linear in its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import GraphQLError, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from api.cost import CostTable, Count
from api.guard import Bounds, Guard, Refused
from api.schema import sdl

TABLE = CostTable.read(sdl())
GUARD = Guard(TABLE, Bounds(), introspection=False)
DEVELOPMENT = Guard(TABLE, Bounds(), introspection=True)
ENDLESS = 10**9
WIDE = Guard(
    TABLE,
    Bounds(ENDLESS, ENDLESS, ENDLESS, ENDLESS, 90, ENDLESS, ENDLESS, ENDLESS, ENDLESS, ENDLESS, ENDLESS, ENDLESS),
    introspection=True,
)
"""Bounds nothing but recursion, so that hostile documents are measured whole."""


def refused(text: str, guard: Guard = GUARD) -> Refused:
    with pytest.raises(Refused) as caught:
        guard.admit(text)
    return caught.value


def spreads(levels: int) -> str:
    """A document that, if spreads were followed each time, would be 2**levels fields."""
    chain = " ".join(f"fragment F{i} on Principal {{ ...F{i + 1} ...F{i + 1} }}" for i in range(levels))
    return f"{{ me {{ ...F0 }} }} {chain} fragment F{levels} on Principal {{ institution {{ name }} }}"


HOSTILE: dict[str, Callable[[int], str]] = {
    "nested spreads": lambda n: spreads(min(n, 80)),
    "aliases": lambda n: "{ me { " + " ".join(f"a{i}: id" for i in range(n)) + " } }",
    "the same field": lambda n: "{ me { " + "id " * n + "} }",
    "root fields": lambda n: "{ " + "me { id } " * n + "}",
    "directives": lambda n: "{ me { id " + "@include(if: true) " * n + "} }",
    "a long list": lambda n: (
        '{ merchant(reference: {id: "x"}) { ties(first: 1, kinds: [' + "OWNS " * n + "]) { pageInfo { endCursor } } } }"
    ),
    "variables": lambda n: "query (" + " ".join(f"$v{i}: [Int!] = [1 2 3]" for i in range(n)) + ") { me { id } }",
    "fragments that all spread all": lambda n: (
        "{ me { ...F0 } } "
        + " ".join(
            f"fragment F{i} on Principal {{ id " + " ".join(f"...F{j}" for j in range(i + 1, min(n, 60))) + " }" for i in range(min(n, 60))
        )
    ),
    "inline fragments": lambda n: "{ me { " + "... on Principal { id } " * n + "} }",
    "abstract types": lambda n: '{ node(id: "x") { ' + "... on Entity { ties(first: 1) { edges { node { id } } } } " * n + "} }",
    "introspection": lambda n: "{ __schema { types { " + "fields { type { fields { name } } } " * n + "} } }",
    "objects": lambda n: "{ merchant(reference: {" + " ".join(f'k{i}: "x"' for i in range(n)) + "}) { id } }",
    "operations": lambda n: " ".join(f"query Q{i} {{ me {{ id }} }}" for i in range(n)),
}


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_steps_are_linear_in_the_length_of_a_hostile_document(name: str) -> None:
    for size in (50, 500, 2_000):
        text = HOSTILE[name](size)
        admitted = WIDE.admit(text)
        words = len(text.replace("...", " ").split()) + text.count("...")
        assert admitted.steps <= 3 * words + 20, f"{admitted.steps} steps for {words} words"


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_counting_the_cost_is_linear_too(name: str) -> None:
    members = max(len(m) for m in TABLE.members.values())
    for size in (50, 500, 2_000):
        text = HOSTILE[name](size)
        admitted = WIDE.admit(text)
        count = Count(TABLE, admitted.fragments, {})
        count.operation(next(iter(admitted.operations.values())))
        words = len(text.replace("...", " ").split()) + text.count("...")
        assert count.steps <= members * (3 * words + 20)


@pytest.mark.parametrize("name", sorted(set(HOSTILE) - {"the same field", "inline fragments", "abstract types"}))
def test_each_hostile_document_is_refused_within_its_bounds(name: str) -> None:
    error = refused(HOSTILE[name](10_000))
    assert error.code in {"TOO_MUCH_WORK", "INVALID"}
    assert len(error.message) < 200


def test_500_bytes_of_nested_spreads_cost_no_more_than_their_text() -> None:
    text = spreads(10)
    assert len(text) < 600
    admitted = WIDE.admit(text)
    assert admitted.steps < 80
    cost, _ = WIDE.cost(admitted, admitted.operations[""], {})
    assert cost == 1 + 2**10, "a fragment counts wherever it is spread, without being followed each time"


@pytest.mark.parametrize(
    ("text", "bounds", "said"),
    [
        ("{ me { id name } }", Bounds(tokens=5), "more than 5 tokens"),
        ("# a\n# b\n{ me { id } }", Bounds(comments=1), "more than 1 comments"),
        ("{ me { id } }", Bounds(characters=5), "13 characters and may have 5"),
        ("{ me { institution { name } } }", Bounds(depth=2), "3 levels of fields and may have 2"),
        ("{ me { ...A } } fragment A on Principal { institution { name } }", Bounds(depth=2), "3 levels of fields and may have 2"),
        ("{ ... { ... { ... { me { id } } } } }", Bounds(nesting=3), "4 levels of nesting and may have 3"),
        ("{ a: me { b: id } }", Bounds(aliases=1), "2 aliases and may have 1"),
        ("{ me { id } ...R } fragment R on Query { me { id } me { id } }", Bounds(root_fields=2), "3 root fields and may have 2"),
        ("{ me @skip(if: false) { id @include(if: true) } }", Bounds(directives=1), "2 directives and may have 1"),
        (
            "{ me { ...A ...B } } fragment A on Principal { id } fragment B on Principal { id }",
            Bounds(fragments=1),
            "2 fragments and may have 1",
        ),
        ("query A { me { id } } query B { me { id } }", Bounds(operations=1), "2 operations and may have 1"),
        ("query ($a: Int, $b: Int) { me { id } }", Bounds(variables=1), "2 variables and may have 1"),
        ("{ merchant(reference: {id: [[[1]]]}) { id } }", Bounds(literal_depth=3), "levels in `reference.id` and may have 3"),
    ],
)
def test_each_bound_is_held_and_is_in_the_message(text: str, bounds: Bounds, said: str) -> None:
    error = refused(text, Guard(TABLE, bounds, introspection=False))
    assert error.code == "TOO_MUCH_WORK"
    assert said in error.message
    GUARD.admit(text)


def test_a_costly_operation_is_refused_with_both_numbers() -> None:
    guard = Guard(TABLE, Bounds(cost=2_500), introspection=False)
    guard.afford(2_500)
    with pytest.raises(Refused, match=r"costs 2,501 and may cost 2,500") as caught:
        guard.afford(2_501)
    assert (caught.value.code, caught.value.bound) == ("TOO_MUCH_WORK", "cost")


@pytest.mark.parametrize(
    "text",
    [
        "{ me { ...A } } fragment A on Principal { ...A }",
        "{ me { ...A } } fragment A on Principal { ...B } fragment B on Principal { ...C } fragment C on Principal { ...A }",
        "{ me { id } } fragment A on Principal { institution { ...B } } fragment B on Institution { ...A }",
    ],
)
def test_fragments_that_spread_themselves_are_refused_by_name(text: str) -> None:
    error = refused(text)
    assert error.code == "INVALID"
    assert "spreads itself" in error.message


@pytest.mark.parametrize(
    "text", ["{ __schema { types { name } } }", '{ __type(name: "Query") { name } }', "{ a: __schema { types { name } } }"]
)
def test_introspection_is_refused_outside_development_wherever_it_stands(text: str) -> None:
    assert "is off here" in refused(text).message
    assert "is off here" in refused("{ me { id } ...S } fragment S on Query " + text).message
    DEVELOPMENT.admit(text)


def test_typename_is_always_allowed() -> None:
    assert GUARD.admit("{ __typename me { __typename } }").operations.keys() == {""}


def test_the_usual_introspection_query_passes_in_development() -> None:
    admitted = DEVELOPMENT.admit(get_introspection_query())
    cost, _ = DEVELOPMENT.cost(admitted, admitted.operations["IntrospectionQuery"], {})
    DEVELOPMENT.afford(cost)
    assert cost == 0, "what it lists is the schema, not data"


@pytest.mark.parametrize(
    ("literal", "said"),
    [
        ('"a\\u0000b"', "`reference.id` holds a control character"),
        ('"a\\nb"', "`reference.id` holds a control character"),
        ('"""a\nb"""', "`reference.id` holds a control character"),
        ("99999999999999999999", "`reference.id` is an integer beyond 64 bits"),
        ("9223372036854775808", "`reference.id` is an integer beyond 64 bits"),
        ("9" * 5_000, "`reference.id` is an integer beyond 64 bits"),
        ("1e999", "`reference.id` is a number beyond"),
    ],
)
def test_literals_that_no_variable_may_hold_are_refused_by_name(literal: str, said: str) -> None:
    error = refused(f"query ($x: ID = 1) {{ merchant(reference: {{id: {literal}}}) {{ id }} }}")
    assert error.code == "INVALID"
    assert said in error.message


def test_literals_of_defaults_and_directives_are_looked_at_too() -> None:
    assert "`$x`" in refused('query ($x: ID = "\\u0007") { me { id } }').message
    assert "`@include(if)`" in refused('{ me { id @include(if: "\\u0007") } }').message


def test_definitions_of_types_are_refused() -> None:
    assert "defines types" in refused("type Query { id: ID } { me { id } }").message


def test_a_lone_surrogate_in_a_document_is_a_syntax_error() -> None:
    with pytest.raises(GraphQLError, match="Syntax Error"):
        GUARD.admit('{ merchant(reference: {id: "\\uD800"}) { id } }')


@given(st.text(alphabet=st.sampled_from(list('{}()[]:!$@."...abmeid_#&|=\n 019-')), max_size=200))
def test_any_text_is_admitted_refused_or_a_syntax_error(text: str) -> None:
    try:
        admitted = GUARD.admit(text)
    except (Refused, GraphQLError):
        return
    for operation in admitted.operations.values():
        cost, _ = GUARD.cost(admitted, operation, {})
        assert cost >= 0
