"""`recordFacts` and `recordOutcome` as use cases: one fact's fault is its own, one key one effect, and the chain says who sent what."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from api import audit
from api.assessing import Unavailable, assess
from api.folder import GRAPH_FILE, RECORDS_FILE
from api.idempotency import IdempotencyConflict, IdempotencyInProgress
from api.recording import OutcomeRequest, record_facts, record_outcome
from graph.errors import InvalidInput, Unknown
from graph.model import EntityKind, LoanState
from graph.store import Recorded, Refused, Repeated
from tests.api.opened import BANK, OTHER
from tests.api.running import FailingRecords, FailingStore, request, running, service_of

pytestmark = pytest.mark.usefixtures("each_engine")

A_FILE_IS_LOCKED = pytest.mark.parametrize(
    ("each_engine", "file"), [("sqlite", GRAPH_FILE), ("sqlite", RECORDS_FILE), ("postgres", GRAPH_FILE)], indirect=["each_engine"]
)
"""Every file that there is with the records on either engine."""


def tie(id_: str, merchant: str = "M-1", **more: Any) -> dict[str, Any]:
    content = {"tieObserved": {"from": {"merchant": merchant}, "kind": "USES_DEVICE", "to": {"device": "D-1"}}}
    return {"id": id_, "occurredAt": 1_700_000_000_000, "content": content, **more}


async def entries(services: Any, institution: str = BANK.id) -> list[tuple[str, str]]:
    wanted = "SELECT action, principal FROM audit_entries WHERE institution = :institution ORDER BY sequence"
    rows = await services.records.read(lambda c: c.execute(text(wanted), {"institution": institution}).all(), institution=institution)
    return [tuple(row) for row in rows]


def test_a_fact_with_a_wrong_value_is_refused_alone_in_the_order_sent(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            batch = [tie("f-1"), tie("f-2", occurredAt=2**60), tie("f-3"), tie("f-1"), tie("f-4", content={})]
            found = await record_facts(services, principal, "core-banking", batch)
            assert [type(one) for one in found.results] == [Recorded, Refused, Recorded, Repeated, Refused]
            assert found.source_ids == ("f-1", "f-2", "f-3", "f-1", "f-4")
            again = await record_facts(services, principal, "core-banking", [tie("f-1")])
            assert isinstance(again.results[0], Repeated) and again.results[0].recorded_at == found.recorded_at
            assert await entries(services) == [("facts recorded", principal.id)] * 2

    asyncio.run(use())


def test_a_large_batch_is_decoded_off_the_loop_with_the_same_answer(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            batch = [tie(f"f-{number}", f"M-{number}") for number in range(1_000)]
            found = await record_facts(services, principal, "core-banking", batch)
            assert len(found.results) == 1_000 and all(isinstance(one, Recorded) for one in found.results)

    asyncio.run(use())


@pytest.mark.parametrize(("source", "number", "path"), [("Bad Source", 1, "source"), ("core", 0, "facts"), ("core", 1_001, "facts")])
def test_a_wrong_batch_is_refused_as_a_whole(tmp_path, source, number, path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            with pytest.raises(InvalidInput) as caught:
                await record_facts(services, principal, source, [tie(f"f-{place}") for place in range(number)])
            assert caught.value.problems[0].path == ("input", path)

    asyncio.run(use())


def test_facts_are_unavailable_while_the_graph_or_the_records_are_down_and_repeat_harmlessly(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore, FailingRecords) as services:
            principal = await service_of(services)
            services.graph.down = True
            with pytest.raises(Unavailable):
                await record_facts(services, principal, "core", [tie("f-1")])
            services.graph.down = False
            services.records.down = "write"
            with pytest.raises(Unavailable):
                await record_facts(services, principal, "core", [tie("f-1")])
            services.records.down = ""
            found = await record_facts(services, principal, "core", [tie("f-1")])
            assert isinstance(found.results[0], Repeated)
            assert len(await entries(services)) == 1

    asyncio.run(use())


def outcome(key: str = "key-00000009", loan: str = "L-1", **more: Any) -> OutcomeRequest:
    return OutcomeRequest(key, {"key": loan}, more.pop("outcome", "DEFAULTED"), **more)


def test_an_outcome_is_recorded_once_for_its_key(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            loan = services.sealers(BANK.id).entity_id(EntityKind.LOAN, "L-1")
            for _ in range(3):
                assert await record_outcome(services, principal, outcome()) == loan
            moment = await services.graph.now(BANK.id)
            kept = (await services.graph.entities(BANK.id, [loan], moment))[loan]
            assert kept.fields["state"] == LoanState.DEFAULTED
            facts = await services.graph.facts(BANK.id, loan, moment, first=10)
            assert [fact.kind for fact in facts.items].count("OUTCOME_KNOWN") == 1
            assert await entries(services) == [("loan assessed", principal.id), ("outcome recorded", principal.id)]
            with pytest.raises(IdempotencyConflict):
                await record_outcome(services, principal, outcome(outcome="REPAID"))
            assert await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id), institution=BANK.id) == 2

    asyncio.run(use())


def test_an_outcome_of_an_unknown_loan_is_refused_and_creates_nothing(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            mine, theirs = await service_of(services), await service_of(services, OTHER)
            await assess(services, theirs, request())
            their_loan = services.sealers(OTHER.id).entity_id(EntityKind.LOAN, "L-1")
            for reference in ({"key": "L-1"}, {"id": their_loan}, {"id": "loa_" + "a" * 24}):
                with pytest.raises(Unknown) as caught:
                    await record_outcome(services, mine, OutcomeRequest("key-00000009", reference, "REPAID"))
                assert caught.value.path[:2] == ("input", "loan")
            assert await entries(services) == []

    asyncio.run(use())


def test_a_wrong_value_of_an_outcome_is_named_below_the_input_and_the_key_stays_free(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            with pytest.raises(InvalidInput) as caught:
                await record_outcome(services, principal, outcome(loss={"amount": -1, "currency": "CNY"}))
            assert caught.value.problems[0].path[:2] == ("input", "loss")
            with pytest.raises(InvalidInput) as caught:
                await record_outcome(services, principal, outcome(occurred_at=2**60))
            assert caught.value.problems[0].path == ("input", "occurredAt")
            await record_outcome(services, principal, outcome())

    asyncio.run(use())


def test_an_outcome_is_unavailable_while_a_part_is_down_and_its_retry_repeats_the_same_fact(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore, FailingRecords) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            services.records.down = "write"
            with pytest.raises(Unavailable):
                await record_outcome(services, principal, outcome())
            services.records.down = ""
            services.graph.down = True
            with pytest.raises(Unavailable):
                await record_outcome(services, principal, outcome())
            services.graph.down = False
            loan = await record_outcome(services, principal, outcome())
            facts = await services.graph.facts(BANK.id, loan, await services.graph.now(BANK.id), first=10)
            assert [fact.kind for fact in facts.items].count("OUTCOME_KNOWN") == 1

    asyncio.run(use())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While another process, here another connection, holds a file's write lock."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@A_FILE_IS_LOCKED
def test_a_real_lock_is_unavailable_within_a_second_also_for_who_waits_behind_another(tmp_path, file):
    async def use() -> None:
        async with running(tmp_path, records_timeout=0.8) as services:
            principal = await service_of(services)

            async def send(number: int) -> float:
                await asyncio.sleep(number * 0.1)
                begun = time.perf_counter()
                with pytest.raises(Unavailable):
                    await record_facts(services, principal, "core", [tie(f"f-{number}")])
                return time.perf_counter() - begun

            with locked(services.settings.data / file):
                waited = await asyncio.gather(*(send(number) for number in range(3)))
            assert max(waited) < 1.0
            found = await record_facts(services, principal, "core", [tie("f-0"), tie("f-9")])
            assert not any(isinstance(one, Refused) for one in found.results)

    asyncio.run(use())


@A_FILE_IS_LOCKED
def test_an_outcome_under_a_real_lock_ends_within_its_lease_and_its_retry_has_one_effect(tmp_path, file):
    async def use() -> None:
        # Without bounds of their own for graph and records only what is left of the call ends it.
        patient: dict[str, Any] = {"graph_lock_seconds": 30.0, "records_lock_seconds": 30.0}
        async with running(tmp_path, decision_seconds=0.3, claim_seconds=0.5, **patient) as services:
            principal = await service_of(services)
            assessed = await assess_surely(services, principal)
            with locked(services.settings.data / file):
                begun = time.perf_counter()
                with pytest.raises(Unavailable):
                    await record_outcome(services, principal, outcome())
                assert time.perf_counter() - begun < 0.7
            await asyncio.sleep(0.5)
            loan = await record_outcome(services, principal, outcome())
            assert loan == assessed
            facts = await services.graph.facts(BANK.id, loan, await services.graph.now(BANK.id), first=10)
            assert [fact.kind for fact in facts.items].count("OUTCOME_KNOWN") == 1
            assert (await entries(services)).count(("outcome recorded", principal.id)) == 1

    asyncio.run(use())


async def assess_surely(services: Any, principal: Any) -> str:
    """The loan of a decision, however busy the machine is."""
    for _ in range(20):
        try:
            return (await assess(services, principal, request())).decision.dossier.application.loan
        except (Unavailable, IdempotencyInProgress):
            await asyncio.sleep(0.1)
    raise AssertionError("no decision in 20 tries")
