"""`entities` over GraphQL: who may ask, and what is refused by name."""

from __future__ import annotations

import pytest

from api.context import Role
from tests.api.asking import OTHER
from tests.api.world import World, in_world

ENTITIES = """query ($filter: EntityFilter!, $first: Int! = 100, $after: String) { entities(first: $first, after: $after, filter: $filter) {
  edges { cursor node { kind key label } } pageInfo { hasNextPage endCursor } } }"""


def test_entities_are_found_and_paged_within_the_institution(tmp_path):
    async def scene(world: World) -> None:
        ask = world.ask(Role.ANALYST)
        body = await ask(ENTITIES, filter={"kinds": ["MERCHANT"], "text": "M-1"})
        assert [edge["node"]["key"] for edge in body["data"]["entities"]["edges"]] == ["M-1"], body
        whole = (await ask(ENTITIES, filter={}))["data"]["entities"]["edges"]
        first = (await ask(ENTITIES, filter={}, first=2))["data"]["entities"]
        assert first["pageInfo"]["hasNextPage"]
        rest = (await ask(ENTITIES, filter={}, after=first["pageInfo"]["endCursor"]))["data"]["entities"]["edges"]
        assert [edge["node"] for edge in first["edges"] + rest] == [edge["node"] for edge in whole]
        other = await world.ask(Role.ANALYST, institution=OTHER)(ENTITIES, filter={"text": "M-1", "kinds": ["PERSON"]})
        assert other["data"]["entities"]["edges"] == []
        moved = await ask(ENTITIES, filter={"blocked": True}, after=first["pageInfo"]["endCursor"])
        assert moved["errors"][0]["extensions"]["code"] == "INVALID", "a cursor is good for its list alone"
        assert (await world.ask(Role.SERVICE)(ENTITIES, filter={}))["errors"][0]["extensions"]["code"] == "FORBIDDEN"

    in_world(tmp_path, scene)


@pytest.mark.parametrize("wrong", [{"text": "x"}, {"text": "x" * 101}, {"kinds": []}, {"standings": []}])
def test_a_filter_out_of_bounds_is_refused_with_the_bound(tmp_path, wrong):
    async def scene(world: World) -> None:
        body = await world.ask(Role.KYC)(ENTITIES, filter=wrong)
        (error,) = body["errors"]
        assert error["extensions"]["code"] == "INVALID", body
        assert "`filter." in error["message"]

    in_world(tmp_path, scene)
