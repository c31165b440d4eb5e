"""The cost of operations, as `semantics.md` 22 counts it, over the schema that is exported."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from api.cost import MOST, CostTable, Count, UnboundedList
from api.schema import sdl

TABLE = CostTable.read(sdl())


def cost(text: str, variables: dict[str, Any] | None = None, table: CostTable = TABLE) -> int:
    document = parse(text)
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    return Count(table, fragments, variables or {}).operation(operation)


def test_the_example_of_the_semantics_costs_62() -> None:
    assert cost("{ decisions(first: 20) { edges { node { id loan { id } } } pageInfo { endCursor } } }") == 62


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{ __typename }", 0),
        ("{ me { id name } }", 1),
        ("{ me { institution { name } } }", 2),
        ('{ merchant(reference: {key: "m"}) { id } }', 1),
        # evidence weighs 10; 100 entities, 200 ties
        ('{ decision(id: "d") { evidence { at } } }', 1 + 10),
        ('{ decision(id: "d") { evidence { entities { entity { id } } ties { id } } } }', 1 + 10 + 100 * 2 + 200),
        # lists within lists multiply
        ('{ decision(id: "d") { reasons { code ties { id } } } }', 1 + 20 * (1 + 20)),
        # a list of scalars costs nothing
        ("{ me { roles } }", 1),
        # the arguments of a root field bound lists below it
        ('{ neighbourhood(centre: {id: "x"}, maximumEntities: 7, maximumTies: 9) { entities { reach } ties { id } } }', 20 + 7 + 9),
        ('{ neighbourhood(centre: {id: "x"}) { entities { reach } ties { id } } }', 20 + 100 + 200),
        ('{ paths(from: {id: "x"}, to: {id: "y"}, maximumPaths: 3) { paths { ties { id } } } }', 20 + 3 * (1 + 6)),
    ],
)
def test_fields_lists_and_connections_count_as_written(text: str, expected: int) -> None:
    assert cost(text) == expected


def test_a_list_of_facts_outcomes_counts_for_its_default_of_100() -> None:
    text = """mutation ($i: RecordFactsInput!) { recordFacts(input: $i) { ... on RecordFactsSuccess { outcomes { index } } } }"""
    assert cost(text) == 10 + 100
    assert cost(text.replace("outcomes", "outcomes(first: 3)")) == 10 + 3


def test_sizes_come_from_variables_their_defaults_and_the_schema_in_this_order() -> None:
    text = "query ($n: Int! = 5) { decisions(first: $n) { edges { cursor } } }"
    assert cost(text, {"n": 9}) == 1 + 9
    assert cost(text) == 1 + 5
    outcomes = "mutation ($n: Int) { recordFacts(input: 1) { ... on RecordFactsSuccess { outcomes(first: $n) { index } } } }"
    assert cost(outcomes) == 10 + 100
    assert cost(outcomes, {"n": 2}) == 10 + 2
    assert cost(text, {"n": 9.0}) == 1 + 9, "a JSON number without a fraction is an Int"


@pytest.mark.parametrize("value", [True, "9", None, [9], {"a": 9}, 1.5])
def test_what_is_no_size_counts_as_the_largest_page(value: Any) -> None:
    assert cost("query ($n: Int!) { decisions(first: $n) { edges { cursor } } }", {"n": value}) == 1 + 100


def test_negative_sizes_count_as_nothing_and_do_not_pay_for_others() -> None:
    assert cost("{ decisions(first: -1000) { edges { node { id } } } me { id } }") == 2


def test_a_fragment_counts_wherever_it_is_spread() -> None:
    text = """{ a: me { ...P } b: me { ...P ...P } } fragment P on Principal { institution { name } }"""
    assert cost(text) == (1 + 1) + (1 + 2)


def test_in_an_abstract_type_the_dearest_member_counts() -> None:
    plain = '{ entity(reference: {id: "x"}) { id } }'
    assert cost(plain) == 1
    some = (
        '{ entity(reference: {id: "x"}) { ... on Merchant { latestDecision { merchant { id } } } ... on Loan { requested { amount } } } }'
    )
    assert cost(some) == 1 + 2, "of Merchant (2) and Loan (1) the dearer"
    both = '{ entity(reference: {id: "x"}) { ties(first: 3) { edges { cursor } } ... on Loan { requested { amount } } } }'
    assert cost(both) == 1 + (1 + 3) + 1, "what the interface selects is added to each member"


def test_overlapping_fragments_add_up_for_the_type_they_share() -> None:
    text = """{ node(id: "x") { ... on Entity { ...E } ... on Merchant { ...E } ... on Decision { loan { id } } } }
    fragment E on Entity { ties(first: 2) { edges { cursor } } }"""
    assert cost(text) == 1 + 2 * (1 + 2)


def test_what_the_schema_does_not_know_costs_nothing_and_is_left_to_validation() -> None:
    assert cost("{ nothing { of { the { kind } } } me { ...Missing ... on Nothing { id } } }") == 1


def test_sums_stop_before_they_are_work_themselves() -> None:
    levels = " ".join(f"fragment F{i} on Principal {{ ...F{i + 1} ...F{i + 1} }}" for i in range(200))
    document = parse(f"{{ me {{ ...F0 }} }} {levels} fragment F200 on Principal {{ institution {{ name }} }}")
    fragments = {d.name.value: d for d in document.definitions if isinstance(d, FragmentDefinitionNode)}
    operation = next(d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    count = Count(TABLE, fragments, {})
    assert count.operation(operation) == MOST
    assert max(count._known.values()) == MOST


def test_a_list_of_objects_without_a_bound_is_refused_by_name() -> None:
    with pytest.raises(UnboundedList, match=r"Query\.things"):
        CostTable.read("type Query { things: [Thing!]! } type Thing { id: ID! }")


def test_operations_of_stage_1_cost_what_they_did_when_they_were_written() -> None:
    assert cost(ASSESS) == 967
    assert cost(EVIDENCE) == 1835
    assert cost(RECORD) == 210


ASSESS = """mutation A($i: AssessLoanInput!, $k: String!) { assessLoan(input: $i, idempotencyKey: $k) { __typename
  ... on AssessLoanSuccess { replayed decision { id verdict approved { amount } strategy { id }
    reasons { code observed { signal { name unit } value display } entities { kind id label } ties { id kind weight } }
    limit { amount { amount } sentence } degraded { source cause signals } timing { total graph } cost { micros currency } } }
  ... on RateLimited { retryAfter } ... on UserError { code message path } } }"""

EVIDENCE = """query D($id: ID!) { decision(id: $id) { id verdict score loan { id key requested { amount } } merchant { id label standing }
  reasons { code sentence points entities { id } ties { id } } evidence { ...Drawing } signals { signal { name } display } } }
fragment Drawing on Subgraph { asOf entities { entity { kind id label } distance strength reach }
  ties { id kind from { id } to { id } weight total { amount currency } } truncation { causes omittedTies } }"""

RECORD = """mutation R($i: RecordFactsInput!) { recordFacts(input: $i) { ... on RecordFactsSuccess { recorded repeated refused
  outcomes { index factId ... on FactRefused { problem { code message path } } } } ... on UserError { code message path } } }"""
