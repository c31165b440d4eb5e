"""Webhooks tell each decision at least once, signed and with one id, to whom the institution named, and give up in the open."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import signal
import time
from functools import partial
from ipaddress import ip_address
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import webhooks
from api.assessing import assess
from api.jobs.delivering import start
from api.posting import NotPosted, Poster, check_url, is_public
from graph.errors import InvalidInput
from tests.api.cli.calling import call
from tests.api.opened import BANK, asked
from tests.api.receiving import Message, Receiver, receiving
from tests.api.running import request, running, service_of
from tests.api.served import prepared, served
from tests.api.test_sockets import assess as assess_over_http


async def add(services: Any, url: str) -> tuple[webhooks.Webhook, bytes]:
    key = webhooks.new_key()
    sealed = services.vault.seal_bytes(BANK.id, webhooks.SECRET, key)
    now = services.now()
    made = await services.records.write(lambda c: webhooks.add(c, BANK.id, url, sealed, now), institution=BANK.id)
    return made, key


async def look(services: Any) -> None:
    """One look for what is to be told, and all that comes of it."""
    poster, tasks = Poster(services.settings.webhook_seconds, private=True), {}  # type: ignore[var-annotated]
    await start(services, poster, tasks)
    await asyncio.gather(*tasks.values())
    await poster.close()


def rightly_signed(message: Message, key: bytes) -> bool:
    """As a receiver checks it, by the text of Standard Webhooks."""
    said = f"{message.id}.{message.headers['webhook-timestamp']}.".encode() + message.body
    wanted = base64.b64encode(hmac.new(key, said, hashlib.sha256).digest()).decode()
    fresh = abs(time.time() - int(message.headers["webhook-timestamp"])) < 300
    return fresh and hmac.compare_digest(message.headers["webhook-signature"], f"v1,{wanted}")


@pytest.mark.usefixtures("each_engine")
def test_a_decision_is_told_once_signed_and_without_anything_personal(tmp_path):
    async def use(receiver: Receiver) -> None:
        async with running(tmp_path) as services:
            principal = await service_of(services)
            await assess(services, principal, request("key-before-1", "L-0"))
            _, key = await add(services, receiver.url)
            made = (await assess(services, principal, request())).decision
            for _ in range(3):
                await look(services)
            (message,) = receiver.heard
            assert rightly_signed(message, key) and not rightly_signed(Message(message.headers, message.body + b" "), key)
            body = orjson.loads(message.body)
            assert body["type"] == "decision.made" and body["data"]["decision"]["id"] == made.id
            assert body["data"]["decision"]["verdict"] == str(made.judgement.verdict) and body["data"]["again"] is None
            for personal in (b"138", b"L-1", b"M-1", b"500000"):
                assert personal not in message.body

    with receiving() as receiver:
        asyncio.run(use(receiver))


@pytest.mark.usefixtures("each_engine")
def test_what_a_receiver_refuses_is_tried_again_with_growing_waits_then_dead_and_replayed(tmp_path):
    async def use(receiver: Receiver) -> None:
        async with running(tmp_path, webhook_attempts=3) as services:
            principal = await service_of(services)
            hook, _ = await add(services, receiver.url)
            await assess(services, principal, request())
            receiver.status = 503
            waits = []
            for _ in range(3):
                await look(services)
                rows = asked(services.settings.data, "SELECT due_at, attempts, problem FROM deliveries")
                waits.append(rows[0][0] - services.now())
                await look(services)
                assert len(receiver.heard) == rows[0][1], "it is not tried before it is due"
                assert rows[0][2] == "HTTP_503"
                asked_due(services)
            assert 3_000 < waits[0] < 7_000 and 13_000 < waits[1] < 27_000
            await look(services)
            assert len(receiver.heard) == 3, "it is dead"
            (given_up,) = await services.records.read(partial(webhooks.dead, institution=BANK.id), institution=BANK.id)
            assert (given_up.problem, given_up.attempts) == ("HTTP_503", 3)
            receiver.status = 200
            now = services.now()
            again = partial(webhooks.replay, institution=BANK.id, id=hook.id, now=now)
            assert await services.records.write(again, institution=BANK.id) == 1
            await look(services)
            assert len({one.id for one in receiver.heard}) == 1 and len({one.body for one in receiver.heard}) == 1
            assert len(receiver.heard) == 4
            since = partial(webhooks.replay, institution=BANK.id, id=hook.id, now=now, since=0)
            assert await services.records.write(since, institution=BANK.id) == 1
            await look(services)
            assert len(receiver.heard) == 5

    def asked_due(services: Any) -> None:
        asked(services.settings.data, "UPDATE deliveries SET due_at = 0")

    with receiving() as receiver:
        asyncio.run(use(receiver))


@pytest.mark.usefixtures("each_engine")
def test_two_workers_at_once_tell_each_event_once(tmp_path):
    async def use(receiver: Receiver) -> None:
        async with running(tmp_path) as first, running(tmp_path) as second:
            principal = await service_of(first)
            await add(first, receiver.url)
            for number in range(10):
                await assess(first, principal, request(f"key-{number:08}", f"L-{number}"))
            for _ in range(3):
                await asyncio.gather(look(first), look(second))
            assert sorted(one.id for one in receiver.heard) == sorted({one.id for one in receiver.heard})
            assert len(receiver.heard) == 10

    with receiving() as receiver:
        asyncio.run(use(receiver))


def test_a_slow_receiver_holds_up_itself_alone(tmp_path):
    async def use(slow: Receiver, quick: Receiver) -> None:
        async with running(tmp_path, webhook_seconds=0.3) as services:
            principal = await service_of(services)
            await add(services, slow.url)
            await add(services, quick.url)
            for number in range(3):
                await assess(services, principal, request(f"key-{number:08}", f"L-{number}"))
            slow.delay = 1.0
            await look(services)
            assert (len(slow.heard), len(quick.heard)) == (1, 3)
            assert {row[0] for row in asked(services.settings.data, "SELECT problem FROM deliveries")} == {None, "TIMED_OUT"}

    with receiving() as slow, receiving() as quick:
        asyncio.run(use(slow, quick))


def test_a_killed_server_tells_what_it_had_committed_when_it_is_back(tmp_path, monkeypatch):
    monkeypatch.setenv("RINGFENCE_WEBHOOK_PRIVATE", "1")
    data, key = prepared(tmp_path)
    made = []
    with receiving() as receiver:
        found = call("webhooks", "add", "--institution", "rural-bank", "--url", receiver.url, data=data)
        assert found.code == 0 and "whsec_" in found.out, found.err
        # It looks for events no sooner than in an hour: what it commits is not told before it is killed.
        monkeypatch.setenv("RINGFENCE_WEBHOOK_PAUSE_SECONDS", "3600")
        with served(data) as server:
            made = [asyncio.run(assess_over_http(server.port, key, number)) for number in range(5)]
            os.kill(server.process.pid, signal.SIGKILL)
            server.process.wait(10)
        assert receiver.heard == []
        monkeypatch.setenv("RINGFENCE_WEBHOOK_PAUSE_SECONDS", "0.1")
        receiver.delay = 0.2
        with served(data, "--workers", "2") as server:
            receiver.wait_for(2)
            for worker in server.workers():  # in the middle of delivering
                os.kill(worker, signal.SIGKILL)
        receiver.delay = 0.0
        asked(data, "UPDATE deliveries SET lease_until = 0")
        with served(data):
            receiver.wait_for(5, 30)
        told = [orjson.loads(one.body)["data"]["decision"]["id"] for one in receiver.heard]
        assert set(told) == set(made)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x",
        "ftp://example.com/x",
        "https://user@example.com/",
        "https://example.com/#x",
        "https:///x",
        "https://example.com:99999/",
        "https://localhost/",
        "https://db.internal/",
        "https://127.0.0.1/",
        "https://10.1.2.3/",
        "https://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://example.com/ x",
        "https://" + "a" * 500,
    ],
)
def test_a_url_that_leads_inwards_or_nowhere_is_refused_by_name(url):
    with pytest.raises(InvalidInput) as caught:
        check_url(url, private=False)
    assert caught.value.problems[0].path == ("url",)


def test_a_public_url_is_let_pass():
    check_url("https://lending.bank.example:8443/decisions?x=1", private=False)
    check_url("https://93.184.215.14/", private=False)
    assert is_public(ip_address("2606:2800:21f:cb07:6820:80da:af6b:8b2c"))


def test_a_name_that_leads_to_a_private_address_is_not_connected_to():
    async def use(receiver: Receiver) -> str:
        poster = Poster(2, private=False)
        try:
            # A name of this machine, past the check of its text: what it leads to counts when it is looked up.
            with pytest.raises(NotPosted) as caught:
                await poster._address("localhost", receiver.port)
            return caught.value.reason
        finally:
            await poster.close()

    with receiving() as receiver:
        assert asyncio.run(use(receiver)) == "PRIVATE_ADDRESS"
        assert receiver.heard == []


def test_redirects_are_not_followed():
    async def use(first: Receiver, second: Receiver) -> str:
        poster = Poster(2, private=True)
        first.status, first.location = 307, second.url
        try:
            with pytest.raises(NotPosted) as caught:
                await poster.post(first.url, {"webhook-id": "msg_1"}, b"{}")
            return caught.value.reason
        finally:
            await poster.close()

    with receiving() as first, receiving() as second:
        assert asyncio.run(use(first, second)) == "HTTP_307"
        assert second.heard == []


@given(st.integers(1, 100), st.floats(0, 1))
def test_waits_grow_and_stay_within_six_hours_and_a_third(attempts, chance):
    wait = webhooks.pause(attempts, chance)
    assert 2 / 3 * webhooks.FIRST_PAUSE - 1 <= wait <= webhooks.LONGEST_PAUSE * 4 / 3
    assert webhooks.pause(attempts + 1, chance) >= wait


@pytest.mark.usefixtures("each_engine")
def test_the_commands_add_list_remove_dead_and_replay(tmp_path):
    data, _ = prepared(tmp_path)
    url = "https://lending.bank.example/decisions"
    on = ("--institution", "rural-bank")
    assert call("webhooks", "add", *on, "--url", "https://10.0.0.1/", data=data).code == 1
    added = call("webhooks", "add", *on, "--url", url, data=data)
    assert added.code == 0 and added.out.startswith("whsec_")
    assert call("webhooks", "add", *on, "--url", url, data=data).code == 1
    listed = call("webhooks", "list", *on, data=data).out
    hook = listed.splitlines()[1].split()[0]
    assert url in listed and hook.startswith("whk_")
    assert "0 messages" in call("webhooks", "replay", *on, hook, data=data).out
    assert "0 messages" in call("webhooks", "replay", *on, hook, "--since", "2026-11-23T08:30:00Z", data=data).out
    assert call("webhooks", "dead", *on, data=data).code == 0
    assert call("webhooks", "remove", *on, hook, data=data).code == 0
    gone = call("webhooks", "remove", *on, hook, data=data)
    assert (gone.code, gone.err) == (1, f"rural-bank has no webhook {hook}: see `ringfence webhooks list`.\n")
