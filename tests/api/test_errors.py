"""Each error that a caller can act upon is told by its code, in a sentence, with its path; all others are not told."""

from __future__ import annotations

import pytest
from graphql import GraphQLError

from api.assessing import Unavailable
from api.errors import as_conflicting_input, as_invalid, tell, told
from api.idempotency import IdempotencyConflict, IdempotencyInProgress
from api.records import RecordsUnavailable
from api.schema.problems import show_problem
from graph.errors import Conflict, GraphUnavailable, InvalidInput, Problem, Unknown

WRONG = InvalidInput([Problem(("content", "transferMade", "amount"), "is negative: send 0 or more"), Problem((), "A sentence of its own.")])


@pytest.mark.parametrize(
    ("error", "code", "type_name"),
    [
        (WRONG, "INVALID", "ValidationError"),
        (Unknown("is no merchant here: check it", ("merchant",)), "NOT_FOUND", "NotFound"),
        (Conflict("The first stands.", ("key",), 7), "FACT_CONFLICT", "FactConflict"),
        (IdempotencyConflict(7), "IDEMPOTENCY_CONFLICT", "IdempotencyConflict"),
        (IdempotencyInProgress(250), "IDEMPOTENCY_IN_PROGRESS", "IdempotencyInProgress"),
        (Unavailable("disk", 250), "UNAVAILABLE", "Unavailable"),
        (GraphUnavailable("gone", "TIMED_OUT"), "UNAVAILABLE", "Unavailable"),
        (RecordsUnavailable("gone"), "UNAVAILABLE", "Unavailable"),
    ],
)
def test_each_error_has_its_code_and_its_problem(error, code, type_name):
    said = told(error)
    assert said is not None and said.code == code
    assert said.message.endswith(".") and said.message[0] in "`ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    problem = show_problem(said)
    assert type(problem).__name__ == type_name and problem.code == code


def test_paths_are_into_the_variables_and_messages_are_sentences():
    said = told(WRONG, ("input", "facts", "3"))
    assert said is not None
    assert said.path == ("input", "facts", "3", "content", "transferMade", "amount")
    assert said.message == "`content.transferMade.amount` is negative: send 0 or more."
    assert [one.message for one in said.problems] == [said.message, "A sentence of its own."]


def test_what_a_payload_has_no_problem_for_is_a_wrong_input():
    unknown, conflict = told(Unknown("is no loan here", ("loan",))), told(Conflict("The first stands.", ("key",), 7))
    assert unknown is not None and conflict is not None
    assert as_invalid(unknown).code == "INVALID" and as_invalid(unknown).problems[0].path == ("loan",)
    assert as_conflicting_input(conflict).code == "INVALID" and as_invalid(conflict) is conflict


@pytest.mark.parametrize("fault", [ValueError("secret"), KeyError("x"), AssertionError("y"), MemoryError()])
def test_a_fault_of_ours_is_not_told(fault):
    assert told(fault) is None
    assert tell(GraphQLError("secret", original_error=fault)) is None


def test_an_error_of_a_query_has_its_code_and_the_path_into_the_arguments():
    error = InvalidInput([Problem(("first",), "`first` is 1 to 100; ask for a number within that.")])
    assert tell(GraphQLError("x", original_error=error)) == (
        "`first` is 1 to 100; ask for a number within that.",
        {"code": "INVALID", "path": ["first"]},
    )


def test_an_error_says_how_long_to_wait_where_that_is_known():
    said = tell(GraphQLError("x", original_error=Unavailable("x", 250)))
    assert said is not None and said[1] == {"code": "UNAVAILABLE", "retryAfter": 250}
    assert "disk" not in said[0]


def test_an_error_that_graphql_core_makes_is_the_callers():
    assert tell(GraphQLError("Argument 'first' has invalid value.")) == ("Argument 'first' has invalid value.", {"code": "INVALID"})
    assert tell(GraphQLError("no", extensions={"code": "FORBIDDEN"})) == ("no", {"code": "FORBIDDEN"})
