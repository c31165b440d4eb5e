"""Whoever is forgotten leaves nothing personal behind: not in files, logs or records, and not in a backup that is put back."""

from __future__ import annotations

import asyncio
import logging
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.auth.keys import create_key
from api.context import Role
from api.erasing import FILE, forget_again
from api.folder import GRAPH_FILE, RECORDS_FILE
from api.jobs.working import work_one
from tests.api.asked import asked
from tests.api.asking import BANK
from tests.api.rings.crew import record, tie
from tests.api.verifying.desk import Desk, at_desk, card, declared, photograph

CANARY = "CANARY"
PHONE = "+8613700137099"
SELECT = "erasure { erasedAt keys faceTemplates items auditHash } proposal { id action answer subject { id } }"
SEEN = """query { entity(reference: {person: "C-1"}) { id label standing facts(first: 50) { edges { node { sentence } } }
  ... on Person { name bornOn identity { state } }
  ties(first: 100) { edges { node { to {
    id label key ... on Phone { number } ... on Email { address } ... on Place { address } } } } } } }"""
CHECKED = "{ verifications(first: 1) { edges { node { state comparisons { field } evidence { id } } } } }"


def canaries() -> list[dict[str, Any]]:
    """A person told of by fifty values that nobody else has."""
    one = {"person": "C-1"}
    facts: list[dict[str, Any]] = [
        {
            "id": "c-0",
            "occurredAt": "2026-01-01T00:00:00Z",
            "content": {"personDescribed": {"key": "C-1", "name": f"{CANARY} NAME", "bornOn": "1977-07-07"}},
        },
        tie("c-owns", "OWNS", one, {"merchant": "M-9"}),
        tie("c-phone", "REACHED_AT", one, {"phone": PHONE}),
    ]
    for n in range(12):
        place = {"address": f"{CANARY} STREET {n}", "country": "CN", "latitude": 31.0 + n / 100, "longitude": 121.0}
        facts += [
            tie(f"c-mail-{n}", "REACHED_AT", one, {"email": f"{CANARY.lower()}-{n}@example.com"}),
            tie(f"c-dev-{n}", "USES_DEVICE", one, {"device": f"{CANARY}-DEVICE-{n}"}),
            tie(f"c-acc-{n}", "HOLDS", one, {"account": f"{CANARY}-ACCOUNT-{n}"}),
            tie(f"c-home-{n}", "LOCATED_AT", one, {"place": place}),
        ]
    said = {"standingKnown": {"entity": one, "standing": "SUSPECTED", "reason": f"{CANARY} REASON"}}
    return [*facts, {"id": "c-1", "occurredAt": "2026-01-02T00:00:00Z", "content": said}]


async def enrolled(desk: Desk) -> str:
    """The canaries told, and a verification of that person with everything; the person's id."""
    await record(desk, canaries())
    opened = (await desk.start({"person": "C-1"}))["id"]
    await desk.consent(opened)
    await desk.add(opened, declaration=declared(name=f"{CANARY} DECLARED", address=f"{CANARY} ADDRESS"))
    await desk.show(opened, "DOCUMENT_FRONT", card())
    await desk.show(opened, "FACE", photograph())
    made = await desk.call("service", "sendContactCode", "expiresAt", verification=opened, contact={"phone": PHONE})
    assert made["__typename"] == "SendContactCodeSuccess", made
    await desk.work()
    seen = await desk.ask("kyc", SEEN)
    assert CANARY in str(seen) and PHONE in str(seen)
    return str(seen["entity"]["id"])


async def forgotten(desk: Desk) -> dict[str, Any]:
    """What is destroyed when one proposes and another agrees."""
    given: dict[str, Any] = {"subject": {"person": "C-1"}, "reason": "Request 17 of the person."}
    made = await desk.call("kyc", "eraseSubject", SELECT, "erase-0001", **given)
    assert (made["erasure"], made["proposal"]["action"]) == (None, "ERASE_SUBJECT"), made
    answer = {"proposal": made["proposal"]["id"], "accepted": True, "reason": "Checked."}
    assert (await desk.call("kyc", "answerProposal", "proposal { id }", **answer))["__typename"] == "FourEyesRequired"
    assert (await desk.call("analyst", "answerProposal", "proposal { id }", **answer))["__typename"] == "NotFound"
    agreed = await desk.call("admin", "answerProposal", "proposal { answer }", **answer)
    assert agreed["proposal"]["answer"] == "ACCEPTED", agreed
    while await work_one(desk.services):
        continue
    return await desk.call("kyc", "eraseSubject", SELECT, "erase-0001", **given)


def traces(folder: Path) -> list[str]:
    """Files in which a canary stands in clear."""
    words = [CANARY.encode(), CANARY.lower().encode(), PHONE.encode(), b"1977-07-07"]
    return [str(path) for path in sorted(folder.rglob("*")) if path.is_file() and any(word in path.read_bytes() for word in words)]


def test_nothing_of_fifty_canaries_is_left_in_answers_files_or_logs_and_the_proof_is_in_the_chain(tmp_path, each_engine, caplog):
    async def scene(desk: Desk) -> None:
        id_ = await enrolled(desk)
        done = await forgotten(desk)
        erasure = done["erasure"]
        assert erasure["keys"] == 1 + 1 + 48 + 1 + 1, "person, phone, 48 things, a face; one in the records"
        assert erasure["faceTemplates"] == 1
        assert erasure["items"] > 50
        assert len(erasure["auditHash"]) == 64
        seen = await desk.ask("kyc", SEEN)
        assert CANARY not in str(seen).upper() and PHONE not in str(seen)
        assert seen["entity"]["id"] == id_
        assert (seen["entity"]["name"], seen["entity"]["label"], seen["entity"]["standing"]) == (None, "erased", "SUSPECTED")
        verification = await desk.ask(
            "kyc", "{ verifications(first: 1) { edges { node { state comparisons { field } evidence { id } } } } }"
        )
        assert verification["verifications"]["edges"][0]["node"]["comparisons"] == []
        assert traces(tmp_path) == []
        again = await desk.call("admin", "eraseSubject", SELECT, subject={"person": "C-1"}, reason="x")
        assert again["proposal"]["subject"] == {"id": id_}, "who comes back may be forgotten again"

    with caplog.at_level(logging.DEBUG):
        asyncio.run(at_desk(tmp_path, scene, log_level="DEBUG"))
    assert CANARY not in caplog.text and PHONE not in caplog.text


def test_who_comes_back_with_an_old_backup_is_forgotten_again_at_the_next_start(tmp_path):
    backup = tmp_path / "backup"

    async def before(desk: Desk) -> None:
        await enrolled(desk)

    async def after(desk: Desk) -> None:
        await forgotten(desk)

    folder = tmp_path / "data"
    asyncio.run(at_desk(folder, before))
    shutil.copytree(folder, backup)

    async def erase() -> None:
        async with asked(folder) as (client, services):
            await after(Desk(client, services, await keys(services)))

    asyncio.run(erase())
    data = next(folder.rglob(FILE)).parent
    for name in (GRAPH_FILE, RECORDS_FILE):
        for path in data.glob(f"{name}*"):
            path.unlink()
        shutil.copy(next(backup.rglob(name)), data / name)

    async def restored() -> None:
        async with asked(folder) as (client, services):
            desk = Desk(client, services, await keys(services))
            seen = await desk.ask("kyc", SEEN)
            assert CANARY not in str(seen).upper() and PHONE not in str(seen)
            assert await forget_again(services) == 0, "the start has done it"

    asyncio.run(restored())


async def keys(services: Any) -> dict[str, str]:
    """New keys for who is asked as."""
    made = {}
    for name, role in (("kyc", Role.KYC), ("admin", Role.ADMIN), ("analyst", Role.ANALYST)):
        make = partial(create_key, institution=BANK.id, name=f"{name} again {services.now()}", roles=[role], now=services.now())
        made[name] = (await services.records.write(make, institution=BANK.id))[1]
    return made


@pytest.mark.parametrize(
    ("subject", "typename"),
    [({"merchant": "M-1"}, "ValidationError"), ({"person": "P-404"}, "NotFound"), ({"phone": "+8613800138000"}, "ValidationError")],
)
def test_only_people_who_are_here_are_forgotten(tmp_path, subject, typename):
    async def scene(desk: Desk) -> None:
        made = await desk.call("kyc", "eraseSubject", SELECT, subject=subject, reason="x")
        assert made["__typename"] == typename, made

    asyncio.run(at_desk(tmp_path, scene))
