"""Leave to send an image, to answer a challenge, to have a code sent: tickets of one verification, each good once and for a while."""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection

from api.context import Services
from api.ids import new_id
from api.once import Call, Done, Effect, once
from api.sending import Message
from api.verifying.changing import held, require_open
from graph.decoding import decode_reference
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import EntityKind, Instant, Sealed
from identity import records, tickets
from identity.errors import ConsentMissing, WrongState
from identity.model import EvidenceKind
from identity.records import Kept
from identity.tickets import Ticket, TicketKind
from identity.verification import CONSENT_FOR, CONSENT_SENTENCES, Purpose

IMAGES: Final = frozenset(
    {EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK, EvidenceKind.FACE, EvidenceKind.LIVENESS_FRAMES, EvidenceKind.PREMISES}
)
"""Evidence that is an image."""

SHOWN: Final = ("BLINK", "TURN_LEFT", "TURN_RIGHT")
"""What a challenge draws from; it begins with LOOK_AHEAD."""

CODE_DIGITS: Final = 6
HOUR: Final = 60 * tickets.MINUTE


def require_consent(connection: Connection, institution: str, kept: Kept, purpose: Purpose) -> None:
    """Raise `ConsentMissing` unless the subject consented to a purpose in this verification."""
    pieces = records.evidence_of(connection, institution, kept.id)
    if purpose not in records.given(kept, pieces).consents:
        raise ConsentMissing(purpose, f"There is no consent for this yet. {CONSENT_SENTENCES[purpose]}")


def _give(
    connection: Connection, call: Call, kind: TicketKind, about: str, life: Instant, purpose: Purpose | None, secret: bytes | None = None
) -> Ticket:
    """A new ticket of the verification that the input names."""
    institution, now = call.principal.institution.id, call.services.now()
    kept = held(connection, institution, call.input["verification"], now)
    require_open(kept, "evidence")
    if purpose is not None:
        require_consent(connection, institution, kept, purpose)
    if tickets.count_since(connection, institution, kept.id, kind, now - HOUR) >= tickets.MOST_TICKETS:
        raise WrongState(f"The verification was given {tickets.MOST_TICKETS} tickets within an hour: use those.", kept.state)
    ticket = Ticket(new_id("tic"), kept.id, kept.subject, kind, about, call.principal.id, now, now + life, secret=secret)
    tickets.add(connection, institution, ticket)
    return ticket


async def request_upload(call: Call) -> dict[str, Any]:
    """Leave to send one image: the ticket's id and end.

    Raises what `once` raises, `InvalidInput`, `Unknown`, `ConsentMissing`, `WrongState`.
    """
    kind = EvidenceKind(str(call.input["kind"]))

    async def prepare(_at: Instant) -> Effect:
        if kind not in IMAGES:
            names = ", ".join(sorted(IMAGES))
            raise InvalidInput([Problem(("input", "kind"), f"is given without an image: an upload is for {names}")])
        return effect

    def effect(connection: Connection) -> Done:
        made = _give(connection, call, TicketKind.UPLOAD, kind.value, tickets.UPLOAD_LIFE, CONSENT_FOR.get(kind))
        return _told(made, "upload allowed")

    return dict(await once(call, prepare))


async def request_challenge(call: Call) -> dict[str, Any]:
    """What the subject must do on camera, drawn anew each time. Raises as `request_upload`."""

    async def prepare(_at: Instant) -> Effect:
        drawn = secrets.SystemRandom().sample(SHOWN, 2)
        return lambda connection: effect(connection, " ".join(["LOOK_AHEAD", *drawn]))

    def effect(connection: Connection, actions: str) -> Done:
        made = _give(connection, call, TicketKind.LIVENESS, actions, tickets.LIVENESS_LIFE, Purpose.FACE)
        return _told(made, "challenge given")

    return dict(await once(call, prepare))


async def send_code(call: Call) -> dict[str, Any]:
    """Send a code to a phone or e-mail of the subject. Raises as `request_upload`."""

    async def prepare(_at: Instant) -> Effect:
        services, institution = call.services, call.principal.institution.id
        contact = await _contact(services, institution, call.input["contact"])
        now = services.now()

        def allowed(connection: Connection) -> None:
            kept = held(connection, institution, call.input["verification"], now, hold=False)
            require_open(kept, "code")
            if tickets.count_since(connection, institution, kept.id, TicketKind.CODE, now - HOUR) >= tickets.MOST_CODES:
                raise WrongState(f"{tickets.MOST_CODES} codes were sent within an hour, the most: try again later.", kept.state)

        await services.records.read(allowed, institution=institution)
        code = "".join(secrets.choice("0123456789") for _ in range(CODE_DIGITS))
        # Before the ticket is kept: a code that does not work is asked for again, one that never came would wait for nothing.
        await services.sender.send(Message(institution, contact, code))
        return lambda connection: effect(connection, contact, code)

    def effect(connection: Connection, contact: str, code: str) -> Done:
        masked = Message(call.principal.institution.id, contact, code).masked
        secret = hashed(call.services, call.principal.institution.id, call.input["verification"], code)
        return _told(_give(connection, call, TicketKind.CODE, masked, tickets.CODE_LIFE, None, secret), "code sent")

    return dict(await once(call, prepare))


def hashed(services: Services, institution: str, verification: str, code: str) -> bytes:
    """How a code is kept: under a key of the institution, so that the table alone does not tell it."""
    return hmac.digest(services.vault.key("contact code", institution), f"{verification}\0{code}".encode(), sha256)


async def _contact(services: Services, institution: str, raw: dict[str, Any]) -> str:
    """The number or address of a contact. Raises `InvalidInput`, `Unknown`."""
    path = ("input", "contact")
    name = decode_reference(raw, path)
    if name.kind not in {EntityKind.PHONE, EntityKind.EMAIL}:
        raise InvalidInput([Problem(path, "receives no code: name a phone or an e-mail address")])
    if name.key is not None:
        return name.key
    moment = await services.graph.now(institution)
    entity = (await services.graph.entities(institution, [name.id or ""], moment)).get(name.id or "")
    field = "number" if name.kind is EntityKind.PHONE else "address"
    value = None if entity is None else entity.fields.get(field)
    if entity is None or entity.subject_key is None or not isinstance(value, Sealed):
        raise Unknown("There is no such contact, or it was erased: give the number or address itself.", path)
    return services.sealers(institution).open(entity.subject_key, entity.id, value.field, value.ciphertext)


def _told(ticket: Ticket, action: str) -> Done:
    answer = {"ticket": ticket.id, "about": ticket.about, "expires_at": ticket.expires_at}
    return Done(answer, action, (ticket.verification, ticket.id))
