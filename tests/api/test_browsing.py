"""Pages behind a session: the form that gives one and leads back, what each role sees, and nothing of another institution's."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from api import audit
from api.auth.passwords import hash_password
from api.auth.principals import create_principal
from api.auth.sessions import open_session
from api.context import Role, Services
from api.pages.decisions import PAGE
from api.schema import marks
from rules.model import Verdict
from rules.records import save_decision
from tests.api.asked import ORIGIN, asked
from tests.api.drawn import farm
from tests.api.opened import BANK, NOW, OTHER, make_institutions

PASSWORD = "correct horse battery"
KEPT = hash_password(PASSWORD)
BROWSER = {"accept": "text/html,application/xhtml+xml", "sec-fetch-site": "none"}
FORM = {"content-type": "application/x-www-form-urlencoded", **BROWSER}
VERDICTS = (Verdict.DECLINE, Verdict.REFER, Verdict.APPROVE)


def decisions(count: int, institution: str) -> list[Any]:
    """So many decisions of an institution, a second apart, of the three verdicts in turn."""
    base = farm(3)
    made = []
    for number in range(count):
        asked_for = replace(base.dossier.application, loan=f"loa_{institution}{number}")
        made.append(
            replace(
                base,
                id=f"dec_{institution}{number:03d}",
                institution=institution,
                decided_at=base.decided_at + number * 1000,
                judgement=replace(base.judgement, verdict=VERDICTS[number % 3], score=number),
                dossier=replace(base.dossier, application=asked_for),
            )
        )
    return made


def prepare(connection: Any) -> None:
    """Both institutions with decisions, and one member of staff for each role in the first."""
    make_institutions(connection)
    for role in (Role.ANALYST, Role.KYC, Role.ADMIN):
        create_principal(connection, BANK.id, f"an.{role.lower()}", [role], NOW, service=False, password=KEPT)
    create_principal(connection, OTHER.id, "somebody", [Role.ANALYST], NOW, service=False, password=KEPT)
    for made in [*decisions(60, BANK.id), *decisions(2, OTHER.id)]:
        save_decision(connection, made)


def browsed(folder: Path, use: Callable[[httpx.AsyncClient, Services], Awaitable[None]], **changes: Any) -> None:
    """Run with a client that keeps no cookies and follows nothing by itself."""

    async def run() -> None:
        async with asked(folder, **changes) as (client, services):
            await services.records.write(prepare)
            await use(client, services)

    asyncio.run(run())


def fields(**changes: str) -> str:
    return urlencode({"institution": BANK.id, "name": "an.analyst", "password": PASSWORD, "to": "/", **changes})


async def sign_in(client: httpx.AsyncClient, **changes: str) -> httpx.Response:
    return await client.post("/session", content=fields(**changes), headers={**FORM, "origin": ORIGIN})


def cookie_of(response: httpx.Response) -> dict[str, str]:
    return {**BROWSER, "cookie": response.headers["set-cookie"].partition(";")[0]}


def text_of(response: httpx.Response) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", response.text, flags=re.S).split())


def test_a_page_opened_without_a_session_leads_to_the_form_and_back(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        path = f"/decisions/dec_{BANK.id}001"
        away = await client.get(path, headers=BROWSER)
        assert (away.status_code, away.headers["location"]) == (303, f"/sign-in?to={path.replace('/', '%2F')}")
        form = await client.get(away.headers["location"], headers=BROWSER)
        assert form.status_code == 200
        assert f'name="to" value="{path}"' in form.text
        assert 'action="/session"' in form.text and "<script" not in form.text
        back = await sign_in(client, to=path)
        assert (back.status_code, back.headers["location"]) == (303, path)
        page = await client.get(path, headers=cookie_of(back))
        assert page.status_code == 200
        assert "signed in as an.analyst" in text_of(page)
        assert (await client.get(form.url.raw_path.decode(), headers=cookie_of(back))).headers["location"] == path

    browsed(tmp_path, use)


def test_programs_are_told_401_and_not_sent_to_a_form(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        for headers in ({"accept": "*/*"}, {"accept": "application/json"}, {**BROWSER, "authorization": "Bearer rf_unknown"}):
            for path in ("/", f"/decisions/dec_{BANK.id}001"):
                assert (await client.get(path, headers=headers)).status_code == 401

    browsed(tmp_path, use)


def test_who_follows_a_link_of_another_site_gets_a_step_that_sends_the_session_along(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        path = f"/decisions/dec_{BANK.id}001"
        step = await client.get(path, headers={**BROWSER, "sec-fetch-site": "cross-site"})
        assert step.status_code == 200
        assert f'http-equiv="refresh" content="0;url={path}"' in step.text
        assert "王" not in step.text
        assert (await client.get(path, headers={**BROWSER, "sec-fetch-site": "same-origin"})).status_code == 303

    browsed(tmp_path, use)


@pytest.mark.parametrize("origin", [None, "null", "https://evil.example", "http://127.0.0.1:9999"])
def test_a_form_of_another_site_signs_nobody_in_or_out(tmp_path, origin):
    async def use(client: httpx.AsyncClient, services: Services) -> None:
        own = {} if origin is None else {"origin": origin}
        refused = await client.post("/session", content=fields(), headers={**FORM, **own})
        assert refused.status_code == 403
        assert "set-cookie" not in refused.headers and PASSWORD not in refused.text
        cookie = cookie_of(await sign_in(client))
        assert (await client.post("/sign-out", headers={**cookie, **own})).status_code == 403
        assert (await client.get("/", headers=cookie)).status_code == 200
        assert await services.records.read(lambda c: audit.verify(c, services.vault.audit_key, BANK.id)) == 1

    browsed(tmp_path, use)


def test_signing_out_on_a_page_ends_the_session(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        cookie = cookie_of(await sign_in(client))
        out = await client.post("/sign-out", headers={**cookie, "origin": ORIGIN})
        assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
        assert 'ringfence=""' in out.headers["set-cookie"]
        assert (await client.get("/", headers=cookie)).headers["location"] == "/sign-in"
        assert (await client.post("/sign-out", headers={**cookie, "origin": ORIGIN})).headers["location"] == "/sign-in"

    browsed(tmp_path, use)


ELSEWHERE = [
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    "",
    "/a\r\nx: y",
    "/" + "a" * 600,
    "/\u202e",
]


@pytest.mark.parametrize("to", ELSEWHERE)
def test_the_form_leads_to_our_own_pages_alone(tmp_path, to):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        form = await client.get("/sign-in", params={"to": to}, headers=BROWSER)
        assert 'name="to" value="/"' in form.text
        assert (await sign_in(client, to=to)).headers["location"] == "/"
        wrong = await sign_in(client, to=to, password="wrong")
        assert 'name="to" value="/"' in wrong.text

    browsed(tmp_path, use)


def test_a_wrong_password_gives_the_form_again_with_all_but_the_password(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        hostile = '"><script>alert(1)</script>'
        again = await sign_in(client, name=hostile, password="guessed-and-wrong", to="/decisions/dec_x")
        assert again.status_code == 401
        assert "is wrong: check them" in text_of(again)
        assert "guessed-and-wrong" not in again.text and "<script" not in again.text
        assert 'value="/decisions/dec_x"' in again.text and f'value="{BANK.id}"' in again.text
        policy = again.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'") and "form-action 'self'" in policy
        # With `no-referrer` browsers would call the form's origin null, and it could not be told from another site's.
        assert again.headers["referrer-policy"] == "same-origin"

    browsed(tmp_path, use)


def test_guessing_in_the_form_waits_like_any_other(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        found = [(await sign_in(client, password="wrong")).status_code for _ in range(4)]
        right = await sign_in(client)
        assert (found, right.status_code) == ([401, 401, 401, 429], 429)
        assert int(right.headers["retry-after"]) > 0

    browsed(tmp_path, use, password_tries=3)


MALFORMED = [b"", b"name=a", b"institution=a&name=b&password=c&more=d", b"institution=a&name=b&name=c", b"%ff", b"\xff", b"x" * 5_000]


def test_a_form_that_cannot_be_read_is_refused_by_a_sentence(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        for body in (*MALFORMED, b"institution=a&name=%ff&password=c", b"a=b&" * 500):
            found = await client.post("/session", content=body, headers={**FORM, "origin": ORIGIN})
            assert found.status_code in {400, 413}, body
            assert 'role="alert"' in found.text

    browsed(tmp_path, use)


def rows_of(response: httpx.Response) -> list[str]:
    """Decisions that a list shows, in its order."""
    assert response.status_code == 200
    return list(dict.fromkeys(re.findall(r'href="/decisions/(dec_[^"]+)"', response.text)))


def test_the_list_shows_every_decision_of_the_institution_once_newest_first(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        cookie = cookie_of(await sign_in(client))
        for verdict in (None, *VERDICTS):
            address, seen = "/" if verdict is None else f"/?verdict={verdict}", []
            while address:
                page = await client.get(address, headers=cookie)
                assert len(rows_of(page)) <= PAGE
                seen += rows_of(page)
                older = re.search(r'href="([^"]+)" rel="next"', page.text)
                address = older.group(1).replace("&amp;", "&") if older else ""
            wanted = [one.id for one in decisions(60, BANK.id) if verdict in (None, one.judgement.verdict)]
            assert seen == wanted[::-1]

    browsed(tmp_path, use)


@pytest.mark.parametrize("query", ["verdict=MAYBE", "after=x", "after=%ff", "after=" + "A" * 3_000, "verdict=REFER&after=ZGVj"])
def test_an_address_that_the_list_did_not_give_is_a_sentence(tmp_path, query):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        found = await client.get(f"/?{query}", headers=cookie_of(await sign_in(client)))
        assert found.status_code == 400
        assert "<h2>No such" in found.text

    browsed(tmp_path, use)


def test_a_cursor_of_another_institution_is_no_cursor(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        page = await client.get("/", headers=cookie_of(await sign_in(client)))
        older = re.search(r'href="([^"]+)" rel="next"', page.text)
        assert older is not None
        other = cookie_of(await sign_in(client, institution=OTHER.id, name="somebody"))
        assert (await client.get(older.group(1), headers=other)).status_code == 400

    browsed(tmp_path, use)


def test_another_institutions_decision_is_like_one_that_does_not_exist(tmp_path):
    async def use(client: httpx.AsyncClient, _: Services) -> None:
        for who in ({}, {"institution": OTHER.id, "name": "somebody"}):
            cookie = cookie_of(await sign_in(client, **who))
            own = rows_of(await client.get("/", headers=cookie))
            foreign = f"dec_{BANK.id if who else OTHER.id}001"
            assert foreign not in own
            theirs = await client.get(f"/decisions/{foreign}", headers=cookie)
            absent = await client.get("/decisions/dec_nothing", headers=cookie)
            assert theirs.status_code == absent.status_code == 404
            assert theirs.content == absent.content and theirs.headers == absent.headers
        strange = [await client.get(f"/decisions/{id_}", headers=BROWSER) for id_ in (foreign, "dec_nothing")]
        assert [one.status_code for one in strange] == [303, 303]

    browsed(tmp_path, use)


def test_each_role_sees_on_pages_what_the_schema_lets_it_read(tmp_path):
    for root in ("decisions", "decision"):
        assert {str(role) for role in marks.roots["Query"][root]} == {str(role) for role in Role}, "no page asks for a role yet"
    readers = {str(role) for role in marks.fields["Decision"]["signals"]}
    assert set(marks.fields["Decision"]) == {"signals", "replay"}, "what is narrowed is hidden on the page, too; no page judges again"

    async def use(client: httpx.AsyncClient, _: Services) -> None:
        for role in (Role.ANALYST, Role.KYC, Role.ADMIN):
            page = await client.get(f"/decisions/dec_{BANK.id}003", headers=cookie_of(await sign_in(client, name=f"an.{role.lower()}")))
            assert page.status_code == 200
            assert ("receipts_30" in page.text) is (str(role) in readers), role

    browsed(tmp_path, use)


def test_a_session_that_is_over_leads_to_the_form(tmp_path):
    async def use(client: httpx.AsyncClient, services: Services) -> None:
        def old(connection: Any) -> str:
            made = create_principal(connection, BANK.id, "gone", [Role.ANALYST], NOW, service=False, password=KEPT)
            return open_session(connection, made, services.now() - 10 * 3_600_000, 8.0)

        secret = await services.records.write(old)
        cookie = {**BROWSER, "cookie": f"__Host-ringfence={secret}", "sec-fetch-site": "cross-site"}
        assert (await client.get("/?verdict=REFER", headers=cookie)).headers["location"] == "/sign-in?to=%2F%3Fverdict%3DREFER"

    browsed(tmp_path, use)
