"""A person verified from the first call to the last, over HTTP, with real images and real checks."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.api.test_metrics import value
from tests.api.verifying.desk import OPERATIONS, Desk, at_desk, card, declared, photograph

pytestmark = pytest.mark.usefixtures("each_engine")


def test_who_gives_everything_and_passes_every_check_is_verified_with_nobody_in_the_loop(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = await desk.start(declaration=declared())
        assert opened["state"] == "WAITING_FOR_EVIDENCE"
        assert [step["kind"] for step in opened["nextSteps"]] == ["CONSENT", "CONSENT", "DOCUMENT_IMAGE", "FACE_IMAGE"]
        await desk.consent(opened["id"])
        await desk.show(opened["id"], "DOCUMENT_FRONT", card())
        added = await desk.show(opened["id"], "FACE", photograph())
        assert added["verification"]["state"] == "CHECKING" and added["verification"]["nextSteps"] == []
        await desk.work()
        seen = await desk.see(opened["id"])
        said = {check["code"]: check["result"] for check in seen["checks"]}
        assert seen["state"] == "VERIFIED", seen
        assert said["FACE_ON_DOCUMENT"] == said["DOCUMENT_FIELDS"] == said["IDENTITY_NUMBER"] == said["FACE_SHARED"] == "PASS"
        assert seen["conclusion"] == {"accepted": True, "reason": "All checks that the policy asks for passed.", "decidedBy": []}
        screen = (OPERATIONS / "verification-screen.graphql").read_text()
        shown = (await desk.ask("kyc", screen, id=opened["id"]))["verification"]
        assert {one["field"]: one["agreement"] for one in shown["comparisons"]} == dict.fromkeys(
            ("name", "number", "bornOn", "address"), 1.0
        )
        assert value(desk.services.metrics, "ringfence_verifications_total", state="VERIFIED", by="checks") == 1
        headers = {"Authorization": f"Bearer {desk.keys['kyc']}"}
        page = await desk.client.get(f"/verifications/{opened['id']}", headers=headers)
        assert page.status_code == 200 and page.text.count("data:image/jpeg;base64,") == 2 and page.text.count("<rect") >= 6
        assert "Verified" in page.text and "薛桂" in page.text and ">face</text>" in page.text
        for who, status in (("analyst", 403), ("service", 403), ("other kyc", 404)):
            told = await desk.client.get(f"/verifications/{opened['id']}", headers={"Authorization": f"Bearer {desk.keys[who]}"})
            assert told.status_code == status and "base64" not in told.text and "薛桂" not in told.text
        (tmp_path / "page.html").write_text(page.text)

    asyncio.run(at_desk(tmp_path, scene))
