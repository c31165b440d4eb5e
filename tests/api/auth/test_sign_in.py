"""Signing in and out, one-time links, and who a request's credential names, over HTTP."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from api import audit
from api.auth.institutions import suspend_institution
from api.auth.keys import create_key, keys_of, revoke_key
from api.auth.passwords import hash_password
from api.auth.principals import create_principal, find_principal
from api.auth.sessions import COOKIE, create_link
from api.context import Role, Services
from tests.api.asked import ORIGIN, asked
from tests.api.opened import BANK, NOW, make_institutions

pytestmark = pytest.mark.usefixtures("each_engine")

PASSWORD = "correct horse battery"
KEPT = hash_password(PASSWORD)
ME = {"query": "{ me { name roles institution { name } } }"}


async def prepare(services: Services) -> str:
    """Both institutions, an analyst, and a key."""

    def work(connection: Any) -> str:
        make_institutions(connection)
        create_principal(connection, BANK.id, "li.na", [Role.ANALYST], NOW, service=False, password=KEPT)
        return create_key(connection, BANK.id, "workflow", [Role.SERVICE], NOW)[1]

    return await services.records.write(work)


def credentials(**changes: str) -> dict[str, str]:
    return {"institution": BANK.id, "name": "li.na", "password": PASSWORD, **changes}


async def me(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
    return await client.post("/graphql", json=ME, headers=headers)


def cookie_of(response: httpx.Response) -> str:
    """The session cookie as a browser would send it back; httpx itself keeps no Secure cookie for plain HTTP."""
    return response.headers["set-cookie"].partition(";")[0]


def test_signing_in_gives_a_cookie_that_only_our_pages_send_and_no_script_reads(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            response = await client.post("/session", json=credentials())
            assert response.status_code == 200
            assert response.json() == {"id": response.json()["id"], "name": "li.na", "roles": ["ANALYST"]}
            cookie = response.headers["set-cookie"]
            assert cookie.startswith(f"{COOKIE}=")
            parts = {part.strip().lower() for part in cookie.split(";")[1:]}
            assert parts >= {"secure", "httponly", "path=/", "samesite=strict", f"max-age={8 * 3600}"}
            assert not any(part.startswith("domain") for part in parts)
            found = (await me(client, cookie=cookie_of(response), origin=ORIGIN)).json()
            assert found["data"]["me"] == {"name": "li.na", "roles": ["ANALYST"], "institution": {"name": "Rural Bank"}}
            assert await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id), institution=BANK.id) == 1

    asyncio.run(use())


def test_signing_out_ends_the_session(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            cookie = cookie_of(await client.post("/session", json=credentials()))
            out = await client.delete("/session", headers={"cookie": cookie, "origin": ORIGIN})
            assert out.status_code == 204
            assert (await me(client, cookie=cookie, origin=ORIGIN)).status_code == 401
            assert (await client.delete("/session", headers={"cookie": cookie, "origin": ORIGIN})).status_code == 401

    asyncio.run(use())


ELSEWHERE = [None, "https://evil.example", "http://127.0.0.1:9999", "null", "https://127.0.0.1:8310.evil.example"]


def test_a_session_writes_from_our_own_pages_only(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            cookie = cookie_of(await client.post("/session", json=credentials()))
            for origin in ELSEWHERE:
                headers = {"cookie": cookie} if origin is None else {"cookie": cookie, "origin": origin}
                write = {"query": 'mutation { recordFacts(input: {source: "a", facts: []}) { __typename } }'}
                assert (await client.post("/graphql", json=write, headers=headers)).status_code == 403, origin
                # Without an Origin header it is no page of elsewhere, and a query changes nothing.
                assert (await me(client, **headers)).status_code == (200 if origin is None else 403), origin
                assert (await client.delete("/session", headers=headers)).status_code == 403, origin

    asyncio.run(use())


def test_signing_in_from_another_sites_page_is_refused(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            found = await client.post("/session", json=credentials(), headers={"origin": "https://evil.example"})
            assert found.status_code == 403 and "set-cookie" not in found.headers

    asyncio.run(use())


def test_behind_a_stated_public_url_its_origin_alone_is_ours(tmp_path):
    async def use() -> None:
        async with asked(tmp_path, public_url="https://ringfence.bank.example") as (client, services):
            await prepare(services)
            cookie = cookie_of(await client.post("/session", json=credentials()))
            assert (await me(client, cookie=cookie, origin="https://ringfence.bank.example")).status_code == 200
            assert (await me(client, cookie=cookie, origin=ORIGIN)).status_code == 403

    asyncio.run(use())


WRONG: tuple[dict[str, str], ...] = (
    {"password": "wrong"},
    {"name": "nobody"},
    {"institution": "city-bank"},
    {"institution": "none"},
    {"name": "workflow"},
    {"password": ""},
)


def test_whatever_is_wrong_the_answer_is_the_same(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            found = [await client.post("/session", json=credentials(**wrong)) for wrong in WRONG]
            assert {one.status_code for one in found} == {401}
            assert len({one.content for one in found}) == 1
            assert not any("set-cookie" in one.headers for one in found)

    asyncio.run(use())


def test_staff_of_a_suspended_institution_are_not_let_in(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            key = await prepare(services)
            cookie = cookie_of(await client.post("/session", json=credentials()))
            await services.records.write(lambda c: suspend_institution(c, BANK.id, NOW))
            assert (await client.post("/session", json=credentials())).status_code == 401
            assert (await me(client, cookie=cookie, origin=ORIGIN)).status_code == 401
            assert (await me(client, authorization=f"Bearer {key}")).status_code == 401

    asyncio.run(use())


MALFORMED = [
    (b"{}", "application/json", 400),
    (b"null", "application/json", 400),
    (b"{", "application/json", 400),
    (b"\xff", "application/json", 400),
    (b'{"institution":"a","name":"b","password":1}', "application/json", 400),
    (b'{"institution":"a","name":"b","password":"c","more":"d"}', "application/json", 400),
    (b'{"institution":"a","name":"\\ud800","password":"c"}', "application/json", 400),
    (b"x" * 5_000, "application/json", 413),
    (b"{}", "text/plain", 415),
    (b'{"institution":"a","name":"' + b"n" * 2_000 + b'","password":"' + b"p" * 1_000 + b'"}', "application/json", 401),
]


def test_a_malformed_body_is_refused_by_a_sentence(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            for content, type_, status in MALFORMED:
                found = await client.post("/session", content=content, headers={"content-type": type_})
                assert found.status_code == status, content
                assert found.json()["error"]["message"].endswith("."), content

    asyncio.run(use())


def test_guessing_waits_and_honest_staff_elsewhere_do_not(tmp_path):
    async def guess() -> list[int]:
        async with asked(tmp_path, address="203.0.113.9", password_tries=3) as (client, services):
            await prepare(services)
            found = [await client.post("/session", json=credentials(password="wrong")) for _ in range(5)]
            right = await client.post("/session", json=credentials())
            assert int(right.headers["retry-after"]) > 0
            return [one.status_code for one in (*found, right)]

    async def elsewhere() -> int:
        async with asked(tmp_path, address="198.51.100.7", password_tries=3) as (client, _):
            return (await client.post("/session", json=credentials())).status_code

    assert asyncio.run(guess()) == [401, 401, 401, 429, 429, 429]
    assert asyncio.run(elsewhere()) == 200


def test_guesses_at_once_are_counted_before_they_are_checked(tmp_path):
    async def use() -> None:
        async with asked(tmp_path, password_tries=3) as (client, services):
            await prepare(services)
            found = await asyncio.gather(*(client.post("/session", json=credentials(password="wrong")) for _ in range(12)))
            assert sorted(one.status_code for one in found) == [401] * 3 + [429] * 9

    asyncio.run(use())


def test_a_key_is_refused_from_the_request_after_its_revocation(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            key = await prepare(services)
            assert (await me(client, authorization=f"Bearer {key}")).status_code == 200
            id_ = (await services.records.read(lambda c: keys_of(c, BANK.id)))[0].id
            await services.records.write(lambda c: revoke_key(c, BANK.id, id_, NOW))
            assert (await me(client, authorization=f"Bearer {key}")).status_code == 401

    asyncio.run(use())


def test_a_wrong_credential_is_unauthenticated_even_beside_a_session(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            cookie = cookie_of(await client.post("/session", json=credentials()))
            for header in ("", "Bearer", "Bearer ", "Basic abc", "Bearer " + "x" * 600, "Bearer rf_unknown", "rf_unknown"):
                assert (await me(client, authorization=header, cookie=cookie, origin=ORIGIN)).status_code == 401, header

    asyncio.run(use())


def test_a_cookie_that_is_no_session_is_unauthenticated(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)
            for cookie in (f"{COOKIE}=", f"{COOKIE}=x", f"{COOKIE}={'x' * 600}", "other=1", f"{COOKIE}", "\x01=;;=", ""):
                assert (await me(client, cookie=cookie, origin=ORIGIN)).status_code == 401, cookie

    asyncio.run(use())


def test_a_link_opens_its_page_once(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            await prepare(services)

            def link(connection: Any) -> str:
                account = find_principal(connection, BANK.id, "li.na")
                assert account is not None
                return create_link(connection, account.id, "/decisions/dec_x", services.now(), 30)

            token = await services.records.write(link)
            assert (await client.head("/enter", params={"token": token})).status_code == 200
            found = await client.get("/enter", params={"token": token})
            assert found.status_code == 200
            assert 'content="0;url=/decisions/dec_x"' in found.text
            assert found.headers["referrer-policy"] == "no-referrer" and found.headers["cache-control"] == "no-store"
            assert (await client.get("/decisions/dec_x", headers={"cookie": cookie_of(found)})).status_code == 404
            assert (await client.get("/decisions/dec_x")).status_code == 401
            again = await client.get("/enter", params={"token": token})
            assert (again.status_code, "set-cookie" in again.headers) == (410, False)

    asyncio.run(use())


def test_last_use_of_a_key_is_noted(tmp_path):
    async def use() -> None:
        async with asked(tmp_path) as (client, services):
            key = await prepare(services)
            await me(client, authorization=f"Bearer {key}")
            assert (await services.records.read(lambda c: keys_of(c, BANK.id)))[0].last_used_at is not None

    asyncio.run(use())
