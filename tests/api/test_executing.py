"""Variables are read with their paths, lists give way, and a batch of 1,000 facts does not hold the loop."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from time import process_time, sleep
from typing import Any

import pytest
from graphql import GraphQLError, OperationDefinitionNode, build_schema, parse
from graphql import execute as graphql_core_execute
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.executing import WrongVariables, execute, read_variables
from api.responsiveness import SWITCH_SECONDS, THRESHOLDS, keep_responsive
from api.schema import schema
from api.schema.plain import SLICE_SECONDS
from tests.api.small_graphql import serve, small_schema

SMALL = small_schema()
RECORD = "mutation R($i: RecordFactsInput!) { recordFacts(input: $i) { __typename } }"


def operation(text: str) -> OperationDefinitionNode:
    found = parse(text).definitions[0]
    assert isinstance(found, OperationDefinitionNode)
    return found


def run(text: str, variables: dict[str, Any] | None = None, of: Any = SMALL, context: Any = None) -> Any:
    document = parse(text)
    first = operation(text)
    return asyncio.run(execute(of, document, first, read_variables(of, first, variables or {}), context))


def a_fact(**changes: Any) -> dict[str, Any]:
    transfer = {"key": "t", "from": {"key": "a"}, "to": {"key": "b"}, "amount": {"amount": "1", "currency": "CNY"}}
    return {"id": "f", "occurredAt": "2026-11-01T08:30:00.000Z", "content": {"transferMade": transfer}, **changes}


def test_facts_are_read_as_plain_values_by_the_names_of_the_schema() -> None:
    values = read_variables(schema, operation(RECORD), {"i": {"source": "core", "facts": [a_fact()]}})
    fact: Any = values.coerced["i"]["facts"][0]
    assert fact["occurredAt"] == 1_793_521_800_000
    assert fact["content"]["transferMade"]["amount"] == {"amount": 1, "currency": "CNY"}
    assert fact["content"]["transferMade"]["kind"] == "PAYMENT", "defaults of the schema are filled in"


@pytest.mark.parametrize(
    ("fact", "path"),
    [
        (a_fact(occurredAt="yesterday"), ["i", "facts", "1", "occurredAt"]),
        (a_fact(content={}), ["i", "facts", "1", "content"]),
        (a_fact(content={"transferMade": None}), ["i", "facts", "1", "content"]),
        (a_fact(other=1), ["i", "facts", "1"]),
        ("text", ["i", "facts", "1"]),
    ],
)
def test_a_wrong_shape_refuses_the_request_with_its_path(fact: Any, path: list[str]) -> None:
    with pytest.raises(WrongVariables) as caught:
        read_variables(schema, operation(RECORD), {"i": {"source": "core", "facts": [a_fact(), fact]}})
    extensions: Any = caught.value.errors[0].extensions
    assert extensions["code"] == "INVALID"
    assert extensions["path"][: len(path)] == path
    assert ".".join(path) in caught.value.errors[0].message


def test_suggestions_are_told_in_development_alone() -> None:
    given = {"i": {"source": "core", "facts": [], "fact": []}}
    for suggestions in (True, False):
        with pytest.raises(WrongVariables) as caught:
            read_variables(schema, operation(RECORD), given, suggestions=suggestions)
        assert ("Did you mean" in caught.value.errors[0].message) is suggestions


def test_a_list_of_any_length_is_whole_and_in_order() -> None:
    for count in (0, 1, 2, 49, 1_000):
        result = run(f"{{ slow(first: {count}) {{ id number }} }}")
        assert result.errors is None
        assert [thing["number"] for thing in result.data["slow"]] == list(range(count))


LISTS = build_schema("type Query { items: [Item]! strict: [Item!] } type Item { n: Int! slow: Int twice: [Item!]! }")


class Item:
    """An item whose fields take time."""

    def __init__(self, n: int) -> None:
        self.n = n

    async def slow(self, _info: Any) -> int:
        await asyncio.sleep(0)
        return self.n

    def twice(self, _info: Any) -> list[Any]:
        sleep(SLICE_SECONDS / 10)
        return [Item(self.n), Item(self.n)]


def lists(items: list[Any]) -> None:
    for name in ("items", "strict"):
        LISTS.query_type.fields[name].resolve = lambda *_: items  # type: ignore[union-attr]


async def later(value: Any) -> Any:
    await asyncio.sleep(0)
    return value


async def failing() -> Any:
    await asyncio.sleep(0)
    raise GraphQLError("no", extensions={"code": "INVALID"})


def test_items_that_are_awaited_null_or_failing_keep_their_places() -> None:
    lists([Item(0), None, later(Item(2)), failing(), Item(4)])
    result = run("{ items { n slow } }", of=LISTS)
    assert result.data["items"] == [{"n": 0, "slow": 0}, None, {"n": 2, "slow": 2}, None, {"n": 4, "slow": 4}]
    assert [error.path for error in result.errors] == [["items", 3]]


def test_an_item_that_may_not_be_null_nulls_its_list_and_leaves_nothing_unawaited() -> None:
    lists([later(Item(0)), None, later(Item(2)), failing()])
    result = run("{ strict { n slow } }", of=LISTS)
    assert result.data == {"strict": None}
    gc.collect()


def test_nested_lists_give_way_and_are_whole() -> None:
    lists([Item(n) for n in range(60)])
    result = run("{ items { n twice { n slow twice { n } } } }", of=LISTS)
    assert result.errors is None
    assert [item["twice"][1]["twice"][0]["n"] for item in result.data["items"]] == list(range(60))


PLAN = st.recursive(
    st.sampled_from(["plain", "null", "later", "fails", "fails later"]),
    lambda inner: st.tuples(st.just("list"), st.lists(inner, max_size=5)),
    max_leaves=25,
)


class Planned:
    """An item that does as planned; its own lists are of items that do as theirs."""

    def __init__(self, n: int, plans: Sequence[Any]) -> None:
        self.n = n
        self._plans = plans

    def slow(self, _info: Any) -> int:
        return self.n

    def twice(self, _info: Any) -> list[Any]:
        return [grown(plan, n) for n, plan in enumerate(self._plans)]


def grown(plan: Any, n: int) -> Any:
    if isinstance(plan, tuple):
        return Planned(n, plan[1])
    return {
        "plain": lambda: Planned(n, ()),
        "null": lambda: None,
        "later": lambda: later(Planned(n, ())),
        "fails": lambda: ValueError(str(n)),
    }.get(plan, failing)()


@pytest.fixture
def nothing_left() -> Iterator[None]:
    """What a test leaves unawaited is collected while its own filters of warnings hold, and not in the test that comes next."""
    yield
    gc.collect()


# Where several siblings fail at once graphql-core leaves coroutines unawaited, as we then do.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore:coroutine:RuntimeWarning")
@pytest.mark.usefixtures("nothing_left")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the fixture is for the end of all examples
@given(st.lists(PLAN, max_size=6), st.booleans())
def test_lists_that_give_way_at_every_item_come_to_what_graphql_core_makes_of_them(plans: list[Any], strict: bool) -> None:
    text = f"{{ {'strict' if strict else 'items'} {{ n slow twice {{ n twice {{ n twice {{ n }} }} }} }} }}"
    document, chosen = parse(text), operation(text)

    async def hasty() -> Any:
        lists([grown(plan, n) for n, plan in enumerate(plans)])
        return await execute(LISTS, document, chosen, read_variables(LISTS, chosen, {}), None, slice_seconds=0.0)

    async def plain() -> Any:
        lists([grown(plan, n) for n, plan in enumerate(plans)])
        result = graphql_core_execute(LISTS, document)
        return await result if isinstance(result, Awaitable) else result

    ours, theirs = asyncio.run(hasty()), asyncio.run(plain())
    assert ours.data == theirs.data
    assert bool(ours.errors) is bool(theirs.errors), "which of several failures of one place is told is not said"
    lists([])
    del ours, theirs  # the tracebacks of their errors hold what was not awaited
    gc.collect()


def longest_stall(work: Callable[[], Awaitable[object]]) -> float:
    """Most processor time that the process took, in any thread, between two turns of the loop while something ran.

    Not time on the wall: what other processes take from a busy machine is none of ours.
    """

    async def measured() -> float:
        longest, done = 0.0, False

        async def watch() -> None:
            nonlocal longest
            before = process_time()
            while not done:
                await asyncio.sleep(0.0005)
                now = process_time()
                longest = max(longest, now - before)
                before = now

        watching = asyncio.create_task(watch())
        await asyncio.sleep(0.005)
        longest = 0.0
        await work()
        done = True
        await watching
        return longest

    return asyncio.run(measured())


@pytest.fixture
def responsive() -> Iterator[None]:
    """As a server process is set up; as before afterwards."""
    thresholds, interval = gc.get_threshold(), sys.getswitchinterval()
    keep_responsive()
    assert gc.get_freeze_count() > 10_000, "the schema is left out of every collection"
    yield
    assert (gc.get_threshold(), round(sys.getswitchinterval(), 6)) == (THRESHOLDS, SWITCH_SECONDS)
    gc.set_threshold(*thresholds)
    sys.setswitchinterval(interval)
    gc.unfreeze()


@pytest.mark.usefixtures("responsive")
def test_a_batch_of_1000_facts_does_not_hold_the_loop_for_10_ms(tmp_path: Path) -> None:
    server = serve(tmp_path)
    query = "mutation ($b: Batch!) { recordFacts(input: $b) { ... on Success { recorded } } }"
    facts = [{"id": f"f{n}", "at": str(n), "item": {"key": f"k{n}"}, "inner": {"id": "x", "at": 1, "note": "n" * 60}} for n in range(1_000)]
    content = json.dumps({"query": query, "variables": {"b": {"source": "s", "facts": facts}}}).encode()

    async def send() -> None:
        response = await server.send(content=content, headers={"Content-Type": "application/json"})
        assert response.json() == {"data": {"recordFacts": {"recorded": 1_000}}}

    # Threads take turns as the machine lets them: the best of some runs says what we do.
    assert min(longest_stall(send) for _ in range(8)) < 0.010


@pytest.mark.usefixtures("responsive")
def test_a_long_answer_does_not_hold_the_loop_for_10_ms() -> None:
    text = "{ things(first: 40) { id things(first: 60) { id number things(first: 0) { id } } } }"
    document, chosen = parse(text), operation(text)

    async def send() -> None:
        result = await execute(SMALL, document, chosen, read_variables(SMALL, chosen, {}), None)
        assert result.data is not None
        assert len(result.data["things"]) == 40

    assert min(longest_stall(send) for _ in range(8)) < 0.010
