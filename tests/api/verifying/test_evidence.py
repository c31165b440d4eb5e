"""Evidence: consent first, tickets that are good once, images that are safe, codes that are few, and nobody else's."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from api.jobs.working import end_what_is_late
from api.sending import FILE
from tests.api.verifying.desk import VERIFICATION, Desk, at_desk, card, declared, photograph
from tests.identity.images import picture, saved
from tests.identity.portraits import ANNA

pytestmark = pytest.mark.usefixtures("each_engine")


def test_nothing_is_taken_without_consent_and_a_ticket_is_good_once_for_whom_it_was_given(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = (await desk.start())["id"]
        refused = await desk.ticket(opened, "FACE")
        assert (refused["__typename"], refused["code"]) == ("ConsentMissing", "CONSENT_MISSING")
        challenge = await desk.call("service", "requestLivenessChallenge", "challenge { id actions }", verification=opened)
        assert challenge["__typename"] == "ConsentMissing"
        assert (await desk.ticket(opened, "DECLARATION"))["code"] == "INVALID"
        await desk.consent(opened)
        made = (await desk.ticket(opened, "FACE"))["ticket"]
        assert made["maximumBytes"] == 8 * 1024 * 1024 and made["maximumPixels"] == 24_000_000
        picture_ = saved(picture(), "JPEG")
        assert (await desk.put(made["path"], picture_, "other")).status_code == 404
        assert (await desk.put(made["path"], picture_, "kyc")).status_code == 404
        assert (await desk.put(made["path"], picture_, "analyst")).status_code == 403
        assert (await desk.client.put(made["path"], content=picture_)).status_code == 401
        assert (await desk.put(made["path"], b"\xff\xd8 no image")).status_code == 422
        assert (await desk.put(made["path"], b"\0" * (8 * 1024 * 1024 + 1))).status_code == 413
        assert (await desk.add(opened, image=made["id"]))["code"] == "INVALID", "nothing was sent yet"
        assert (await desk.put(made["path"], picture_)).status_code == 201
        assert (await desk.put(made["path"], picture_)).status_code == 409
        assert (await desk.add(opened, image=made["id"]))["__typename"] == "AddEvidenceSuccess"
        assert (await desk.add(opened, image=made["id"]))["code"] == "INVALID", "it was used"
        other = (await desk.start({"person": "P-2"}))["id"]
        fresh = await desk.send(opened, "FACE", picture_)
        assert (await desk.add(other, image=fresh))["code"] == "NOT_FOUND", "a ticket is of one verification"

    asyncio.run(at_desk(tmp_path, scene))


def test_an_image_is_kept_sealed_without_metadata_and_given_back_once_to_kyc_alone(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = (await desk.start())["id"]
        await desk.consent(opened)
        exif = Image.Exif()
        exif[0x010E] = "canary in the description"
        image = saved(picture(900, 600), "JPEG", exif=exif)
        await desk.show(opened, "DOCUMENT_FRONT", image)
        seen = await desk.see(opened, select="evidence { kind image { path width height } addedBy { name } }")
        (shown,) = [one for one in seen["evidence"] if one["kind"] == "DOCUMENT_FRONT"]
        assert shown["addedBy"]["name"] == "service" and (shown["image"]["width"], shown["image"]["height"]) == (900, 600)
        path = shown["image"]["path"]
        for who, status in (("analyst", 403), ("second", 404), ("other kyc", 404)):
            assert (await desk.client.get(path, headers={"Authorization": f"Bearer {desk.keys[who]}"})).status_code == status
        own = {"Authorization": f"Bearer {desk.keys['kyc']}"}
        first, again = await desk.client.get(path, headers=own), await desk.client.get(path, headers=own)
        assert first.status_code == 200 and first.headers["content-type"] == "image/jpeg" and again.status_code == 404
        assert b"canary" not in first.content and first.content[:2] == b"\xff\xd8"
        masked = await desk.see(opened, "analyst", "evidence { id } comparisons { read } state")
        assert masked == {"evidence": None, "comparisons": None, "state": "WAITING_FOR_EVIDENCE"}
        much_later = desk.services.now() + 731 * 24 * 3_600_000
        object.__setattr__(desk.services, "now", lambda: much_later)
        await end_what_is_late(desk.services)
        seen = await desk.see(opened, select="evidence { kind image { path } }")
        assert {"kind": "DOCUMENT_FRONT", "image": None} in seen["evidence"], "kept for two years and no longer"

    asyncio.run(at_desk(tmp_path, scene))
    for file in (tmp_path / "data").rglob("*.db*"):
        assert b"\xff\xd8\xff" not in file.read_bytes(), "no image lies open in a file"


def test_a_code_reaches_its_contact_and_has_five_tries(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = (await desk.start())["id"]
        assert (await desk.add(opened, contactCode="000000"))["code"] == "INVALID", "none was sent"
        wrong = await desk.call("service", "sendContactCode", "expiresAt", verification=opened, contact={"device": "D-1"})
        assert wrong["code"] == "INVALID"

        code = await desk.code(opened)
        other = "111111" if code != "111111" else "222222"
        for _ in range(5):
            assert (await desk.add(opened, contactCode=other))["code"] == "INVALID"
        assert (await desk.add(opened, contactCode=code))["code"] == "INVALID", "the right one comes too late"
        assert (await desk.add(opened, contactCode=await desk.code(opened)))["__typename"] == "AddEvidenceSuccess"
        await desk.add(opened, declaration=declared())
        await desk.work()
        said = {one["code"]: one["result"] for one in (await desk.see(opened))["checks"]}
        assert said["CONTACT_CODE"] == "PASS"
        for _ in range(3):
            await desk.code(opened)
        many = await desk.call("service", "sendContactCode", "expiresAt", verification=opened, contact={"phone": "+8613800138000"})
        assert many["code"] == "WRONG_STATE"

    asyncio.run(at_desk(tmp_path, scene))


def test_another_institution_sees_nothing_and_a_repeat_has_one_effect(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        subject = {"person": "P-1"}
        first = await desk.call("service", "startVerification", f"verification {{ {VERIFICATION} }}", key="the-same-key", subject=subject)
        again = await desk.call("service", "startVerification", f"verification {{ {VERIFICATION} }}", key="the-same-key", subject=subject)
        other = await desk.call("service", "startVerification", "verification { id }", key="the-same-key", subject={"person": "P-2"})
        assert first == again and other["code"] == "IDEMPOTENCY_CONFLICT"
        opened = first["verification"]["id"]
        assert (await desk.start())["id"] == opened, "one that runs is returned"
        absent = opened[:-4] + "aaaa"
        for id_ in (opened, absent):
            assert await desk.ask("other kyc", "query ($id: ID!) { verification(id: $id) { id } node(id: $id) { id } }", id=id_) == {
                "verification": None, "node": None,
            }  # fmt: skip
        assert (await desk.add(opened, "other kyc", consent={"purpose": "FACE", "givenAt": "2026-11-01T08:00:00Z", "wording": "1"}))[
            "code"
        ] == "NOT_FOUND"
        assert (await desk.call("service", "startVerification", "verification { id }", subject={"person": "P-404"}))["code"] == "NOT_FOUND"
        assert (await desk.call("service", "startVerification", "verification { id }", subject={"device": "D"}))["code"] == "INVALID"
        theirs = await desk.start(who="other")
        assert theirs["id"] != opened
        listed = await desk.ask("kyc", "{ verifications(first: 10) { edges { node { id subject { key } } } } }")
        assert listed["verifications"]["edges"] == [{"node": {"id": opened, "subject": {"key": "P-1"}}}]
        person = await desk.ask(
            "kyc", '{ merchant(reference: {key: "M-1"}) { identity { state } verifications(first: 5) { edges { node { id } } } } }'
        )
        assert person["merchant"] == {"identity": None, "verifications": {"edges": [{"node": {"id": opened}}]}}

    asyncio.run(at_desk(tmp_path, scene))


def test_evidence_that_does_not_come_in_time_ends_a_verification(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = (await desk.start())["id"]
        late = desk.services.now() + 15 * 24 * 3_600_000
        object.__setattr__(desk.services, "now", lambda: late)
        assert (await desk.see(opened))["state"] == "EXPIRED", "before anybody wrote it"
        assert (await desk.add(opened, declaration=declared()))["code"] == "WRONG_STATE"
        await end_what_is_late(desk.services)
        assert await desk.see(opened, select="state nextSteps { kind }") == {"state": "EXPIRED", "nextSteps": []}
        assert (await desk.start())["id"] != opened

    asyncio.run(at_desk(tmp_path, scene))


def test_a_face_on_no_document_is_inconclusive_and_never_an_error(tmp_path: Path) -> None:
    async def scene(desk: Desk) -> None:
        opened = (await desk.start(declaration=declared()))["id"]
        await desk.consent(opened)
        await desk.show(opened, "DOCUMENT_FRONT", card(None))
        await desk.show(opened, "FACE", saved(picture(), "JPEG"))
        await desk.work()
        seen = await desk.see(opened)
        assert seen["state"] == "REFERRED" and seen["dueAt"] is not None
        assert [step["kind"] for step in seen["nextSteps"]] == ["DECISION"]
        assert {one["code"]: one["result"] for one in seen["checks"]}["FACE_ON_DOCUMENT"] == "INCONCLUSIVE"

    asyncio.run(at_desk(tmp_path, scene))


def test_a_challenge_is_answered_with_its_frames_in_order(tmp_path: Path) -> None:
    left, right = replace(ANNA, turn=0.13), replace(ANNA, turn=-0.13)
    shown = {"LOOK_AHEAD": ANNA, "BLINK": replace(ANNA, open=0.45), "TURN_LEFT": left, "TURN_RIGHT": right}

    async def scene(desk: Desk) -> None:
        opened = (await desk.start())["id"]
        await desk.consent(opened)
        await desk.show(opened, "FACE", photograph())
        made = await desk.call("service", "requestLivenessChallenge", "challenge { id actions expiresAt }", verification=opened)
        challenge = made["challenge"]
        assert challenge["actions"][0] == "LOOK_AHEAD" and len(set(challenge["actions"])) == 3
        people = [ANNA, ANNA, *(one for action in challenge["actions"] for one in (shown[action], ANNA))]
        frames = [await desk.send(opened, "LIVENESS_FRAMES", photograph(one)) for one in people]
        few = await desk.add(opened, liveness={"challenge": challenge["id"], "frames": frames[:3]})
        assert few["code"] == "INVALID"
        alone = await desk.add(opened, image=frames[0])
        assert alone["code"] == "INVALID", "a frame is none alone"
        added = await desk.add(opened, liveness={"challenge": challenge["id"], "frames": frames})
        assert added["__typename"] == "AddEvidenceSuccess", added
        await desk.work()
        said = {one["code"]: one for one in (await desk.see(opened))["checks"]}
        assert said["LIVENESS"]["result"] == "PASS", said["LIVENESS"]
        again = await desk.add(opened, liveness={"challenge": challenge["id"], "frames": frames})
        assert again["code"] == "INVALID", "a challenge is answered once"

    asyncio.run(at_desk(tmp_path, scene))


CANARIES = ("Canary Nightingale", "Canary Wharf 77", "canary findings 4711", "canary reason 0815", "13800138000", "110101199003074514")
"""What is personal in the evidence below; none of it may be told or lie open anywhere."""


def test_nothing_personal_is_in_a_log_a_metric_or_a_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async def scene(desk: Desk) -> str:
        opened = (await desk.start())["id"]
        await desk.consent(opened, "DOCUMENTS")
        document = {"kind": "IDENTITY_CARD", "country": "CN", "number": "110101199003074514"}
        said = declared(name="Canary Nightingale", address="Canary Wharf 77", document=document, phone="+8613800138000")
        await desk.add(opened, declaration=said)
        place = {"address": "Canary Wharf 77", "country": "CN"}
        visit = {"visitedAt": "2026-11-01T08:00:00Z", "place": place, "asDeclared": False, "findings": "canary findings 4711"}
        await desk.add(opened, "kyc", fieldVisit=visit)
        await desk.show(opened, "DOCUMENT_FRONT", card())
        await desk.add(opened, contactCode=await desk.code(opened))
        await desk.work()
        seen = await desk.see(opened)
        select, given = "verification { state }", {"verification": opened, "version": seen["version"]}
        made = await desk.call("kyc", "decideVerification", select, **given, accepted=False, reason="canary reason 0815")
        assert made["verification"]["state"] == "REJECTED"
        (desk.services.settings.data / FILE).unlink()  # what is on its way to a gateway, which takes it from there
        told: str = desk.services.metrics.text().decode()
        return told

    told = asyncio.run(at_desk(tmp_path, scene, log_level="DEBUG"))
    written = capfd.readouterr()
    files = b"".join(file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file())
    for canary in CANARIES:
        assert canary not in told + written.out + written.err, canary
        assert canary.encode() not in files, canary
