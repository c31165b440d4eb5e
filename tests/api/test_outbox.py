"""The outbox tells of everything that happened, once, in the order of commits, and of nothing that did not."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import pytest
from sqlalchemy import Connection

from api import audit, outbox
from api.assessing import assess
from api.jobs.working import keep_house
from api.outbox import CursorExpired, Event, Told
from graph.errors import InvalidInput
from tests.api.opened import BANK, NOW, OTHER, connected, open_test_records
from tests.api.running import FailingStore, request, running, service_of, wait_for_jobs

pytestmark = pytest.mark.usefixtures("each_engine")


def audit_key(_institution: str) -> bytes:
    return b"k" * 32


def happen(connection: Connection, number: int, institution: str = BANK.id, *, fails: bool = False) -> int:
    """An event in the transaction of an audit entry."""
    sequence = audit.append(connection, audit_key, audit.Event(institution, NOW + number, "pri_1", "loan assessed"))
    outbox.append(connection, sequence, Event(institution, NOW + number, outbox.DECISION_MADE, f"dec_{number}"))
    if fails:
        raise ValueError("undone")
    return sequence


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        yield opened


async def told(services: Any, institution: str = BANK.id) -> list[Told]:
    return list(await services.records.read(lambda c: outbox.after(c, institution, 0), institution=institution))


def test_a_decision_and_one_made_again_are_told_in_order_with_why(tmp_path):
    async def use() -> None:
        async with running(tmp_path, FailingStore) as services:
            principal = await service_of(services)
            services.graph.down = True
            first = (await assess(services, principal, request())).decision
            assert not (await assess(services, principal, request())).decision.replaced_by, "a repeat is no event"
            services.graph.down = False
            await wait_for_jobs(services)
            found = await told(services)
            assert [(one.event.kind, one.event.cause) for one in found] == [("decision made", None), ("decision made", "SOURCE_RECOVERED")]
            assert found[0].event.subject == first.id != found[1].event.subject
            assert await told(services, OTHER.id) == []

    asyncio.run(use())


def test_readers_who_follow_while_workers_write_at_once_miss_nothing_and_hear_nothing_twice(tmp_path):
    async def use() -> tuple[list[str], list[str]]:
        with open_test_records(tmp_path) as first, open_test_records(tmp_path) as second:
            writing = [
                (first, second)[number % 2].write(partial(happen, number=number, fails=number % 7 == 0), institution=BANK.id)
                for number in range(200)
            ]
            done = asyncio.gather(*writing, return_exceptions=True)
            heard: list[str] = []
            place, over = 0, False
            while not over:
                over = done.done()
                news = await first.read(partial(outbox.after, institution=BANK.id, number=place, most=7), institution=BANK.id)
                heard += [one.event.subject for one in news]
                place = news[-1].number if news else place
                over = over and not news
            acknowledged = [f"dec_{number}" for number, one in enumerate(await done) if isinstance(one, int)]
            return heard, acknowledged

    heard, acknowledged = asyncio.run(use())
    assert sorted(heard) == sorted(acknowledged) == sorted(f"dec_{number}" for number in range(200) if number % 7)


def test_a_cursor_leads_to_the_next_event_for_seven_days(connection):
    for number in range(3):
        happen(connection, number)
    first, second, _ = outbox.after(connection, BANK.id, 0)
    assert outbox.after(connection, BANK.id, outbox.place(connection, BANK.id, first.cursor, NOW), 1) == [second]
    with pytest.raises(CursorExpired):
        outbox.place(connection, BANK.id, first.cursor, NOW + outbox.KEPT)
    assert outbox.remove_old(connection, BANK.id, NOW + outbox.KEPT) == 1
    with pytest.raises(CursorExpired):
        outbox.place(connection, BANK.id, first.cursor, NOW)
    assert outbox.newest(connection, BANK.id) == 3
    assert outbox.after(connection, BANK.id, outbox.newest(connection, BANK.id)) == []


@pytest.mark.parametrize("cursor", ["", "x", "é", "ZXZlbnQuMA", "ZXZlbnQuOTk", "b3RoZXIuMQ", "a" * 200])
def test_what_is_no_cursor_is_refused_by_name(connection, cursor):
    happen(connection, 1)
    with pytest.raises(InvalidInput) as caught:
        outbox.place(connection, BANK.id, cursor, NOW)
    assert caught.value.problems[0].path == ("after",)


def test_old_events_are_removed_with_the_daily_housekeeping(tmp_path):
    async def use() -> list[bool]:
        async with running(tmp_path) as services:
            await service_of(services)
            fresh = services.now() - NOW
            for number in (fresh - outbox.KEPT - 1, fresh):
                await services.records.write(partial(happen, number=number), institution=BANK.id)
            await keep_house(services)
            return [one.event.subject == f"dec_{fresh}" for one in await told(services)]

    assert asyncio.run(use()) == [True]
