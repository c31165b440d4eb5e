"""Rings as they are found by a real process, and seen over GraphQL by those who may."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, cast

from api.rings.looking import look
from api.rings.records import give_look, holds_look, take_look
from tests.api.asking import BANK, OTHER
from tests.api.rings.crew import RING, SCREEN, crew, record, rings, tie
from tests.api.verifying.desk import Desk, at_desk


async def looked(desk: Desk, facts: list[dict[str, Any]]) -> None:
    """Facts, and a look at them."""
    await record(desk, facts)
    assert await look(desk.services, BANK.id)


def test_a_ring_is_found_grows_and_dissolves_and_every_screen_shows_it(tmp_path, each_engine):
    async def scene(desk: Desk) -> None:
        assert await rings(desk) == []
        await looked(desk, crew(range(10, 14)))
        (ring,) = await rings(desk)
        assert (ring["state"], ring["version"], ring["memberCount"], ring["merchantCount"]) == ("SUSPECTED", 1, 8, 4)
        assert ring["shapes"] == ["SHARED_IDENTIFIERS"]
        assert 0 < ring["score"] < 1
        assert ring["joinedLastDay"] == 8
        assert ring["defaultedShare"] is None
        assert not await look(desk.services, BANK.id), "nothing came in"

        shown = (await desk.ask("analyst", SCREEN, id=ring["id"]))["ring"]
        assert {part["code"] for part in shown["scoreParts"]} == {"SHARED_DEVICE", "SHARED_PHONE"}
        assert abs(sum(part["weight"] for part in shown["scoreParts"]) - ring["score"]) < 1e-5
        assert len(shown["members"]["edges"]) == 8
        assert shown["members"]["edges"][0]["node"]["sentence"] == "Shares a device and a phone with another member."
        kinds = {one["entity"]["kind"] for one in shown["subgraph"]["entities"]}
        assert kinds == {"MERCHANT", "PERSON", "DEVICE", "PHONE"}
        assert {one["kind"] for one in shown["subgraph"]["ties"]} == {"OWNS", "USES_DEVICE", "REACHED_AT"}
        assert [edge["node"]["kind"] for edge in shown["history"]["edges"]] == ["FOUND"]

        await looked(desk, crew(range(14, 15)))
        (grown,) = await rings(desk)
        assert (grown["id"], grown["version"], grown["memberCount"]) == (ring["id"], 2, 10)
        asked = 'query { merchant(reference: {key: "M-14"}) { ring { strength joinedAt ring { id memberCount } } } }'
        assert (await desk.ask("service", asked))["merchant"]["ring"]["ring"] == {"id": ring["id"], "memberCount": 10}

        node = f"query ($id: ID!) {{ node(id: $id) {{ ... on Ring {{ {RING} }} }} }}"
        assert (await desk.ask("admin", node, id=ring["id"]))["node"] == grown
        assert (await desk.ask("other analyst", node, id=ring["id"]))["node"] is None
        assert await rings(desk, "other analyst") == []
        assert not await look(desk.services, OTHER.id) or await rings(desk, "other analyst") == []

    asyncio.run(at_desk(tmp_path, scene))


def test_rings_are_filtered_ordered_and_paged(tmp_path):
    async def scene(desk: Desk) -> None:
        small = crew(range(10, 13))
        large = crew(range(20, 26), device="D-2", phone="+8613800000002")
        outcome = {"outcomeKnown": {"loan": {"key": "L-1"}, "outcome": "DEFAULTED"}}
        loan = [
            {"id": "l-1", "occurredAt": "2026-10-01T09:00:00Z", "content": {"loanDescribed": {"key": "L-1"}}},
            tie("l-2", "APPLIED_FOR", {"merchant": "M-10"}, {"loan": "L-1"}),
            {"id": "l-3", "occurredAt": "2026-10-02T09:00:00Z", "content": outcome},
        ]
        await looked(desk, [*small, *large, *loan])
        found = await rings(desk)
        assert len(found) == 2
        by_members = {one["memberCount"]: one for one in found}
        assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)
        assert await rings(desk, filter={"member": {"merchant": "M-20"}}) == [by_members[12]]
        assert await rings(desk, filter={"member": {"merchant": "M-404"}}) == []
        assert await rings(desk, filter={"shapes": ["DENSE"]}) == [by_members[12]]
        assert await rings(desk, filter={"states": ["DISSOLVED"]}) == []
        assert await rings(desk, filter={"minimumScore": 0.99}) == []
        for order in ("EXPOSURE", "GROWTH", "LATEST"):
            assert len(await rings(desk, order=order)) == 2
        page = "query ($after: String) { rings(first: 1, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } } }"
        first = (await desk.ask("analyst", page))["rings"]
        second = (await desk.ask("analyst", page, after=first["pageInfo"]["endCursor"]))["rings"]
        assert first["pageInfo"]["hasNextPage"]
        assert not second["pageInfo"]["hasNextPage"]
        assert {one["edges"][0]["node"]["id"] for one in (first, second)} == {one["id"] for one in found}

    asyncio.run(at_desk(tmp_path, scene))


def test_one_process_looks_at_a_time_and_one_that_took_too_long_writes_nothing(tmp_path, each_engine):
    async def scene(desk: Desk) -> None:
        await record(desk, crew(range(10, 13)))
        records_, now = desk.services.records, desk.services.now()

        async def take(at: int) -> int | None:
            return cast(
                "int | None", await records_.claim(partial(take_look, institution=BANK.id, now=at, lease=1_000), institution=BANK.id)
            )

        held = await take(now + 60_000)
        assert held == 1
        assert await take(now + 60_999) is None
        assert not await look(desk.services, BANK.id), "somebody else looks"
        assert await rings(desk) == []
        later = await take(now + 61_000)
        assert later == 2, "the lease is over"
        assert not await records_.read(lambda connection: holds_look(connection, BANK.id, held), institution=BANK.id)
        await records_.write(lambda connection: give_look(connection, BANK.id, later, None), institution=BANK.id)
        assert await look(desk.services, BANK.id)
        assert len(await rings(desk)) == 1

    asyncio.run(at_desk(tmp_path, scene))
