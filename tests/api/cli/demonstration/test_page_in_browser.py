"""The decision page of a real server, seen by a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli.demonstration.ground import Ground
from api.cli.demonstration.server import Server
from api.cli.demonstration.traffic import ASSESS_LOAN, RECORD_FACTS
from api.settings import Settings
from tests.api.cli.demonstration.test_demo import free_port

pytestmark = pytest.mark.browser

FARM = 7
NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Shown:
    """A server with one refused merchant."""

    ground: Ground
    url: str
    decision: str
    password: str
    """Of the analyst."""


def _at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def _facts() -> list[dict[str, Any]]:
    """Seven shops signed up on one phone within a day; the first was confirmed as fraud."""
    facts = []
    for number in range(FARM):
        key = f"M-{number}"
        told: list[tuple[str, dict[str, Any]]] = [
            ("merchantDescribed", {"key": key, "name": f"顺达便民超市<b>{number}</b>"}),
            ("personDescribed", {"key": f"P-{number}", "name": "王小明"}),
            ("tieObserved", {"from": {"person": f"P-{number}"}, "kind": "OWNS", "to": {"merchant": key}, "share": 1.0}),
            ("tieObserved", {"from": {"merchant": key}, "kind": "USES_DEVICE", "to": {"device": "fp-farm"}}),
            ("tieObserved", {"from": {"person": f"P-{number}"}, "kind": "REACHED_AT", "to": {"phone": "+8613800138000"}}),
        ]
        facts += [
            {"id": f"{key}-{place}", "occurredAt": _at(days=20, minutes=number), "content": {kind: content}}
            for place, (kind, content) in enumerate(told)
        ]
    reason = {"entity": {"merchant": "M-0"}, "standing": "CONFIRMED_FRAUD", "reason": "confessed"}
    facts.append({"id": "fraud", "occurredAt": _at(days=2), "content": {"standingKnown": reason}})
    return facts


def _application(number: int) -> dict[str, Any]:
    application = {
        "key": f"L-{number}", "merchant": {"key": f"M-{number}"}, "applicant": {"key": f"P-{number}"},
        "amount": {"amount": 8_000_000, "currency": "CNY"}, "termDays": 90, "device": "fp-farm",
    }  # fmt: skip
    return {"input": {"application": application}, "idempotencyKey": f"application-{number}"}


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with closing(Ground(tmp_path_factory.mktemp("page") / "data")) as ground:
        tenants = ground.tenants()
        server = Server(replace(Settings(), data=ground.folder, port=free_port(), log_level="WARNING"))
        try:
            with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {tenants.key}"}, timeout=30) as client:

                def ask(query: str, variables: dict[str, Any]) -> dict[str, Any]:
                    answer: dict[str, Any] = client.post("/graphql", json={"query": query, "variables": variables}).json()
                    return next(iter(answer["data"].values()))

                assert ask(RECORD_FACTS, {"input": {"source": "test", "facts": _facts()}})["refused"] == 0
                last = [ask(ASSESS_LOAN, _application(number))["decision"] for number in range(1, FARM)][-1]
            assert last["verdict"] in {"DECLINE", "REFER"}
            yield Shown(ground, server.url, last["id"], tenants.password)
        finally:
            server.stop()


def test_a_stranger_sees_nothing_of_a_decision(shown: Shown) -> None:
    for id_ in (shown.decision, "dec_nothing"):
        answer = httpx.get(f"{shown.url}/decisions/{id_}")
        assert answer.status_code == 401
        assert "顺达" not in answer.text


@contextmanager
def browsing() -> Iterator[tuple[Any, list[str], list[str]]]:
    """A page of a fresh Chromium, what it complains about, and what it fetches."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("no Chromium on this machine: install it, or leave out the tests marked `browser`")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync"]  # fmt: skip
    said: list[str] = []
    fetched: list[str] = []
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=quiet)
        page = browser.new_page(viewport={"width": 1440, "height": 1200})
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: fetched.append(request.url))
        yield page, said, fetched
        browser.close()


def test_a_person_signs_in_on_the_way_to_a_page_turns_pages_and_signs_out(shown: Shown) -> None:
    path = f"/decisions/{shown.decision}"
    with browsing() as (page, said, fetched):
        page.goto(shown.url + path)
        assert page.url.startswith(f"{shown.url}/sign-in?to=")
        for password, then in (("not the right one", "[role=alert]"), (shown.password, "header.banner")):
            page.fill("input[name=institution]", "demo")
            page.fill("input[name=name]", "demo.analyst")
            page.fill("input[name=password]", password)
            page.click("button")
            page.wait_for_selector(then)
        assert page.url == shown.url + path
        page.click("text=newest decisions")
        page.wait_for_selector("table.decisions")
        assert page.locator("table.decisions tbody tr").count() == FARM - 1
        page.locator(f"a[href='{path}']").first.click()
        page.wait_for_selector("header.banner")
        page.click("text=sign out")
        page.wait_for_selector("input[name=password]")
        page.goto(shown.url + path)
        assert "/sign-in" in page.url
    assert [text for text in said if "401" not in text] == []
    assert all(url.startswith((shown.url, "data:")) for url in fetched)


def test_the_page_of_a_refused_merchant_shows_its_reasons_and_their_drawing(shown: Shown, tmp_path: Path) -> None:
    token = shown.ground.link(f"/decisions/{shown.decision}", 5.0)
    with browsing() as (page, said, fetched):
        page.goto(f"{shown.url}/enter?token={token}")
        page.wait_for_selector("svg.drawing")
        drawing = page.locator("svg.drawing")
        box = drawing.bounding_box()
        assert box is not None
        assert box["width"] > 600
        assert box["height"] > 200
        assert page.locator("ol.reasons li").count() >= 2
        assert page.locator("svg.drawing .fraud .name").count() >= 1
        assert page.locator("svg.drawing .badge").count() >= 3
        assert page.locator("b").count() == 0
        bright = page.locator("svg.drawing .card").evaluate_all("cards => cards.map(card => getComputedStyle(card).opacity)")
        page.locator("a[href='#why-1']").click()
        dimmed = page.locator("svg.drawing .card").evaluate_all("cards => cards.map(card => getComputedStyle(card).opacity)")
        assert set(bright) == {"1"}
        assert "1" in dimmed
        page.locator("a[href='#all']").click()
        picture = tmp_path / "decision.png"
        page.screenshot(path=picture, full_page=True)
        assert picture.stat().st_size > 20_000
    assert said == []
    assert all(url.startswith((shown.url, "data:")) for url in fetched)


def test_a_link_opens_once(shown: Shown) -> None:
    token = shown.ground.link(f"/decisions/{shown.decision}", 5.0)
    with httpx.Client(base_url=shown.url) as client:
        assert client.get(f"/enter?token={token}").status_code == 200
        assert client.get(f"/enter?token={token}").status_code == 410
