"""`operations`, `rateLimit` and a decision's `replay` say what is so."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from api.assessing import assess
from api.context import Role
from api.limits import Limits
from rules.figures import Figures, figures
from tests.api.listening import listening
from tests.api.opened import asked
from tests.api.running import FailingStore, request, running, service_of, wait_for_jobs
from tests.api.test_sockets import assess as assess_over_http
from tests.api.world import World, in_world

OPERATIONS = "{ operations { version ready degraded waitingForSource lag decisions { count straightThroughShare p50 p99 } } }"


def test_operations_tell_of_a_graph_that_is_down_and_of_what_waits_for_it(tmp_path):
    async def scene(world: World) -> None:
        ask = world.ask(Role.SERVICE)
        before = (await ask(OPERATIONS))["data"]["operations"]
        assert before["ready"] and before["degraded"] == [] and (before["waitingForSource"], before["lag"]) == (0, 0)
        assert before["decisions"]["count"] > 0 and 0 < before["decisions"]["p50"] <= before["decisions"]["p99"]
        with world.deaf():
            down = (await world.ask(Role.SERVICE)(OPERATIONS))["data"]["operations"]
            assert down["ready"] and down["degraded"] == ["GRAPH"]
        await world.degrade()
        after = (await ask(OPERATIONS))["data"]["operations"]
        assert after["waitingForSource"] == 1 and after["lag"] > 0
        assert after["decisions"]["count"] == before["decisions"]["count"] + 1

    in_world(tmp_path, scene)


def test_figures_are_of_the_institution_and_the_time_asked_for(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            services.graph.down = True
            await assess(services, principal, request())
            services.graph.down = False
            await wait_for_jobs(services)
            for number in range(9):
                await assess(services, principal, request(f"key-{number + 10:08}", f"L-{number + 10}"))
            institution = principal.institution.id

            async def of(since: int, whose: str = institution) -> Figures:
                found: Figures = await services.records.read(lambda c: figures(c, whose, since), institution=whose)
                return found

            verdicts = [row[0] for row in asked(services.settings.data, "SELECT verdict FROM decisions")]
            found = await of(0)
            assert found.count == len(verdicts) == 11
            assert found.straight_through is not None
            assert abs(found.straight_through - sum(one != "REFER" for one in verdicts) / 11) < 1e-9
            assert await of(services.now() + 1) == Figures(0, None, None, None) == await of(0, "city-bank")
            asked(services.settings.data, "UPDATE decisions SET timing = '[7.5, 0, 0, 0, 0, 0]'")
            assert ((await of(0)).p50, (await of(0)).p99) == (7.5, 7.5)

    asyncio.run(use())


def test_the_rate_limit_says_what_is_left_and_when_all_of_it_is_back(tmp_path):
    with listening(tmp_path, staff_cost_minute=10_000) as server:

        def ask() -> dict[str, Any]:
            headers = {"Authorization": f"Bearer {server.analyst}"}
            body = {"query": "{ rateLimit { limit remaining cost resetAt } me { id } }"}
            found: dict[str, Any] = httpx.post(server.url, json=body, headers=headers).json()["data"]["rateLimit"]
            return found

        first, second = ask(), ask()
        assert first["limit"] == 10_000 and first["cost"] == 2
        assert first["remaining"] - second["remaining"] == second["cost"]
        assert 9_000 < second["remaining"] < 10_000
        asyncio.run(assess_over_http(server.port, server.service, 1))
        assert ask()["remaining"] == second["remaining"] - 2, "what another spends is its own"


def test_what_is_left_is_counted_over_all_processes(tmp_path):
    clock = [1_000.0]
    first, second = (Limits(tmp_path, 1_000, 1_000, lambda: clock[0]) for _ in range(2))
    assert first.left("pri_1", service=False).remaining == 1_000
    assert first.left("pri_1", service=False).seconds == 0
    assert first.take("pri_1", 300, service=False) is None
    assert first.left("pri_1", service=False).remaining == 700
    assert 680 <= second.left("pri_1", service=False).remaining <= 700, "a lease of a fiftieth counts as spent"
    clock[0] += first.left("pri_1", service=False).seconds
    assert second.left("pri_1", service=False).remaining == 1_000
    first.close()
    second.close()


def test_a_decision_is_replayed_equal_and_one_whose_inputs_were_changed_is_not(tmp_path):
    document = "{ decisions(first: 1) { edges { node { inputsHash replay { equal inputsHash } } } } }"

    async def scene(world: World) -> None:
        ask = world.ask(Role.ANALYST)
        node = (await ask(document))["data"]["decisions"]["edges"][0]["node"]
        assert node["replay"] == {"equal": True, "inputsHash": node["inputsHash"]}
        asked(world.services.settings.data, "UPDATE decisions SET inputs_hash = 'other'")
        node = (await ask(document))["data"]["decisions"]["edges"][0]["node"]
        assert not node["replay"]["equal"] and node["replay"]["inputsHash"] != node["inputsHash"]
        masked = await world.ask(Role.SERVICE)(document)
        assert masked["data"]["decisions"]["edges"][0]["node"]["replay"] is None
        assert masked["extensions"]["masked"] == ["Decision.replay"]

    in_world(tmp_path, scene)
