"""A bank's desk: a running application, a service and KYC staff who ask it over HTTP, documents and faces that are drawn."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, TypeVar

import httpx
from PIL import Image

from api.auth.institutions import create_institution
from api.auth.keys import create_key
from api.context import Role
from api.jobs.working import VERIFYING, work_one
from api.sending import FILE
from tests.api.asked import asked
from tests.api.asking import BANK, OTHER
from tests.identity.images import saved
from tests.identity.portraits import ANNA, Portrait, drawn

T = TypeVar("T")

DOCUMENTS = Path(__file__).parents[2] / "data" / "documents"
CARD, LICENCE = (json.loads((DOCUMENTS / "truth.json").read_text())[place] for place in (0, 3))
OPERATIONS = Path(__file__).parents[2] / "data" / "operations"

VERIFICATION = """
  id state version title dueAt expiresAt openedAt policy { name version fourEyes } nextSteps { kind actor sentence }
  checks { code result sentence measured threshold falseMatchRate required took } conclusion { accepted reason decidedBy { name } }
"""
PROBLEM = "... on UserError { code message path }"


@lru_cache
def card(person: Portrait | None = ANNA) -> bytes:
    """The identity card of `CARD`, with a drawn face where the photograph is."""
    image = Image.open(DOCUMENTS / CARD["path"]).convert("RGB")
    if person is not None:
        width, height = image.size
        face = drawn(person, 480).resize((int(height * 0.5), int(height * 0.5)))
        image.paste(face, (width - int(height * 0.62), int(height * 0.14)))
    return saved(image, "JPEG", quality=95)


@lru_cache
def photograph(person: Portrait = ANNA) -> bytes:
    """A live face."""
    return saved(drawn(person, 640), "JPEG", quality=92)


def declared(**changes: Any) -> dict[str, Any]:
    """What the person of the card declares."""
    document = {"kind": "IDENTITY_CARD", "country": "CN", "number": CARD["number"]}
    return {"name": CARD["name"], "bornOn": CARD["birth"], "document": document, "address": CARD["address"], **changes}


@dataclass(slots=True)
class Desk:
    """Who asks, with a key for each name."""

    client: httpx.AsyncClient
    services: Any
    keys: Mapping[str, str]
    number: int = 0
    made: dict[str, Any] = field(default_factory=dict)

    async def ask(self, who: str, document: str, **variables: Any) -> dict[str, Any]:
        """The data of the answer."""
        headers = {"Authorization": f"Bearer {self.keys[who]}"}
        response = await self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        body = response.json()
        assert "errors" not in body, body
        found: dict[str, Any] = body["data"]
        return found

    async def call(self, who: str, mutation: str, select: str, key: str | None = None, of: str = "", **given: Any) -> dict[str, Any]:
        """What a mutation answers; `select` is of its success. `of` begins the names of its types where it does not itself."""
        self.number += 1
        name = of or mutation[0].upper() + mutation[1:]
        document = f"""mutation ($input: {name}Input!, $key: String!) {{ {mutation}(input: $input, idempotencyKey: $key) {{
            __typename ... on {name}Success {{ {select} }} {PROBLEM} }} }}"""
        found = (await self.ask(who, document, input=given, key=key or f"intent-{self.number:06d}"))[mutation]
        assert isinstance(found, dict)
        return found

    async def start(self, subject: Mapping[str, Any] | None = None, who: str = "service", **given: Any) -> dict[str, Any]:
        """A verification of somebody."""
        made = await self.call(
            who, "startVerification", f"verification {{ {VERIFICATION} }}", subject=subject or {"person": "P-1"}, **given
        )
        assert made["__typename"] == "StartVerificationSuccess", made
        return dict(made["verification"])

    async def add(self, verification: str, who: str = "service", **evidence: Any) -> dict[str, Any]:
        """One piece of evidence."""
        return await self.call(who, "addEvidence", f"verification {{ {VERIFICATION} }}", verification=verification, evidence=evidence)

    async def consent(self, verification: str, *purposes: str) -> None:
        """Consent for purposes."""
        for purpose in purposes or ("DOCUMENTS", "FACE"):
            given = {"purpose": purpose, "givenAt": "2026-11-01T08:00:00Z", "wording": "2026-1"}
            assert (await self.add(verification, consent=given))["__typename"] == "AddEvidenceSuccess"

    async def ticket(self, verification: str, kind: str, who: str = "service") -> dict[str, Any]:
        """Leave to send an image, or the problem."""
        select = "ticket { id path accepts maximumBytes maximumPixels expiresAt }"
        return await self.call(who, "requestUpload", select, verification=verification, kind=kind)

    async def put(self, path: str, image: bytes, who: str = "service") -> httpx.Response:
        """Send an image."""
        headers = {"Authorization": f"Bearer {self.keys[who]}", "Content-Type": "image/jpeg"}
        return await self.client.put(path, content=image, headers=headers)

    async def send(self, verification: str, kind: str, image: bytes) -> str:
        """The ticket of an image that was sent."""
        made = await self.ticket(verification, kind)
        assert made["__typename"] == "RequestUploadSuccess", made
        response = await self.put(made["ticket"]["path"], image)
        assert response.status_code == 201, response.text
        return str(made["ticket"]["id"])

    async def show(self, verification: str, kind: str, image: bytes) -> dict[str, Any]:
        """An image as evidence."""
        return await self.add(verification, image=await self.send(verification, kind, image))

    async def work(self) -> None:
        """Run every check that waits."""
        while await work_one(self.services, VERIFYING):
            continue

    async def see(self, verification: str, who: str = "kyc", select: str = VERIFICATION) -> dict[str, Any]:
        """A verification as somebody sees it."""
        found = await self.ask(who, f"query ($id: ID!) {{ verification(id: $id) {{ {select} }} }}", id=verification)
        return dict(found["verification"])

    async def code(self, verification: str) -> str:
        """The code that is sent to a phone."""
        contact = {"phone": "+8613800138000"}
        made = await self.call("service", "sendContactCode", "expiresAt", verification=verification, contact=contact)
        assert made["__typename"] == "SendContactCodeSuccess", made
        sent = (self.services.settings.data / FILE).read_text().splitlines()
        return str(json.loads(sent[-1])["code"])

    async def referred(self, **given: Any) -> dict[str, Any]:
        """A verification that a person must decide: without consent to a face, visited instead, and the card shows another number."""
        opened = (await self.start(**given))["id"]
        await self.consent(opened, "DOCUMENTS")
        wrong = {"kind": "IDENTITY_CARD", "country": "CN", "number": "110101199003074514"}
        await self.add(opened, declaration=declared(document=wrong, bornOn="1990-03-07"))
        place = {"address": "1 Market", "country": "CN"}
        visit = {"visitedAt": "2026-11-01T08:00:00Z", "place": place, "asDeclared": True, "findings": "A noodle shop."}
        await self.add(opened, "kyc", fieldVisit=visit)
        await self.add(opened, contactCode=await self.code(opened))
        await self.show(opened, "DOCUMENT_FRONT", card())
        await self.work()
        return await self.see(opened)


@asynccontextmanager
async def desk(folder: Path, **changes: Any) -> AsyncIterator[Desk]:
    """A desk with one merchant, its owner and another person, at a bank beside another bank."""
    async with asked(folder, **changes) as (client, services):
        keys = {}

        for bank, name in ((BANK, "Rural Bank"), (OTHER, "City Bank")):
            make = partial(create_institution, institution=bank, name=name, now=services.now())
            await services.records.write(make, institution=bank.id)
        staff = {"service": (BANK, Role.SERVICE), "kyc": (BANK, Role.KYC), "second": (BANK, Role.KYC), "analyst": (BANK, Role.ANALYST),
                 "admin": (BANK, Role.ADMIN), "other": (OTHER, Role.SERVICE), "other kyc": (OTHER, Role.KYC),
                 "colleague": (BANK, Role.ANALYST), "other analyst": (OTHER, Role.ANALYST)}  # fmt: skip
        for name, (bank, role) in staff.items():
            make_key = partial(create_key, institution=bank.id, name=name, roles=[role], now=services.now())
            keys[name] = (await services.records.write(make_key, institution=bank.id))[1]
        made = Desk(client, services, keys)
        record = "mutation ($input: RecordFactsInput!) { recordFacts(input: $input) { ... on RecordFactsSuccess { recorded refused } } }"
        facts = [
            {"merchantDescribed": {"key": "M-1", "name": LICENCE["name"], "country": "CN"}},
            {"personDescribed": {"key": "P-1", "name": CARD["name"], "country": "CN"}},
            {"personDescribed": {"key": "P-2", "name": "王伟", "country": "CN"}},
            {"tieObserved": {"from": {"person": "P-1"}, "kind": "OWNS", "to": {"merchant": "M-1"}, "share": 1}},
        ]
        batch = [{"id": f"f-{place}", "occurredAt": "2026-01-01T00:00:00Z", "content": one} for place, one in enumerate(facts)]
        for who in ("service", "other"):
            answer = await made.ask(who, record, input={"source": "core", "facts": batch})
            assert answer["recordFacts"]["refused"] == 0, answer
        yield made


async def staffed(client: httpx.AsyncClient, services: Any) -> Desk:
    """A desk in a bank that is there already."""
    keys = {}
    for name, role in (("desk service", Role.SERVICE), ("kyc", Role.KYC), ("second", Role.KYC)):
        make = partial(create_key, institution=BANK.id, name=name, roles=[role], now=services.now())
        keys[name.removeprefix("desk ")] = (await services.records.write(make, institution=BANK.id))[1]
    return Desk(client, services, keys)


async def at_desk(folder: Path, scene: Callable[[Desk], Awaitable[T]], **changes: Any) -> T:
    """What a scene gives that is played at a desk."""
    async with desk(folder, **changes) as made:
        return await scene(made)
