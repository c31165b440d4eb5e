"""Deciding from a Neo4j that refuses, is silent, slow or cut off: an answer within a second, never an approval, and well by itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from api.app import close_services, open_services
from api.assessing import Unavailable, assess
from api.context import Principal, Services
from api.readiness import Readiness
from api.rehearsing import rehearse
from rules.model import Decision, DecisionSource, Verdict
from rules.strategy import DEGRADED
from tests.api.running import request, service_of, settings_of, wait_for_jobs
from tests.graph.stores import server_address
from tests.proxy import Proxy, proxy
from tests.settings import ANSWER, RECOVERY

pytestmark = pytest.mark.graph_server

FAULTS = ("refused", "silent", "reset")


@asynccontextmanager
async def decided_through(folder: Path, **changes: Any) -> AsyncIterator[tuple[Services, Principal, Proxy]]:
    """Services as a server process opens them, whose graph is reached through a proxy; plans are ready."""
    there = server_address(str(folder))
    with proxy(int(there.url.rsplit(":", 1)[1])) as way:
        graph = {
            "graph_url": f"bolt://127.0.0.1:{way.port}",
            "graph_user": there.user,
            "graph_password": there.password,
            "graph_deployment": there.deployment,
        }
        settings = settings_of(folder, **{"breaker_failures": 5, "breaker_seconds": 1.0, **graph, **changes})
        await close_services(open_services(settings))
        services = open_services(settings, checked=True)
        try:
            await rehearse(services)
            await until_ready(services, 60)
            yield services, await service_of(services), way
        finally:
            way.deaf, way.delay, way.cut_answers = False, 0.0, 0
            await close_services(services)


async def until_ready(services: Services, seconds: float) -> float:
    """Seconds until the graph says that it is ready."""
    readiness, begun = Readiness(services), time.monotonic()
    while (await readiness.reasons())["graph"] is not None:
        assert time.monotonic() - begun < seconds, await readiness.reasons()
        await asyncio.sleep(0.05)
    return time.monotonic() - begun


async def decide(services: Services, principal: Principal, number: int) -> tuple[Decision, float]:
    """A decision, and the seconds that it took."""
    begun = time.perf_counter()
    assessed = await assess(services, principal, request(f"key-{number:08d}", f"L-{number}"))
    return assessed.decision, time.perf_counter() - begun


def degraded(decision: Decision) -> bool:
    return DecisionSource.GRAPH in decision.judgement.degraded


async def well_again(services: Services, principal: Principal, number: int, longest: float = RECOVERY) -> float:
    """Seconds until a decision looks at the graph."""
    begun = time.monotonic()
    while True:
        with suppress(Unavailable):  # a machine so busy that the second was over before the records were asked
            if not degraded((await decide(services, principal, number))[0]):
                return time.monotonic() - begun
        assert time.monotonic() - begun < longest
        number += 1


def check_answer(decision: Decision, seconds: float) -> None:
    """What every answer without the graph is."""
    assert seconds < ANSWER
    assert decision.judgement.verdict is Verdict.REFER
    assert DEGRADED in {reason.code for reason in decision.judgement.reasons}


def strike(way: Proxy, fault: str) -> None:
    if fault == "refused":
        way.refuse()
    elif fault == "silent":
        way.deaf = True
    else:
        way.cut_answers = 10**6


def heal(way: Proxy, fault: str) -> None:
    if fault == "refused":
        way.listen()
    way.deaf, way.delay, way.cut_answers = False, 0.0, 0


@pytest.mark.parametrize("fault", FAULTS)
def test_every_decision_is_answered_within_a_second_and_the_graph_found_again(tmp_path: Path, fault: str):
    async def run() -> None:
        async with decided_through(tmp_path) as (services, principal, way):
            await well_again(services, principal, 1, 60)
            strike(way, fault)
            found = [await decide(services, principal, 100 + n) for n in range(4)]
            found += await asyncio.gather(*(decide(services, principal, 200 + n) for n in range(8)))
            for decision, seconds in found:
                check_answer(decision, seconds)
            readiness = Readiness(services)
            await asyncio.sleep(0.4)
            await readiness.reasons()
            assert (await readiness.reasons())["graph"] in {"UNREACHABLE", "TIMED_OUT", "LATE", "WARMING"}
            heal(way, fault)
            await well_again(services, principal, 1_000)
            await until_ready(services, RECOVERY)
            await wait_for_jobs(services)  # what waited is decided again, once
            count = "SELECT count(*) FROM decisions WHERE replaced_by IS NOT NULL"
            replaced = await services.records.read(lambda c: c.exec_driver_sql(count).scalar(), institution=principal.institution.id)
            assert replaced is not None and replaced >= len(found)

    asyncio.run(run())


@pytest.mark.parametrize("milliseconds", [50, 200, 2_000])
def test_a_slow_graph_is_waited_for_or_said_to_be_missing(tmp_path: Path, milliseconds: int):
    async def run() -> None:
        async with decided_through(tmp_path) as (services, principal, way):
            await well_again(services, principal, 1, 60)
            way.delay = milliseconds / 1000
            for decision, seconds in await asyncio.gather(*(decide(services, principal, 100 + n) for n in range(4))):
                assert seconds < ANSWER
                assert decision.judgement.verdict is not Verdict.APPROVE or not degraded(decision)
                if milliseconds == 2_000:
                    check_answer(decision, seconds)
            heal(way, "slow")
            await well_again(services, principal, 1_000)

    asyncio.run(run())


def test_an_answer_that_is_cut_off_once_is_asked_for_again(tmp_path: Path):
    async def run() -> None:
        async with decided_through(tmp_path) as (services, principal, way):
            await well_again(services, principal, 1, 60)
            for number in range(5):
                way.cut_answers = 1
                decision, seconds = await decide(services, principal, 100 + number)
                assert seconds < ANSWER
                assert decision.judgement.verdict is not Verdict.APPROVE or not degraded(decision)
                await asyncio.sleep(0.1)
            await well_again(services, principal, 1_000)

    asyncio.run(run())


def test_a_server_process_begins_while_the_graph_is_away_and_finds_it_by_itself(tmp_path: Path):
    async def run() -> None:
        async with decided_through(tmp_path) as (services, principal, way):
            way.refuse()
            second = open_services(services.settings, checked=True)
            try:
                decision, seconds = await decide(second, principal, 1)
                check_answer(decision, seconds)
                way.listen()
                await well_again(second, principal, 100)
                await until_ready(second, RECOVERY)
            finally:
                await close_services(second)

    asyncio.run(run())
