"""`addEvidence`: one piece of evidence of any kind, kept sealed, and the checks that can run with it put to work."""

from __future__ import annotations

import hmac
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection

from api.ids import new_id
from api.once import Call, Done, Effect, once
from api.verifying.changing import DAY, check_again, done, held, require_open
from api.verifying.declaring import read_consent, read_declaration, read_owners, read_visit
from api.verifying.tickets import hashed, require_consent
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import Instant
from identity import records, tickets
from identity.errors import WrongState
from identity.model import EvidenceKind
from identity.records import MOST_EVIDENCE, Evidence, Kept
from identity.subjects import SubjectCipher, enrolled_cipher
from identity.tickets import Ticket, TicketKind
from identity.verification import CONSENT_FOR, Purpose

IMAGE_DAYS: Final = 730
"""How long images are kept; what was read from them stays as long as the subject."""

FEWEST_FRAMES: Final = 4
MOST_FRAMES: Final = 12

Path = tuple[str, ...]
Add = Callable[[Connection, Kept, SubjectCipher], None]
"""Keeps one piece of evidence."""


async def add_evidence(call: Call) -> str:
    """The verification's id. Raises what `once` raises, `InvalidInput`, `Unknown`, `ConsentMissing`, `WrongState`."""
    ((kind, given),) = [(name, value) for name, value in call.input["evidence"].items() if value is not None]
    path = ("input", "evidence", kind)

    async def prepare(_at: Instant) -> Effect:
        add = await _prepared(call, kind, given, path)

        def effect(connection: Connection) -> Done:
            services, institution, now = call.services, call.principal.institution.id, call.services.now()
            kept = held(connection, institution, call.input["verification"], now)
            require_open(kept, "evidence")
            if len(records.evidence_of(connection, institution, kept.id)) >= MOST_EVIDENCE:
                raise WrongState(f"The verification has {MOST_EVIDENCE} pieces of evidence, the most: decide with them.", kept.state)
            add(connection, kept, enrolled_cipher(connection, services.vault.sealer(institution), institution, kept.subject, now))
            return done("evidence added", check_again(connection, services, institution, kept, now))

        return effect

    return str((await once(call, prepare))["verification"])


async def _prepared(call: Call, kind: str, given: Any, path: Path) -> Add:  # noqa: ANN401 - one of the input's shapes
    """How a piece of evidence is kept; what is wrong with it is said before."""
    tenant, now = call.principal.institution, call.services.now()
    match kind:
        case "consent":
            purpose = Purpose(str(given["purpose"]))
            return _plain(call, EvidenceKind.CONSENT, read_consent(given, tenant, now, path), purpose=purpose)
        case "declaration":
            return _plain(call, EvidenceKind.DECLARATION, read_declaration(given, tenant, now, path))
        case "fieldVisit":
            return _plain(call, EvidenceKind.FIELD_VISIT, read_visit(given, tenant, now, path), positive=bool(given["asDeclared"]))
        case "ownership":
            return _plain(call, EvidenceKind.OWNERSHIP, await _owners(call, given, path))
        case "contactCode":
            return await _answered_code(call, str(given), path)
        case "image":
            return lambda connection, kept, cipher: _image(connection, call, kept, cipher, str(given), path)
        case _:
            return lambda connection, kept, cipher: _frames(connection, call, kept, cipher, given, path)


def _piece(call: Call, kept: Kept, kind: EvidenceKind, **more: Any) -> Evidence:  # noqa: ANN401 - fields of evidence
    plain: dict[str, Any] = {"purpose": None, "positive": None, "content": None, "image": None, "width": None, "height": None}
    plain |= {"retained_until": None, "id": new_id("evi"), **more}
    now = call.services.now()
    return Evidence(verification=kept.id, subject=kept.subject, kind=kind, added_at=now, added_by=call.principal.id, **plain)


def _plain(call: Call, kind: EvidenceKind, content: object, purpose: Purpose | None = None, *, positive: bool | None = None) -> Add:
    """Evidence that is fields."""

    def add(connection: Connection, kept: Kept, cipher: SubjectCipher) -> None:
        id_ = new_id("evi")
        sealed = cipher.seal(f"evidence {id_}", content)
        piece = _piece(call, kept, kind, id=id_, content=sealed, purpose=purpose, positive=positive)
        records.add_evidence(connection, call.principal.institution.id, piece)

    return add


async def _owners(call: Call, given: Mapping[str, Any], path: Path) -> list[list[Any]]:
    services, tenant = call.services, call.principal.institution
    named = read_owners(given, tenant, services.now(), path)
    moment, found = await services.graph.now(tenant.id), []
    for place, (name, share) in enumerate(named):
        id_ = await services.graph.entity_id(tenant.id, name, moment)
        if id_ is None:
            message = "There is no such owner: record a fact that describes it first."
            raise Unknown(message, (*path, "owners", str(place), "owner"))
        found.append([id_, name.kind.value, share])
    return found


async def _answered_code(call: Call, code: str, path: Path) -> Add:
    """The code that the subject entered: each try is counted before it is answered, and kept whatever becomes of the call."""
    services, institution, now = call.services, call.principal.institution.id, call.services.now()

    def tried(connection: Connection) -> tuple[Ticket | None, int]:
        kept = held(connection, institution, call.input["verification"], now)
        require_open(kept, "code")
        found = tickets.newest_code(connection, institution, kept.id)
        if found is not None and found.stands(now) and found.attempts < tickets.MOST_ATTEMPTS:
            tickets.note_attempt(connection, institution, found.id)
            return found, tickets.MOST_ATTEMPTS - found.attempts - 1
        return None, 0

    ticket, left = await services.records.write(tried, institution=institution)
    if ticket is None:
        raise InvalidInput([Problem(path, "no code that was sent stands any more: have a new one sent with `sendContactCode`")])
    if not hmac.compare_digest(ticket.secret or b"", hashed(services, institution, call.input["verification"], code)):
        more = f"{left} {'try is' if left == 1 else 'tries are'} left" if left else "have a new one sent with `sendContactCode`"
        raise InvalidInput([Problem(path, f"is not the code that was sent: {more}")])

    def add(connection: Connection, kept: Kept, cipher: SubjectCipher) -> None:
        tickets.use(connection, institution, [ticket.id], now)
        _plain(call, EvidenceKind.CONTACT_CODE, {"contact": ticket.about}, positive=True)(connection, kept, cipher)

    return add


def _sent(connection: Connection, call: Call, kept: Kept, id: str, kind: TicketKind, path: Path) -> Ticket:
    """A ticket of this verification that stands. Raises `Unknown`, `InvalidInput`."""
    institution, now = call.principal.institution.id, call.services.now()
    found = tickets.ticket(connection, institution, id, held=True)
    if found is None or found.verification != kept.id or found.kind is not kind:
        raise Unknown("There is no such ticket of this verification: ask for one first.", path)
    if not found.stands(now):
        raise InvalidInput([Problem(path, "was used before or is over: ask for a new one")])
    return found


def _opened(cipher: SubjectCipher, ticket: Ticket, path: Path) -> bytes:
    image = cipher.open_bytes(f"image {ticket.id}", ticket.image)
    if image is None:
        raise InvalidInput([Problem(path, "was given no image yet: PUT its bytes to the ticket's `path` first")])
    return image


def _image(connection: Connection, call: Call, kept: Kept, cipher: SubjectCipher, id: str, path: Path) -> None:
    """An image that was sent against a ticket."""
    institution, now = call.principal.institution.id, call.services.now()
    ticket = _sent(connection, call, kept, id, TicketKind.UPLOAD, path)
    kind = EvidenceKind(ticket.about)
    if kind is EvidenceKind.LIVENESS_FRAMES:
        raise InvalidInput([Problem(path, "is a frame of a challenge: give all of them as `liveness`")])
    if kind in CONSENT_FOR:
        require_consent(connection, institution, kept, CONSENT_FOR[kind])
    image = _opened(cipher, ticket, path)
    tickets.use(connection, institution, [ticket.id], now)
    _keep(connection, call, kept, cipher, (kind, image, (ticket.width or 0, ticket.height or 0)))


def _frames(connection: Connection, call: Call, kept: Kept, cipher: SubjectCipher, given: Mapping[str, Any], path: Path) -> None:
    """The frames of a challenge, in the order taken."""
    institution, now = call.principal.institution.id, call.services.now()
    ids: Sequence[str] = given["frames"]
    if not FEWEST_FRAMES <= len(ids) <= MOST_FRAMES or len(set(ids)) != len(ids):
        message = f"are {FEWEST_FRAMES} to {MOST_FRAMES} different tickets of images, in the order taken"
        raise InvalidInput([Problem((*path, "frames"), message)])
    challenge = _sent(connection, call, kept, given["challenge"], TicketKind.LIVENESS, (*path, "challenge"))
    require_consent(connection, institution, kept, Purpose.FACE)
    places = [(*path, "frames", str(place)) for place in range(len(ids))]
    sent = [_sent(connection, call, kept, id_, TicketKind.UPLOAD, place) for id_, place in zip(ids, places, strict=True)]
    images = [_opened(cipher, ticket, place) for ticket, place in zip(sent, places, strict=True)]
    tickets.use(connection, institution, [challenge.id, *ids], now)
    content = {"actions": challenge.about.split()}
    size = (sent[0].width or 0, sent[0].height or 0)
    _keep(connection, call, kept, cipher, (EvidenceKind.LIVENESS_FRAMES, joined(images), size), content)


def _keep(
    connection: Connection, call: Call, kept: Kept, cipher: SubjectCipher, of: tuple[EvidenceKind, bytes, tuple[int, int]],
    content: object = None,
) -> None:  # fmt: skip
    kind, image, (width, height) = of
    id_ = new_id("evi")
    piece = _piece(
        call,
        kept,
        kind,
        id=id_,
        image=cipher.seal_bytes(f"image {id_}", image),
        width=width,
        height=height,
        content=None if content is None else cipher.seal(f"evidence {id_}", content),
        retained_until=call.services.now() + IMAGE_DAYS * DAY,
    )
    records.add_evidence(connection, call.principal.institution.id, piece)


def joined(images: Sequence[bytes]) -> bytes:
    """Several images as one run of bytes: each with its length before it."""
    return b"".join(struct.pack(">I", len(image)) + image for image in images)


def parted(run: bytes) -> list[bytes]:
    """The images of `joined` again."""
    found, place = [], 0
    while place < len(run):
        (length,) = struct.unpack_from(">I", run, place)
        found.append(run[place + 4 : place + 4 + length])
        place += 4 + length
    return found


def unread(piece: Evidence, content: Mapping[str, Any] | None) -> bool:
    """Whether nothing was read yet from an image."""
    return piece.image is not None and piece.kind is not EvidenceKind.PREMISES and (content is None or "read" not in content)
