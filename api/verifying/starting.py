"""`startVerification`: a verification of a merchant or person under the policy for the amount at stake."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection

from api.context import Services
from api.ids import new_id, timed_id
from api.once import Call, Done, Effect, once
from api.verifying.changing import DAY, check_again, done
from api.verifying.declaring import read_declaration
from graph.decoding import decode_reference
from graph.errors import InvalidInput, Problem, Unknown
from graph.fields import Reading
from graph.model import EntityKind, Instant
from identity import records
from identity.model import EvidenceKind
from identity.policy import policy_for
from identity.records import Evidence, Kept
from identity.subjects import enrolled_cipher
from identity.verification import State

Path = tuple[str, ...]

SUBJECTS: Final = {EntityKind.PERSON: "PERSON", EntityKind.MERCHANT: "MERCHANT"}
"""Who can be verified, in the words of policies."""


async def resolve_subject(services: Services, institution: str, raw: Mapping[str, Any], path: Path) -> tuple[str, str]:
    """Id and kind (PERSON, MERCHANT) of a subject. Raises `InvalidInput`, `Unknown`, `GraphUnavailable`."""
    name = decode_reference(raw, path)
    if name.kind not in SUBJECTS:
        raise InvalidInput([Problem(path, "names something that has no identity to verify: name a merchant or a person")])
    moment = await services.graph.now(institution)
    found = await services.graph.entity_id(institution, name, moment)
    if found is None:
        raise Unknown("There is no such merchant or person: record a fact that describes it first.", path)
    return found, SUBJECTS[name.kind]


async def start(call: Call) -> str:
    """The id of the verification, a new one or the one that runs. Raises what `once` raises, `InvalidInput`, `Unknown`."""
    given = call.input

    async def prepare(_at: Instant) -> Effect:
        services, tenant = call.services, call.principal.institution
        reading = Reading(tenant, services.now())
        amount = reading.money(given, ("input",), "amount")
        reading.finish()
        raw = given.get("declaration")
        declaration = None if raw is None else read_declaration(raw, tenant, services.now(), ("input", "declaration"))
        subject, kind = await resolve_subject(services, tenant.id, given["subject"], ("input", "subject"))
        return lambda connection: _open(connection, call, (subject, kind), amount, declaration)

    return str((await once(call, prepare))["verification"])


def _open(connection: Connection, call: Call, of: tuple[str, str], amount: int | None, declaration: dict[str, Any] | None) -> Done:
    services, institution, now = call.services, call.principal.institution.id, call.services.now()
    subject, kind = of
    cipher = enrolled_cipher(connection, services.vault.sealer(institution), institution, subject, now)  # one at a time: it locks the row
    kept = records.running(connection, institution, subject, now)
    action = "verification found"
    if kept is None:
        policy, action = policy_for(kind, amount), "verification started"
        kept = Kept(
            timed_id("ver", now), subject, kind, State.OPENED, 1, policy.name, policy.version, (), (), call.principal.id, now, now,
            now + policy.days_to_give * DAY, None, None, None,
        )  # fmt: skip
        records.add(connection, institution, kept)
        kept = check_again(connection, services, institution, kept, now)
    if declaration is not None:
        piece = new_id("evi")
        content = cipher.seal(f"evidence {piece}", declaration)
        evidence = Evidence(
            piece, kept.id, subject, EvidenceKind.DECLARATION, None, None, content, None, None, None, now, call.principal.id, None
        )
        records.add_evidence(connection, institution, evidence)
        kept = check_again(connection, services, institution, kept, now)
    return done(action, kept)
