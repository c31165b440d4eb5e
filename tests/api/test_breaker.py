"""The breaker: after failures in a row the part is left alone for a while, in all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from api.breaker import Breaker
from graph.errors import GraphUnavailable, Unknown


class Clock:
    def __init__(self) -> None:
        self.now = 1_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(tmp_path, clock):
    made = Breaker(tmp_path / "graph.breaker", 3, 2.0, clock)
    yield made
    made.close()


async def answer() -> str:
    return "answer"


async def fail() -> str:
    raise GraphUnavailable("down", "UNREACHABLE")


def ask(breaker: Breaker, question: Callable[[], Awaitable[str]], seconds: float = 1.0) -> str:
    return asyncio.run(breaker.ask(question, seconds))


def trip(breaker: Breaker) -> None:
    for _ in range(3):
        with pytest.raises(GraphUnavailable):
            ask(breaker, fail)


def test_it_lets_through_until_it_has_failed_often_enough_in_a_row(breaker):
    for _ in range(2):
        with pytest.raises(GraphUnavailable):
            ask(breaker, fail)
    assert ask(breaker, answer) == "answer"
    for _ in range(2):
        with pytest.raises(GraphUnavailable):
            ask(breaker, fail)
    assert not breaker.open


def test_open_it_refuses_without_asking(breaker):
    trip(breaker)
    asked = []

    async def question() -> str:
        asked.append(1)
        return "answer"

    with pytest.raises(GraphUnavailable, match="left alone") as caught:
        ask(breaker, question)
    assert (breaker.open, asked, caught.value.cause) == (True, [], "UNREACHABLE")


def test_after_a_while_one_call_tries_and_its_success_closes_it(breaker, clock):
    trip(breaker)
    clock.now += 2_000
    assert ask(breaker, answer) == "answer"
    assert ask(breaker, answer) == "answer"
    assert not breaker.open


def test_while_one_call_tries_the_others_are_refused(breaker, clock):
    trip(breaker)
    clock.now += 2_000
    breaker.enter()
    with pytest.raises(GraphUnavailable):
        breaker.enter()


def test_it_is_shared_with_other_processes_by_its_file(breaker, tmp_path, clock):
    other = Breaker(tmp_path / "graph.breaker", 3, 2.0, clock)
    trip(breaker)
    assert other.open
    other.close()


def test_what_is_late_is_timed_out_and_counts(breaker):
    async def late() -> str:
        await asyncio.sleep(5)
        return "late"

    for _ in range(3):
        with pytest.raises(GraphUnavailable) as caught:
            ask(breaker, late, 0.01)
        assert caught.value.cause == "TIMED_OUT"
    assert breaker.open


def test_what_the_caller_did_wrong_is_an_answer_and_no_failure(breaker):
    async def unknown() -> str:
        raise Unknown("no such loan", ("loan",))

    for _ in range(5):
        with pytest.raises(Unknown):
            ask(breaker, unknown)
    assert not breaker.open


def test_a_fault_of_the_part_is_a_failure_of_it(breaker):
    async def fault() -> str:
        raise ZeroDivisionError

    with pytest.raises(GraphUnavailable) as caught:
        ask(breaker, fault)
    assert caught.value.cause == "FAILED"
