"""The page of a ring: an analyst sees who, what ties them and how it came to be; nobody else sees anything."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx

from api.rings.looking import look
from tests.api.asking import BANK
from tests.api.rings.crew import crew, record, rings
from tests.api.verifying.desk import Desk, at_desk


async def opened(desk: Desk, who: str, ring: str) -> httpx.Response:
    """The page as somebody's browser with a key would have it."""
    return await desk.client.get(f"/rings/{ring}", headers={"Authorization": f"Bearer {desk.keys[who]}", "Accept": "text/html"})


def test_an_analyst_sees_members_what_they_share_parts_and_history_and_nobody_else_does(tmp_path):
    async def scene(desk: Desk) -> None:
        await record(desk, crew(range(10, 15)))
        assert await look(desk.services, BANK.id)
        (ring,) = await rings(desk)
        page = await opened(desk, "analyst", ring["id"])
        assert page.status_code == 200
        text = page.text
        assert "Suspected ring" in text
        assert "10 members, 5 of them merchants" in text
        assert "5 of 5 owners share one device." in text
        assert "The ring was found with 10 members." in text
        assert len(re.findall(r'<g class="card ', text)) == 12, "ten members, a device, a phone"
        assert "+8613800000001" not in text, "contacts are masked"
        assert "script" not in text
        judged = {"ring": ring["id"], "version": ring["version"], "reason": "Two <confessed>."}
        made = await desk.call("analyst", "confirmRing", "ring { state }", of="JudgeRing", **judged)
        assert made["ring"]["state"] == "CONFIRMED", made
        text = (await opened(desk, "analyst", ring["id"])).text
        assert "Confirmed by analyst on" in text
        assert "Two &lt;confessed&gt;." in text
        assert (await opened(desk, "kyc", ring["id"])).status_code == 403
        assert (await opened(desk, "other analyst", ring["id"])).status_code == 404
        assert (await opened(desk, "analyst", "rin_aaaa")).status_code == 404

    asyncio.run(at_desk(tmp_path, scene))


def test_a_ring_that_fell_apart_has_a_page_without_members(tmp_path):
    async def scene(desk: Desk) -> None:
        await record(desk, crew(range(10, 13)))
        assert await look(desk.services, BANK.id)
        for other in ("P-11", "P-12"):
            pair: dict[str, Any] = {"first": {"person": "P-10"}, "second": {"person": other}, "judgement": "NOT_SAME", "reason": "Visited."}
            assert (await desk.call("analyst", "judgePair", "reopened", of="", **pair))["__typename"] == "JudgePairSuccess"
        (gone,) = await rings(desk, filter={"states": ["DISSOLVED"]})  # the same one, unless the first cut took the pair that named it
        text = (await opened(desk, "analyst", gone["id"])).text
        assert "Fell apart" in text
        assert "What tied the ring together is gone." in text

    asyncio.run(at_desk(tmp_path, scene))
