"""Queries leave a failing graph alone by themselves: few wait for it, and deciding is not touched."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest

from api.assessing import assess
from api.context import Context, Role, Services
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Moment, WalkBounds
from graph.store import GraphStore, Wanted
from graph.stores.sqlite.store import SqliteStore
from tests.api.asking import Asker, principal
from tests.api.opened import BANK
from tests.api.running import request, running, service_of

QUERY = '{ merchant(reference: {key: "M-1"}) { id } }'


class Silent(SqliteStore):
    """A store whose answers to queries do not come while it is `silent`; `asked` counts what it was asked."""

    silent = False
    broken = False
    asked = 0

    async def _read(self, *given: Any, **named: Any) -> Any:
        self.asked += 1
        if self.broken:
            raise ZeroDivisionError
        if self.silent:
            await asyncio.sleep(30)
        return await super()._read(*given, **named)


def in_bank(folder: Path, scene: Any, **changes: Any) -> None:
    """Play a scene with an analyst and services whose breaker opens after three failures."""

    async def play() -> None:
        settings = {"breaker_failures": 3, "breaker_seconds": 0.5, "question_seconds": 0.1, **changes}
        async with running(folder, Silent, **settings) as services:
            service = await service_of(services)
            await assess(services, service, request())
            await scene(services, Asker(services, principal(Role.ANALYST, institution=BANK)), service)

    asyncio.run(play())


async def codes(ask: Asker, document: str = QUERY) -> list[str]:
    """Codes of the errors in the answer."""
    return [error["extensions"]["code"] for error in (await ask(document)).get("errors", [])]


def test_a_silent_graph_costs_a_few_queries_their_time_and_then_none(tmp_path):
    async def scene(services: Services, ask: Asker, service: Any) -> None:
        store: Any = services.graph
        store.silent = True
        for _ in range(3):
            assert await codes(ask) == ["UNAVAILABLE"]
        asked, begun = store.asked, time.perf_counter()
        for _ in range(20):
            assert await codes(ask) == ["UNAVAILABLE"]
        assert store.asked == asked
        assert time.perf_counter() - begun < 0.3
        assert services.asking.open and not services.breaker.open
        store.silent = False
        await asyncio.sleep(0.5)
        assert await codes(ask) == []

    in_bank(tmp_path, scene)


def test_what_queries_meet_does_not_keep_a_loan_from_being_decided(tmp_path):
    async def scene(services: Services, ask: Asker, service: Any) -> None:
        store: Any = services.graph
        store.silent = True
        for _ in range(3):
            await codes(ask)
        store.silent = False
        assert services.asking.open
        decision = (await assess(services, service, request("key-00000002", "L-2"))).decision
        assert decision.dossier.unread == ()

    in_bank(tmp_path, scene)


def test_while_deciding_leaves_the_graph_alone_no_query_asks_it(tmp_path):
    async def scene(services: Services, ask: Asker, service: Any) -> None:
        for _ in range(3):
            services.breaker.failed()
        store: Any = services.graph
        asked = store.asked
        assert await codes(ask) == ["UNAVAILABLE"]
        assert store.asked == asked
        await asyncio.sleep(0.5)
        assert await codes(ask) == []
        assert not services.asking.open

    in_bank(tmp_path, scene)


def test_a_fault_of_ours_in_a_query_is_still_a_fault_and_logged(tmp_path):
    async def scene(services: Services, ask: Asker, service: Any) -> None:
        store: Any = services.graph
        store.broken = True
        assert await codes(ask) == ["INTERNAL"]

    in_bank(tmp_path, scene)


def test_a_walk_is_given_its_own_deadline(tmp_path):
    class Late(Silent):
        async def neighbourhood(self, *given: Any, **named: Any) -> Any:
            await asyncio.sleep(0.3)
            return await super().neighbourhood(*given, **named)

    async def scene(services: Services, ask: Asker, service: Any) -> None:
        services.graph.__class__ = Late
        walk = '{ neighbourhood(centre: {merchant: "M-1"}, deadline: 500) { entities { distance } } }'
        assert await codes(ask, walk) == []
        assert await codes(ask, walk.replace("500", "10")) == []

    in_bank(tmp_path, scene)


@pytest.mark.parametrize(
    "question", ["tie", "ties", "fact", "facts", "loans", "entities", "paths", "neighbourhood", "now", "entity_id", "find"]
)
def test_each_question_is_asked_as_the_store_has_it(tmp_path, question):
    async def use() -> None:
        async with running(tmp_path) as services:
            service = await service_of(services)
            loan = (await assess(services, service, request())).decision.dossier.application.loan
            context = Asker(services, principal(Role.ANALYST, institution=BANK))
            asked, plain = questions(context, services), services.graph
            moment = await plain.now(BANK.id)
            given, named = arguments(question, loan, moment)
            found = await getattr(asked, question)(BANK.id, *given, **named)
            wanted = await getattr(plain, question)(BANK.id, *given, **named)
            assert found == wanted or question == "now"

    asyncio.run(use())


def questions(asker: Asker, services: Services) -> Any:
    """What an operation asks."""
    return Context(services, asker.who, 0.0).graph


def arguments(question: str, loan: str, moment: Moment) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """What a question of the store is asked with."""
    bounds = WalkBounds(2, 50, 100, 200)
    paths = {"kinds": None, "maximum_length": 4, "maximum_paths": 5, "deadline": 1.0}
    given: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
        "now": ((), {}),
        "find": ((Wanted(),), {"first": 5}),
        "entity_id": ((EntityName(EntityKind.LOAN, "L-1"), moment), {}),
        "entities": (([loan], moment), {}),
        "tie": (("tie_x", moment), {}),
        "ties": ((loan, moment), {"first": 5}),
        "fact": (("fac_x", moment), {}),
        "facts": ((loan, moment), {"first": 5}),
        "loans": ((loan, moment), {"first": 5}),
        "transfers": ((loan, moment), {"first": 5}),
        "transfer": (("trf_x", moment), {}),
        "neighbourhood": ((loan, moment, bounds), {"deadline": 1.0}),
        "paths": ((loan, loan, moment), paths),
    }
    return given[question]


def test_every_question_of_the_store_that_queries_ask_is_behind_the_breaker(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            asked = questions(Asker(services, principal(Role.ANALYST, institution=BANK)), services)
            writing = {"record", "record_guarded", "erase", "surroundings", "ready", "close"}
            names = {name for name in vars(GraphStore) if not name.startswith("_")} - writing
            assert names == {name for name in vars(type(asked)) if not name.startswith("_")} - set(type(asked).__dataclass_fields__)
            with pytest.raises(GraphUnavailable):
                await asked._ask(lambda: asyncio.sleep(9), 0.01)

    asyncio.run(use())
