"""Single transfers of an account over GraphQL: order, direction, time, pages, and one by its id."""

from __future__ import annotations

from typing import Any

from api.context import Role
from tests.api.asking import OTHER
from tests.api.money_told import DAY
from tests.api.world import World, in_world

LIST = """query ($first: Int!, $after: String, $direction: TransferDirection, $window: TimeWindow) { entity(reference: {account: "FA"}) {
  ... on Account { transfers(first: $first, after: $after, direction: $direction, window: $window) {
    edges { cursor node { id key amount { amount currency } kind from { id } to { id } occurredAt recordedAt reversedAt } }
    pageInfo { hasNextPage endCursor } } } } }"""
NEWEST_FIRST = ["f-FG-FA", "f-FA-FMA", "f-FD-FA", "f-FA-FC", "f-FX-FA", "f-FB-FA"]


def keys(body: dict[str, Any]) -> list[str]:
    assert "errors" not in body, body
    return [edge["node"]["key"] for edge in body["data"]["entity"]["transfers"]["edges"]]


def test_transfers_come_newest_first_by_direction_and_strictly_within_the_window(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        within = {"after": world.ago(40 * DAY), "before": world.ago(26 * DAY)}
        return [
            keys(await ask(LIST, first=100)),
            keys(await ask(LIST, first=100, direction="IN")),
            keys(await ask(LIST, first=100, direction="OUT")),
            keys(await ask(LIST, first=100, window=within)),
            keys(await ask(LIST, first=100, window={"after": world.ago(26 * DAY)})),
        ]

    everything, in_, out, within, since = in_world(tmp_path, scene)
    assert everything == NEWEST_FIRST
    assert in_ == [key for key in NEWEST_FIRST if key.endswith("-FA")] and out == [key for key in NEWEST_FIRST if "-FA-" in key]
    assert within == ["f-FD-FA", "f-FA-FC", "f-FX-FA"], "neither of the two at the ends"
    assert since == ["f-FG-FA"]


def test_pages_join_and_a_cursor_is_good_for_its_arguments_alone(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        found: list[str] = []
        after = None
        while True:
            body = await ask(LIST, first=2, after=after, direction="IN")
            found += keys(body)
            info = body["data"]["entity"]["transfers"]["pageInfo"]
            after = info["endCursor"]
            if not info["hasNextPage"]:
                break
        wrong = [
            await ask(LIST, first=2, after=after),
            await ask(LIST, first=2, after=after, direction="IN", window={"after": world.ago(9)}),
        ]
        return found, wrong, await ask(LIST, first=101)

    found, wrong, large = in_world(tmp_path, scene)
    assert found == [key for key in NEWEST_FIRST if key.endswith("-FA")]
    for body in wrong:
        assert body["errors"][0]["extensions"]["code"] == "INVALID" and "cursor" in body["errors"][0]["message"]
    assert large["errors"][0]["message"] == "`first` is 1 to 100; ask for a number within that."


def test_a_window_that_ends_before_it_begins_is_refused_by_name(tmp_path):
    async def scene(world: World):
        return await world.ask(Role.ANALYST)(LIST, first=1, window={"after": world.ago(0), "before": world.ago(DAY)})

    error = in_world(tmp_path, scene)["errors"][0]
    assert error["message"].startswith("`window.before` is earlier than `after`")
    assert error["extensions"] == {"code": "INVALID", "path": ["window", "before"]}


def test_a_transfer_is_a_node_for_those_who_may_read_it_and_its_institution_alone(tmp_path):
    async def scene(world: World):
        ask = world.ask(Role.ANALYST)
        (edge,) = (await ask(LIST, first=1))["data"]["entity"]["transfers"]["edges"]
        node = """query ($id: ID!) { node(id: $id) { __typename id ... on Transfer {
            key amount { amount currency } kind from { id } to { id } occurredAt recordedAt reversedAt } } }"""
        mine = (await ask(node, id=edge["node"]["id"]))["data"]["node"]
        service = (await world.ask(Role.SERVICE)(node, id=edge["node"]["id"]))["data"]["node"]
        there = await world.ask(Role.ANALYST, institution=OTHER)(node, id=edge["node"]["id"])
        return edge["node"], mine, service, there["data"]["node"]

    listed, mine, service, there = in_world(tmp_path, scene)
    assert mine == {"__typename": "Transfer", **listed} and listed["id"].startswith("trf_") and listed["kind"] == "WITHDRAWAL"
    assert service is None and there is None
