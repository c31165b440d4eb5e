"""The catalogue of errors is that of the code: every code, every problem, every error of the domain that callers are told of."""

from __future__ import annotations

from pathlib import Path

import pytest
from graphql import GraphQLInterfaceType, GraphQLUnionType, get_named_type

from api import errors
from api.catalogue import catalogue, written
from api.graphql_answers import CODES as ANSWERED
from api.schema import schema
from api.schema.problems import ErrorCode
from graph.errors import RingfenceError
from tests.api.cli.calling import call

COMMITTED = Path(__file__).parents[2] / "api" / "errors.md"


def test_the_committed_page_is_what_the_code_says():
    assert written() == COMMITTED.read_text(encoding="utf-8"), "run `make schema` and look at what changed"


def test_every_code_that_is_answered_is_in_it_and_no_other():
    assert [one.code for one in catalogue()] == [str(code) for code in ErrorCode]
    assert {one.code for one in catalogue()} == set(ANSWERED)


def test_every_problem_of_a_payload_is_named_with_the_mutations_that_carry_it():
    problems = schema.type_map["UserError"]
    assert isinstance(problems, GraphQLInterfaceType) and schema.mutation_type is not None
    wanted: dict[str, set[str]] = {}
    for name, field in schema.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLUnionType)
        for member in payload.types:
            if problems in member.interfaces:
                wanted.setdefault(member.name, set()).add(name)
    assert {one.problem: set(one.mutations) for one in catalogue() if one.problem} == wanted


def test_every_error_that_is_told_stands_behind_its_code():
    behind = {name: one.code for one in catalogue() for name, _ in one.behind}
    assert behind == {kind.__name__: code for kind, code in errors.CODES.items()}
    assert errors.code_of(ZeroDivisionError) is None and errors.told(RingfenceError("x")) is None


@pytest.mark.parametrize("code", list(ErrorCode))
def test_the_command_says_what_a_code_means_and_what_to_do(code):
    found = call("errors", code.lower())
    assert found.code == 0 and found.out.startswith(f"{code}: ") and "Send again: " in found.out


def test_an_unknown_code_is_one_sentence_with_those_that_are():
    found = call("errors", "NONE")
    assert found.code == 1 and "UNAVAILABLE" in found.err and found.err.count("\n") == 1
