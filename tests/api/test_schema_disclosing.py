"""Personal values are read in full by those who may, and every reading is in the audit chain before the answer is given."""

from __future__ import annotations

from typing import Any

import orjson
from sqlalchemy import select

from api.context import Role
from api.tables import audit_entries
from tests.api.asking import BANK
from tests.api.world import DOCUMENT, World, in_world

PERSONAL = """query ($document: DocumentInput!) {
  person: entity(reference: {person: "P-1"}) { id label ... on Person { name bornOn } ties(first: 50) { edges { node { to {
    ... on Phone { number } ... on Email { address } ... on Account { number } } } } } }
  document: entity(reference: {document: $document}) { label ... on Document { documentKind issuedBy number } }
  device: entity(reference: {device: "D-1"}) { label ... on Device { fingerprint } }
  place: entity(reference: {merchant: "M-1"}) { ties(first: 50, kinds: [LOCATED_AT]) { edges { node { to {
    ... on Place { address latitude } } } } } }
}"""


async def entries(world: World) -> list[Any]:
    """The audit entries about personal data, oldest first."""
    wanted = select(audit_entries).where(audit_entries.c.institution == BANK.id, audit_entries.c.action == "personal data read")
    return await world.services.records.read(lambda connection: list(connection.execute(wanted.order_by(audit_entries.c.sequence))))


def test_personal_values_are_read_in_full_by_those_who_may_and_leave_an_audit_entry(tmp_path):
    async def scene(world: World):
        found: dict[str, Any] = {}
        for role in Role:
            before = len(await entries(world))
            body = await world.ask(role)(PERSONAL, document=DOCUMENT)
            found[role] = body, (await entries(world))[before:]
        return found

    found = in_world(tmp_path, scene)
    kyc, noted = found[Role.KYC]
    person = kyc["data"]["person"]
    assert (person["name"], person["bornOn"], person["label"]) == ("张小明", "1990-05-17", "张**")
    ends = [edge["node"]["to"] for edge in person["ties"]["edges"]]
    assert {"number": "+8613800138000"} in ends and {"address": "zhang@example.com"} in ends
    assert kyc["data"]["document"] == {"label": "****4514", "documentKind": "IDENTITY_CARD", "issuedBy": "CN", "number": None}
    assert kyc["data"]["place"]["ties"]["edges"][0]["node"]["to"]["address"].startswith("浙江省")
    assert person["id"] in noted[0].subjects.split() and len(noted) == 1
    analyst, noted = found[Role.ANALYST]
    assert (analyst["data"]["person"]["name"], analyst["data"]["person"]["bornOn"]) == ("张小明", None) and noted
    assert analyst["extensions"]["masked"] == ["Account.number", "Document.number", "Email.address", "Person.bornOn", "Phone.number"]
    for role in (Role.SERVICE, Role.ADMIN):
        body, _ = found[role]
        text = orjson.dumps(body).decode()
        assert not any(secret in text for secret in ("张小明", "1990-05-17", "13800138000", "zhang@", "110101199003074514", "文三路"))
    assert found[Role.SERVICE][1] == []


def test_nothing_personal_is_given_when_the_audit_entry_cannot_be_written(tmp_path):
    async def scene(world: World):
        world.services.records.close()
        return await world.ask(Role.KYC)('{ entity(reference: {person: "P-1"}) { label ... on Person { name } } }')

    body = in_world(tmp_path, scene)
    assert body["data"] is None
    assert body["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
