"""What no value may hold refuses the request by its path; a text of a batch's fact refuses that fact alone."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLID, GraphQLInputObjectType, GraphQLString, get_named_type, is_leaf_type
from hypothesis import given
from hypothesis import strategies as st

from api.auth.institutions import create_institution
from api.auth.keys import create_key
from api.context import Role
from api.flaws import find_flaws, given_back, has_flaws
from api.graphql_request import read_body
from api.schema import schema
from graph.clock import now
from tests.api.asked import asked
from tests.api.opened import BANK
from tests.api.world import World, facts

FORBIDDEN = ("\x00", "\n", "\x85", "\ud800", "\udfff")

RECORD = """mutation ($input: RecordFactsInput!) { recordFacts(input: $input) {
  __typename ... on RecordFactsSuccess { recorded refused outcomes(first: 1000) { index factId ... on FactRefused { problem {
    code message path } } } } ... on UserError { code path } } }"""


class Bank:
    """A bank's service that sends."""

    def __init__(self, client: Any, services: Any, key: str) -> None:
        self._client, self._key = client, key
        self.services = services

    async def post(self, query: str, variables: dict[str, Any] | None = None) -> Any:
        """The response to a document and its variables, written as JSON writes what is no text."""
        body = json.dumps({"query": query, "variables": variables or {}})
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "application/json"}
        return await self._client.post("/graphql", content=body, headers=headers)

    async def record(self, *batch: dict[str, Any]) -> dict[str, Any]:
        """What became of a batch."""
        response = await self.post(RECORD, {"input": {"source": "core", "facts": list(batch)}})
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()["data"]["recordFacts"]
        return found

    async def recorded(self) -> int:
        """How many facts there are of the merchant of these tests."""
        found = await self.post('{ merchant(reference: {key: "M-1"}) { facts(first: 100) { edges { node { id } } } } }')
        merchant = found.json()["data"]["merchant"]
        return 0 if merchant is None else len(merchant["facts"]["edges"])


@asynccontextmanager
async def bank(folder: Path) -> Any:
    """A bank whose service may record and read."""
    async with asked(folder) as (client, services):

        def work(connection: Any) -> str:
            create_institution(connection, BANK, "Rural Bank", now())
            return create_key(connection, BANK.id, "workflow", [Role.SERVICE, Role.ANALYST], now())[1]

        yield Bank(client, services, await services.records.write(work))


def leaves(value: Any, type_: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Paths to the leaves of a fact, and the type of each."""
    named = get_named_type(type_)
    if is_leaf_type(named):
        yield path, named
    else:
        assert isinstance(named, GraphQLInputObjectType)
        for name, item in value.items():
            yield from leaves(item, named.fields[name].type, (*path, name))


def changed(fact: dict[str, Any], path: tuple[Any, ...], value: object) -> dict[str, Any]:
    """The fact with another value at a path."""
    made = copy.deepcopy(fact)
    inner = made
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    return made


def described(id_: str, name: object = "Noodles") -> dict[str, Any]:
    return {"id": id_, "occurredAt": "2026-01-01T00:00:00Z", "content": {"merchantDescribed": {"key": "M-1", "name": name}}}


FACT = schema.type_map["FactInput"]


def test_a_flawed_text_of_any_field_of_any_fact_refuses_that_fact_alone_and_names_the_field(tmp_path):
    async def use() -> None:
        async with bank(tmp_path) as sender:
            batch: list[dict[str, Any]] = []
            wanted: dict[int, list[str]] = {}
            for fact in facts(World(sender.services, now()))[:33]:
                for path, named in leaves(fact, FACT):
                    if named not in (GraphQLString, GraphQLID):
                        continue
                    character = FORBIDDEN[len(batch) % len(FORBIDDEN)]
                    wanted[len(batch)] = ["input", "facts", str(len(batch)), *path]
                    fresh = {**fact, "id": f"f-{len(batch)}"}
                    batch.append(changed(fresh, path, f"x{character}y"))
            good = len(batch)
            assert good > 100
            batch.append(described("good"))
            made = await sender.record(*batch)
            assert (made["recorded"], made["refused"]) == (1, good)
            assert {one["index"]: one["problem"]["path"] for one in made["outcomes"]} == wanted
            assert {one["problem"]["code"] for one in made["outcomes"]} == {"INVALID"}

    asyncio.run(use())


def test_a_scalar_that_cannot_be_read_refuses_the_whole_batch_with_its_path(tmp_path):
    async def use() -> None:
        async with bank(tmp_path) as sender:
            flawed: list[tuple[dict[str, Any], tuple[Any, ...], object]] = []
            for fact in facts(World(sender.services, now()))[:33]:
                for path, named in leaves(fact, FACT):
                    if named not in (GraphQLString, GraphQLID):
                        flawed.append((fact, path, "x\x00y"))
            transfer = next(fact for fact in facts(World(sender.services, now())) if "transferMade" in fact["content"])
            flawed.append((transfer, ("content", "transferMade", "amount", "amount"), 2**64))
            flawed.append((transfer, ("content", "transferMade", "amount", "amount"), float("nan")))
            flawed.append((transfer, ("content", "transferMade", "key"), 2**64))
            flawed.append((described("f-1"), ("content", "merchantDescribed", "name"), float("inf")))
            flawed.append((described("f-1"), ("content", "merchantDescribed", "n\x00"), "x"))
            for fact, path, value in flawed:
                batch = [described("good"), changed(fact, path, value)]
                response = await sender.post(RECORD, {"input": {"source": "core", "facts": batch}})
                assert response.status_code == 400, path
                told = response.json()["errors"][0]["extensions"]
                assert (told["code"], told["path"][:3]) == ("INVALID", ["input", "facts", "1"])
            assert await sender.recorded() == 0

    asyncio.run(use())


@pytest.mark.parametrize("character", FORBIDDEN)
def test_the_refused_facts_id_is_told_without_what_cannot_be_given_back(tmp_path, character):
    async def use() -> None:
        async with bank(tmp_path) as sender:
            made = await sender.record(described("good"), described(f"a{character}b"), described(character))
            assert (made["recorded"], made["refused"]) == (1, 2)
            assert [one["factId"] for one in made["outcomes"]] == ["a\ufffdb", "\ufffd"]

    asyncio.run(use())


def test_it_holds_wherever_the_variables_begin_and_for_literals(tmp_path):
    async def use() -> None:
        async with bank(tmp_path) as sender:
            select = "{ ... on RecordFactsSuccess { recorded refused } }"
            both = [described("good"), described("bad", "x\x00")]
            literals = f"{literal('good')}, {literal('bad', 'x00')}"
            ways = [
                (f'mutation ($f: [FactInput!]!) {{ recordFacts(input: {{source: "core", facts: $f}}) {select} }}', {"f": both}),
                (
                    f'mutation ($g: FactInput!, $b: FactInput!) {{ recordFacts(input: {{source: "core", facts: [$g, $b]}}) {select} }}',
                    {"g": both[0], "b": both[1]},
                ),
                (
                    f'mutation {{ recordFacts(input: {{source: "core", facts: [{literals}]}}) {select} }}',
                    {},
                ),
            ]
            for number, (query, variables) in enumerate(ways):
                made = (await sender.post(query, variables)).json()["data"]["recordFacts"]
                assert made == {"recorded": int(number == 0), "refused": 1}, query
            alone = f'mutation ($f: [FactInput!]!) {{ recordFacts(input: {{source: "core", facts: $f}}) {select} }}'
            assert (await sender.post(alone, {"f": both[1]})).json()["data"]["recordFacts"] == {"recorded": 0, "refused": 1}

    asyncio.run(use())


def literal(id_: str, escaped: str = "") -> str:
    """A fact in the language of documents."""
    name = f"\\u00{escaped[1:]}" if escaped else "Noodles"
    content = f'{{merchantDescribed: {{key: "M-1", name: "{name}"}}}}'
    return f'{{id: "{id_}", occurredAt: "2026-01-01T00:00:00Z", content: {content}}}'


def test_everywhere_else_a_flawed_text_refuses_the_request(tmp_path):
    async def use() -> None:
        async with bank(tmp_path) as sender:
            application = {"key": "L-1", "merchant": {"key": "M-1"}, "amount": {"amount": "1", "currency": "CNY"}, "termDays": 30}
            assess = "mutation ($input: AssessLoanInput!, $key: String!) { assessLoan(input: $input, idempotencyKey: $key) { __typename } }"
            together = """mutation ($input: RecordFactsInput!, $loan: AssessLoanInput!) { recordFacts(input: $input) { __typename }
                assessLoan(input: $loan, idempotencyKey: "key-00000001") { __typename } }"""
            bad = described("bad", "x\ud800")
            ways: list[tuple[str, dict[str, Any], list[str]]] = [
                (RECORD, {"input": {"source": "co\x00re", "facts": [bad]}}, ["input", "source"]),
                (RECORD, {"input": {"source": "core", "facts": [bad]}, "unused": "\x00"}, ["unused"]),
                (RECORD, {"input": {"source": "core", "facts": "\x00"}}, ["input", "facts"]),
                (RECORD, {"input": {"source": "core", "facts": ["\x00"]}}, ["input", "facts", "0"]),
                (
                    assess,
                    {"input": {"application": application, "facts": [bad]}, "key": "key-00000001"},
                    ["input", "facts", "0", "content", "merchantDescribed", "name"],
                ),
                (
                    together,
                    {"input": {"source": "core", "facts": [bad]}, "loan": {"application": application}},
                    ["input", "facts", "0", "content", "merchantDescribed", "name"],
                ),
            ]
            for query, variables, path in ways:
                response = await sender.post(query, variables)
                assert response.status_code == 400, query
                assert response.json()["errors"][0]["extensions"] == {"code": "INVALID", "path": path}
            elsewhere = 'mutation { recordFacts(input: {source: "\\u0000", facts: []}) { __typename } }'
            assert (await sender.post(elsewhere)).json()["errors"][0]["message"].startswith("`input.source` holds")
            assert await sender.recorded() == 0

    asyncio.run(use())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(st.characters(), max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=15,
)


@given(JSON_VALUES)
def test_the_quick_look_finds_what_the_look_with_paths_finds(value):
    assert has_flaws({"a": value}) == bool(list(find_flaws({"a": value})))


def test_looking_through_is_linear_in_what_is_sent(tmp_path):
    def seconds(count: int) -> float:
        flawed = [described(f"f-{number}", "\x00" * 5) for number in range(count)]
        body = json.dumps({"query": "{ __typename }", "variables": {"input": {"facts": flawed}}}).encode()
        best = 10.0
        for _ in range(3):
            begun = time.thread_time()
            assert len(list(find_flaws(dict(read_body(body).variables)))) == count
            best = min(best, time.thread_time() - begun)
        return best

    assert seconds(8_000) < seconds(1_000) * 8 * 2.5


def test_what_can_be_given_back_is_unchanged():
    assert given_back("é 🏃 M-1") == "é 🏃 M-1"
