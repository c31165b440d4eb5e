"""`kill -9` while writes are acknowledged, with two workers: none lost, none doubled, and the audit chain whole."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.cli.calling import call
from tests.api.opened import BANK
from tests.api.running import counts, running, service_of
from tests.api.served import Server, free_port, prepared, served
from tests.settings import SOAK

pytestmark = pytest.mark.usefixtures("each_engine")

WRITES = 1_000 if SOAK else 60
"""Acknowledged writes of one round."""

ROUNDS = 20 if SOAK else 2
CALLERS = 8

ASSESS = """
mutation Assess($key: String!, $loan: String!) {
  assessLoan(idempotencyKey: $key, input: {
    application: {key: $loan, merchant: {key: "M-1"}, amount: {amount: "500000", currency: "CNY"}, termDays: 30}
  }) { __typename ... on UserError { code message } ... on AssessLoanSuccess { decision { id } } }
}
"""


async def assess(client: httpx.AsyncClient, number: int) -> str:
    """Assess a loan until it is acknowledged, as a careful caller does: with the same key, whatever happens."""
    while True:
        try:
            response = await client.post(
                "/graphql", json={"query": ASSESS, "variables": {"key": f"key-{number:08d}", "loan": f"L-{number}"}}
            )
            payload = response.json()["data"]["assessLoan"]
            if payload["__typename"] == "AssessLoanSuccess":
                return str(payload["decision"]["id"])
            assert payload["code"] in {"UNAVAILABLE", "IDEMPOTENCY_IN_PROGRESS"}, payload
        except (httpx.TransportError, ValueError, KeyError, TypeError):
            pass  # the worker died, or answers 503 while it stops
        await asyncio.sleep(0.05)


async def drive(server: Server, key: str, numbers: range, kill: Any) -> dict[int, str]:
    """Acknowledged ids by number; after half of them `kill` is called once."""
    acknowledged: dict[int, str] = {}
    waiting = list(numbers)
    headers, limits = {"Authorization": f"Bearer {key}"}, httpx.Limits(max_connections=CALLERS)
    async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=5, limits=limits) as client:

        async def caller() -> None:
            while waiting:
                number = waiting.pop()
                acknowledged[number] = await assess(client, number)
                if len(acknowledged) == len(numbers) // 2:
                    kill()

        await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return acknowledged


async def check(folder: Path, acknowledged: dict[int, str]) -> None:
    """Every acknowledged decision is there, once, with one fact, one entry and one answer."""
    async with running(folder) as services:
        principal = await service_of(services)
        kept = await services.records.read(lambda c: c.exec_driver_sql("SELECT id FROM decisions").scalars().all(), institution=BANK.id)
        assert sorted(kept) == sorted(acknowledged.values())
        entries = "SELECT count(*) FROM audit_entries WHERE action = 'loan assessed'"
        assert await services.records.read(lambda c: c.exec_driver_sql(entries).scalar(), institution=BANK.id) == len(acknowledged)
        for number in random.sample(sorted(acknowledged), min(20, len(acknowledged))):
            found = await counts(services, principal, f"L-{number}")
            assert (found["facts"], found["decisions"], found["entries"]) == (1, 1, 1), number


def test_a_killed_worker_and_a_killed_server_lose_and_double_nothing(tmp_path):
    data, key = prepared(tmp_path)
    port = free_port()
    acknowledged: dict[int, str] = {}
    for round_ in range(ROUNDS):
        numbers = range(round_ * WRITES, (round_ + 1) * WRITES)
        with served(data, "--workers", "2", port=port) as server:

            def kill_a_worker(server: Server = server) -> None:
                os.kill(random.choice(server.workers()), signal.SIGKILL)

            acknowledged |= asyncio.run(drive(server, key, numbers, kill_a_worker))
            os.killpg(server.process.pid, signal.SIGKILL)
    asyncio.run(check(tmp_path, acknowledged))
    assert len(acknowledged) == ROUNDS * WRITES
    found = call("audit", "verify", "--institution", BANK.id, data=data)
    assert found.code == 0, found.err
