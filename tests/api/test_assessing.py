"""One key, one decision, within a second, whatever part is down: each line of the table in the design."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from typing import Any

import pytest

from api import audit
from api.assessing import AssessRequest, Unavailable, assess
from api.folder import RECORDS_FILE
from api.idempotency import IdempotencyConflict, IdempotencyInProgress
from api.jobs.working import work_one
from graph.errors import Conflict, InvalidInput, Unknown
from rules.model import DecisionSource, DegradedCause, Verdict
from rules.records import decision as decision_by_id
from tests.api.opened import BANK, OTHER, SQLITE_ALONE
from tests.api.running import (
    KEY,
    FailingRecords,
    FailingStore,
    LateReading,
    application,
    counts,
    request,
    retried,
    running,
    service_of,
    wait_for_jobs,
)
from tests.settings import SOAK

pytestmark = pytest.mark.usefixtures("each_engine")

ONE = {"facts": 1, "decisions": 1, "entries": 1, "answers": 1, "jobs": 0}

KEYS = 1_000 if SOAK else 25
CALLS = 5


def test_a_decision_is_kept_with_its_answer_and_its_audit_entry(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            found = await assess(services, principal, request())
            kept = await services.records.read(
                lambda connection: decision_by_id(connection, BANK.id, found.decision.id), institution=BANK.id
            )
            assert kept == found.decision
            assert not found.replayed
            assert await counts(services, principal) == ONE
            assert await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id), institution=BANK.id) == 1

    asyncio.run(use())


def test_a_repeat_gives_the_first_answer_and_changes_nothing(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            first = await assess(services, principal, request())
            again = await assess(services, principal, request(deadline=100.0))
            assert (again.decision.id, again.replayed) == (first.decision.id, True)
            assert again.decision.judgement == first.decision.judgement
            assert await counts(services, principal) == ONE

    asyncio.run(use())


def test_another_input_under_the_key_is_a_conflict_and_does_nothing(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            with pytest.raises(IdempotencyConflict):
                await assess(services, principal, request(loan="L-2"))
            assert await counts(services, principal) == ONE
            assert (await counts(services, principal, "L-2"))["facts"] == 0

    asyncio.run(use())


def test_the_same_key_of_another_institution_is_another_key(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            mine, theirs = await service_of(services), await service_of(services, OTHER)
            first = await assess(services, mine, request())
            second = await assess(services, theirs, request())
            assert not second.replayed
            ours, others = first.decision.dossier.application, second.decision.dossier.application
            assert {ours.loan, ours.merchant}.isdisjoint({others.loan, others.merchant})
            assert await counts(services, mine) == await counts(services, theirs) == ONE

    asyncio.run(use())


def test_many_calls_with_one_key_at_once_have_one_effect(tmp_path):
    async def call(services: Any, principal: Any, number: int) -> str:
        key, loan = f"key-{number:08d}", f"L-{number}"
        while True:
            try:
                return (await assess(services, principal, request(key, loan))).decision.id
            except (IdempotencyInProgress, Unavailable):
                await asyncio.sleep(0.02)

    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            for start in range(0, KEYS, 5):
                numbers = [number for number in range(start, min(start + 5, KEYS)) for _ in range(CALLS)]
                ids = await asyncio.gather(*(call(services, principal, number) for number in numbers))
                assert len(set(ids)) == len(set(numbers))
            for number in (0, KEYS - 1):
                found = await counts(services, principal, f"L-{number}")
                assert (found["facts"], found["decisions"], found["entries"]) == (1, 1, 1)
            written = "SELECT (SELECT count(*) FROM decisions), (SELECT count(*) FROM audit_entries)"
            assert tuple(await services.records.read(lambda c: c.exec_driver_sql(written).one(), institution=BANK.id)) == (KEYS, KEYS)

    asyncio.run(use())


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"application": application(termDays=0)}, ("input", "application", "termDays")),
        ({"application": application(amount={"amount": 1, "currency": "USD"})}, ("input", "application", "amount", "currency")),
        ({"facts": [{"id": "f-1", "occurredAt": 1, "content": {}}]}, ("input", "facts", "0", "content")),
        ({"facts": [{}] * 101}, ("input", "facts")),
        ({"source": "Not A Source"}, ("input", "source")),
        ({"deadline": 99.0}, ("input", "deadline")),
        ({"deadline": 901.0}, ("input", "deadline")),
        ({"idempotency_key": "short"}, ("idempotencyKey",)),
        ({"applied_at": 2**52}, ("input", "appliedAt")),
    ],
)
def test_a_wrong_input_is_refused_with_its_path_and_the_key_stays_free(tmp_path, wrong, path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            given: dict[str, Any] = {"idempotency_key": KEY, "application": application(), **wrong}
            with pytest.raises(InvalidInput) as caught:
                await assess(services, principal, AssessRequest(**given))
            assert caught.value.problems[0].path == path
            await assess(services, principal, request())
            assert await counts(services, principal) == ONE

    asyncio.run(use())


def test_an_unknown_id_and_a_conflict_refuse_the_call_with_their_paths_and_record_nothing(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            with pytest.raises(Unknown) as unknown:
                await assess(services, principal, AssessRequest(KEY, application(merchant="x") | {"merchant": {"id": "mer_" + "a" * 24}}))
            assert unknown.value.path[:3] == ("input", "application", "merchant")
            now = services.now()

            def fact(owner: str) -> dict[str, Any]:
                tie = {"from": {"person": owner}, "kind": "OWNS", "to": {"merchant": "M-1"}}
                return {"id": "f-1", "occurredAt": now - 1, "content": {"tieObserved": tie}}

            await assess(services, principal, AssessRequest("key-00000002", application("L-2"), facts=[fact("P-1")]))
            with pytest.raises(Conflict) as conflict:
                await assess(services, principal, AssessRequest(KEY, application(), facts=[fact("P-2")]))
            assert conflict.value.path[:3] == ("input", "facts", "0")
            assert (await counts(services, principal))["facts"] == 0
            await assess(services, principal, request())

    asyncio.run(use())


def test_without_an_applicant_the_owner_takes_the_place(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            tie = {"from": {"person": "P-1"}, "kind": "OWNS", "to": {"merchant": "M-1"}}
            fact = {"id": "f-1", "occurredAt": services.now() - 1000, "content": {"tieObserved": tie}}
            found = await assess(services, principal, request(facts=[fact]))
            applicant = found.decision.dossier.application.applicant
            assert applicant is not None and applicant.startswith("per_")

    asyncio.run(use())


@pytest.mark.parametrize("fault", ["down", "hangs"])
def test_graph_down_is_a_referral_and_the_application_is_decided_again_once_when_it_is_back(tmp_path, fault):
    async def use() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            store = services.graph
            assert isinstance(store, FailingStore)
            setattr(store, fault, True)
            begun = time.perf_counter()
            first = await assess(services, principal, request())
            assert time.perf_counter() - begun < 1.0
            decision = first.decision
            assert decision.judgement.verdict is Verdict.REFER
            assert "DEGRADED" in {reason.code for reason in decision.judgement.reasons}
            causes = {one.source: one.cause for one in decision.dossier.unread}
            assert causes == {DecisionSource.GRAPH: DegradedCause.UNREACHABLE if fault == "down" else DegradedCause.TIMED_OUT}
            assert (await counts(services, principal))["jobs"] == 1
            assert not (await work_one(services)) if fault == "down" else True
            setattr(store, fault, False)
            await wait_for_jobs(services)
            assert await counts(services, principal) == {"facts": 1, "decisions": 2, "entries": 2, "answers": 1, "jobs": 0}
            again = await assess(services, principal, request())
            assert again.decision.id == decision.id
            assert again.decision.replaced_by is not None
            replacing = await services.records.read(
                lambda c: decision_by_id(c, BANK.id, again.decision.replaced_by or ""), institution=BANK.id
            )
            assert replacing is not None and replacing.dossier.unread == ()
            assert replacing.dossier.application.at == decision.dossier.application.at

    asyncio.run(use())


def test_what_waits_is_sealed(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            services.graph.down = True
            await assess(services, principal, request())
        kept = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.db*"))
        assert b"13800138000" not in kept

    asyncio.run(use())


def test_a_graph_that_records_and_does_not_answer_is_a_referral_that_is_decided_again(tmp_path):
    async def use() -> None:
        async with running(tmp_path, LateReading) as services:
            principal = await service_of(services)
            begun = time.perf_counter()
            first = await assess(services, principal, request())
            assert time.perf_counter() - begun < 1.0
            assert first.decision.judgement.verdict is Verdict.REFER
            services.graph.late = False
            await wait_for_jobs(services)
            assert await counts(services, principal) == {"facts": 1, "decisions": 2, "entries": 2, "answers": 1, "jobs": 0}

    asyncio.run(use())


def test_a_shorter_deadline_shares_out_in_proportion(tmp_path):
    async def use() -> float:
        async with running(tmp_path, LateReading) as services:
            principal = await service_of(services)
            begun = time.perf_counter()
            found = await assess(services, principal, request(deadline=200.0))
            waited = found.decision.dossier.unread[0].waited
            assert 60 < waited < 250
            return time.perf_counter() - begun

    assert asyncio.run(use()) < 0.5


def test_an_application_that_the_graph_refuses_later_ends_its_job_and_the_first_decision_stands(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            services.graph.down = True
            unknown = application() | {"merchant": {"id": "mer_" + "a" * 24}}
            first = await assess(services, principal, AssessRequest(KEY, unknown))
            services.graph.down = False
            await wait_for_jobs(services)
            found = await counts(services, principal)
            assert (found["facts"], found["decisions"], found["jobs"]) == (0, 1, 0)
            again = await assess(services, principal, AssessRequest(KEY, unknown))
            assert again.decision.id == first.decision.id and again.decision.replaced_by is None

    asyncio.run(use())


def test_the_breaker_leaves_a_failing_graph_alone(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore, breaker_failures=2, breaker_seconds=60.0) as services:
            principal = await service_of(services)
            services.graph.down = True
            for number in range(2):
                await assess(services, principal, request(f"key-0000000{number}", f"L-{number}"))
            asked = services.graph.asked
            found = await assess(services, principal, request("key-00000009", "L-9"))
            assert services.graph.asked == asked
            assert found.decision.dossier.unread[0].cause is DegradedCause.UNREACHABLE
            assert found.decision.judgement.verdict is Verdict.REFER

    asyncio.run(use())


@pytest.mark.parametrize("hangs", [False, True])
@pytest.mark.parametrize("what", ["all", "claim", "write"])
def test_records_down_is_unavailable_within_a_second_and_the_retry_has_one_effect(tmp_path, what, hangs):
    async def use() -> None:
        async with running(tmp_path, runner=FailingRecords) as services:
            principal = await service_of(services)
            records = services.records
            assert isinstance(records, FailingRecords)
            records.down, records.hangs = what, hangs
            begun = time.perf_counter()
            with pytest.raises(Unavailable) as caught:
                await assess(services, principal, request())
            assert time.perf_counter() - begun < 1.0
            assert caught.value.retry_after > 0
            records.down = ""
            assert (await counts(services, principal))["decisions"] == 0
            found = await retried(services, principal)
            assert not found.replayed
            assert await counts(services, principal) == ONE

    asyncio.run(use())


def test_history_unread_alone_is_said_and_decided_again(tmp_path):
    async def use() -> None:
        async with running(tmp_path, runner=FailingRecords) as services:
            principal = await service_of(services)
            services.records.down = "read"
            found = await assess(services, principal, request())
            assert [one.source for one in found.decision.dossier.unread] == [DecisionSource.RECORDS]
            services.records.down = ""
            assert (await counts(services, principal))["jobs"] == ("DEGRADED" in {r.code for r in found.decision.judgement.reasons})

    asyncio.run(use())


@SQLITE_ALONE
def test_a_real_lock_on_the_records_is_unavailable_within_a_second(tmp_path):
    async def use() -> None:
        async with running(tmp_path, records_timeout=0.8) as services:
            principal = await service_of(services)
            other = sqlite3.connect(services.settings.data / RECORDS_FILE, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            begun = time.perf_counter()
            with pytest.raises(Unavailable):
                await assess(services, principal, request())
            assert time.perf_counter() - begun < 1.0
            other.execute("ROLLBACK")
            other.close()
            await retried(services, principal)
            assert await counts(services, principal) == ONE

    asyncio.run(use())


def test_a_caller_that_goes_away_leaves_no_claim_behind(tmp_path):
    async def use() -> None:
        async with running(tmp_path, LateReading) as services:
            principal = await service_of(services)
            task = asyncio.create_task(assess(services, principal, request()))
            await asyncio.sleep(0.2)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            services.graph.late = False
            await asyncio.sleep(0.1)
            found = await assess(services, principal, request())
            assert not found.replayed
            assert await counts(services, principal) == ONE

    asyncio.run(use())


def test_times_and_cost_are_told(tmp_path):
    async def use() -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            decision = (await assess(services, principal, request())).decision
            timing = decision.timing
            parts = timing.facts + timing.graph + timing.signals + timing.rules + timing.records
            assert 0 < parts <= timing.total < 1_000
            assert decision.cpu > 0 and decision.micros >= 1 and decision.read >= 2

    asyncio.run(use())
