"""PostgreSQL refused, silent, slow, cut off and restarted: what each costs, and that everything works again by itself."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import pytest
from sqlalchemy import Connection

from api import audit, idempotency, queue
from api.assessing import Unavailable, assess
from api.auth.throttling import Throttle
from api.idempotency import Claim, IdempotencyInProgress, Intent
from api.postgres import server_engine
from api.records import Bounds, Records, RecordsUnavailable
from tests.api.opened import BANK, NOW, OTHER
from tests.api.running import counts, request, running, service_of
from tests.proxy import Proxy, proxy
from tests.servers import APP, SUPERUSER, Database, postgres

T = TypeVar("T")

SILENCE = 0.35
"""What a server that is refused or silent may cost, in seconds."""

SLACK = 0.25
"""What a busy machine adds."""


@pytest.fixture
def way(database: Database) -> Iterator[Proxy]:
    with proxy(database.port) as found:
        yield found


def opened(database: Database, way: Proxy | None = None, seconds: float = SILENCE, **bounds: Any) -> Records:
    """Records through the proxy, with the bounds of a deployment."""
    there = database if way is None else database.through(way.port)
    engine = server_engine(there.url(), database.server.secret(APP), seconds, 0.5)
    return Records(engine, Bounds(**bounds))


def scene(records: Records, use: Callable[[Records], Awaitable[T]]) -> T:
    async def play() -> T:
        try:
            return await use(records)
        finally:
            await asyncio.to_thread(records.close)

    return asyncio.run(play())


def note(number: int, institution: str = BANK.id) -> Callable[[Connection], int]:
    """A durable write that a later read finds."""
    event = audit.Event(institution, NOW + number, f"pri_{number}", "noted")
    return partial(audit.append, keys=audit_key, event=event)


def audit_key(_institution: str) -> bytes:
    return b"k" * 32


async def costs(call: Callable[[], Awaitable[object]]) -> float:
    """Seconds that a refused call took."""
    begun = time.perf_counter()
    with pytest.raises(RecordsUnavailable):
        await call()
    return time.perf_counter() - begun


async def recovers(call: Callable[[], Awaitable[T]], within: float = 5.0) -> tuple[T, float]:
    """The first answer, and the seconds until it."""
    begun = time.perf_counter()
    while True:
        try:
            return await call(), time.perf_counter() - begun
        except (RecordsUnavailable, Unavailable, IdempotencyInProgress):
            assert time.perf_counter() - begun < within
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("known", [False, True], ids=["at the first call", "after calls that worked"])
@pytest.mark.parametrize("how", ["refused", "silent"])
def test_a_server_that_is_gone_costs_350_ms_once_and_nothing_while_it_is_left_alone(database, way, how, known):
    async def use(records: Records) -> None:
        if known:
            for call in (records.write, records.claim, records.read):
                await call(lambda c: c.exec_driver_sql("SELECT 1").scalar())
        if how == "refused":
            way.refuse()
        else:
            way.deaf = True
        begun = time.perf_counter()
        calls = [records.write, records.claim, records.read] * 10
        spent = await asyncio.gather(*(costs(partial(call, note(1), institution=BANK.id)) for call in calls))
        assert max(spent) < SILENCE + SLACK
        assert time.perf_counter() - begun < SILENCE + SLACK, "they are refused together"
        assert await costs(lambda: records.write(note(1), institution=BANK.id)) < 0.05, "it is left alone for a moment"
        if how == "refused":
            way.listen()
        way.deaf = False
        _, seconds = await recovers(lambda: records.write(note(2), institution=BANK.id))
        assert seconds < 5
        await recovers(records.ready)

    scene(opened(database, way), use)


def test_a_server_that_was_restarted_costs_nobody_a_refusal(postgres_server):
    with postgres() as server:
        database = server.database()

        async def use(records: Records) -> int:
            for call in (records.write, records.claim, records.read):
                await call(lambda c: c.exec_driver_sql("SELECT 1").scalar(), 10)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            for call in (records.claim, records.read, records.write):
                await call(lambda c: c.exec_driver_sql("SELECT 1").scalar(), 10)
            return await records.write(note(1), 10, institution=BANK.id)

        assert scene(opened(database, seconds=5), use) == 1


@pytest.mark.parametrize("state", ["refused", "silent"])
def test_connecting_is_bounded_to_the_millisecond_and_not_to_whole_seconds(database, way, state):
    if state == "silent":
        way.deaf = True
    else:
        way.refuse()
    engine = server_engine(database.through(way.port).url(), database.server.secret(APP), 0.2, 0.5)
    begun = time.perf_counter()
    with pytest.raises(Exception, match=r"refused|did not answer within 200 ms"):
        engine.connect()
    assert time.perf_counter() - begun < 0.2 + SLACK


def test_an_answer_that_is_cut_off_in_the_middle_is_unavailable_and_the_next_call_works(database, way):
    async def use(records: Records) -> int:
        await records.write(note(1), institution=BANK.id)
        way.cut_answers = 1
        with pytest.raises(RecordsUnavailable):
            await records.read(lambda c: c.exec_driver_sql("SELECT repeat('x', 1000000)").scalar())
        return (await recovers(lambda: records.write(note(2), institution=BANK.id)))[0]

    assert scene(opened(database, way, seconds=5), use) in (2, 3)


def test_a_lock_that_another_holds_is_told_from_a_silent_server_and_nobody_else_waits(database):
    async def use(records: Records) -> None:
        await records.write(note(1), institution=BANK.id)
        with database.connect(SUPERUSER) as other:
            other.execute("BEGIN")
            other.execute("SELECT * FROM audit_heads FOR UPDATE")
            begun = time.perf_counter()
            with pytest.raises(RecordsUnavailable, match="another process holds the lock"):
                await records.write(note(2), institution=BANK.id)
            assert time.perf_counter() - begun < SILENCE + SLACK
            await records.write(note(3, OTHER.id), institution=OTHER.id)
            other.execute("ROLLBACK")
        assert await records.write(note(2), institution=BANK.id) == 2

    scene(opened(database), use)


def test_a_transaction_whose_process_is_gone_in_silence_lets_go_of_its_locks_within_five_seconds(database, way):
    def stuck(connection: Connection) -> None:
        note(1)(connection)
        way.deaf = True  # from here on nothing reaches the server, not even that we are gone
        note(2)(connection)

    async def use() -> None:
        first, second = opened(database, way), opened(database)
        with pytest.raises(RecordsUnavailable):
            await first.write(stuck, institution=BANK.id)
        _, seconds = await recovers(lambda: second.write(note(3), institution=BANK.id))
        assert seconds < 5
        for one in (first, second):
            await asyncio.to_thread(one.close)

    asyncio.run(use())


def test_groups_of_several_workers_never_lock_each_other_out(database):
    names = [f"bank-{number}" for number in range(6)]
    drawn = random.Random(1).choices(names, k=300)

    async def use() -> list[object]:
        workers = [opened(database, seconds=10, timeout=20, lock_seconds=8) for _ in range(3)]
        works = []
        for number in range(300):
            name = drawn[number]
            event = audit.Event(name, NOW, f"pri_{number}", "noted")
            works.append(workers[number % 3].write(partial(audit.append, keys=audit_key, event=event), institution=name))
        found: list[object] = list(await asyncio.gather(*works, return_exceptions=True))
        for name in names:
            length = await workers[0].read(partial(audit.verify, keys=audit_key, institution=name), institution=name)
            assert length == drawn.count(name)
        for one in workers:
            await asyncio.to_thread(one.close)
        return [one for one in found if isinstance(one, BaseException)]

    assert asyncio.run(use()) == []


def test_of_calls_of_several_workers_with_one_key_at_once_one_holds_it(database):
    def claim(number: int) -> Callable[[Connection], Any]:
        wanted = Intent(BANK.id, "assessLoan", f"key-{number:08d}", b"one")
        return lambda connection: idempotency.claim(connection, wanted, NOW, lease=10_000, days=30)

    async def use() -> None:
        workers = [opened(database, seconds=10, timeout=20) for _ in range(3)]
        for number in range(40):
            calls = [worker.claim(claim(number), institution=BANK.id) for worker in workers for _ in range(3)]
            found = await asyncio.gather(*calls, return_exceptions=True)
            assert sum(isinstance(one, Claim) for one in found) == 1
            assert sum(isinstance(one, IdempotencyInProgress) for one in found) == len(found) - 1
        for one in workers:
            await asyncio.to_thread(one.close)

    asyncio.run(use())


def test_jobs_taken_by_several_workers_at_once_are_each_taken_once_and_none_is_passed_over(database):
    async def use() -> list[str | None]:
        workers = [opened(database, seconds=10, timeout=20) for _ in range(3)]
        for number in range(60):
            job = partial(queue.put, institution=BANK.id, kind="decide again", payload=b"sealed", now=NOW + number, most=100)
            await workers[0].write(job, institution=BANK.id)
        taking = [workers[number % 3].claim(lambda c: queue.take(c, NOW + 1_000, 60_000, {"decide again"})) for number in range(60)]
        found = await asyncio.gather(*taking)
        for one in workers:
            await asyncio.to_thread(one.close)
        return [None if job is None else job.id for job in found]

    taken = asyncio.run(use())
    assert None not in taken
    assert len(set(taken)) == 60


def test_guesses_at_several_workers_at_once_are_all_counted(database):
    throttle = Throttle(b"k" * 32, 3, 1_000, 60_000)

    def guess(connection: Connection) -> bool:
        if throttle.waits(connection, BANK.id, "li.na", "10.0.0.1", NOW):
            return False
        throttle.note(connection, BANK.id, "li.na", "10.0.0.1", NOW)
        return True

    async def use() -> int:
        workers = [opened(database, seconds=10, timeout=20) for _ in range(3)]
        found = await asyncio.gather(*(workers[number % 3].claim(guess) for number in range(90)))
        for one in workers:
            await asyncio.to_thread(one.close)
        return sum(found)

    assert asyncio.run(use()) == 3


@pytest.fixture
def through(database: Database, way: Proxy, monkeypatch: pytest.MonkeyPatch) -> Proxy:
    """Everything that the test opens has its records behind the proxy."""
    for name, value in database.through(way.port).environ().items():
        monkeypatch.setenv(name, value)
    return way


DEPLOYED: dict[str, Any] = {"records_silence_seconds": SILENCE, "records_timeout": 0.8}


@pytest.mark.parametrize("how", ["refused", "silent", "50 ms slower", "200 ms slower", "2 s slower"])
def test_a_decision_is_answered_within_a_second_and_is_made_once_when_the_server_is_back(tmp_path, through, how):
    async def use() -> None:
        async with running(tmp_path, **DEPLOYED) as services:
            principal = await service_of(services)
            if how == "refused":
                through.refuse()
            through.deaf = how == "silent"
            through.delay = {"50 ms slower": 0.05, "200 ms slower": 0.2, "2 s slower": 2.0}.get(how, 0.0)
            for _ in range(3):
                begun = time.perf_counter()
                found = (await asyncio.gather(assess(services, principal, request()), return_exceptions=True))[0]
                assert time.perf_counter() - begun < 1.0
                assert isinstance(found, (Unavailable, IdempotencyInProgress)) or how == "50 ms slower"
            if how == "refused":
                through.listen()
            through.deaf, through.delay = False, 0.0
            _, seconds = await recovers(lambda: assess(services, principal, request()))
            assert seconds < 5
            kept = await counts(services, principal)
            assert (kept["facts"], kept["decisions"], kept["entries"], kept["answers"]) == (1, 1, 1, 1)

    asyncio.run(use())


def test_answers_cut_off_anywhere_in_a_decision_give_one_effect(tmp_path, through):
    async def use() -> None:
        async with running(tmp_path, records_timeout=0.8) as services:
            principal = await service_of(services)
            for number in range(12):
                key, loan = f"key-{number:08d}", f"L-{number}"
                await asyncio.gather(assess(services, principal, request(key, loan)), _cut(through, number), return_exceptions=True)
                through.cut_answers = 0
                await recovers(partial(assess, services, principal, request(key, loan)))
                found = await counts(services, principal, loan)
                assert (found["facts"], found["decisions"], found["entries"]) == (1, 1, 1), number
            chain = await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id), institution=BANK.id)
            assert chain == 12

    asyncio.run(use())


async def _cut(way: Proxy, after: int) -> None:
    """Cut an answer off after so many more were passed on."""
    end = way.passed + after
    while way.passed < end:
        await asyncio.sleep(0)
    way.cut_answers = 1


def test_what_the_server_says_of_hosts_and_values_is_not_repeated(database):
    async def use(records: Records) -> str:
        with pytest.raises(RecordsUnavailable) as caught:
            await records.read(lambda c: c.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid()), 'secret value'"))
        return str(caught.value)

    said = scene(opened(database), use)
    assert "secret" not in said and "127.0.0.1" not in said and said.startswith("The records cannot be used now (")


def test_a_wrong_password_is_a_sentence_without_it(database):
    async def use(records: Records) -> str:
        with pytest.raises(RecordsUnavailable) as caught:
            await records.ready()
        return str(caught.value)

    engine = server_engine(database.url(), "not the password", SILENCE, 0.5)
    said = scene(Records(engine), use)
    assert "refuses the password" in said and "not the password" not in said
    assert "not the password" not in repr(engine) + str(engine.url)


MOST_TRIPS = 16
"""Round trips of a decision: 6 to claim its key and its loan, 3 to read its history, 5 to write it; one to spare."""


def test_a_decision_makes_few_round_trips(tmp_path, database, way, monkeypatch):
    for name, value in database.through(way.port).environ().items():
        monkeypatch.setenv(name, value)

    async def use() -> float:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request())
            await asyncio.sleep(0.2)
            before = way.passed
            for number in range(10):
                await assess(services, principal, request(f"key-{number + 10:08}", f"L-{number + 10}"))
            await asyncio.sleep(0.2)
            return float(way.passed - before) / 10

    assert asyncio.run(use()) <= MOST_TRIPS
