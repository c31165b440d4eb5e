"""Runs the checks of a verification: read what was sent, look at lists and faces, judge, and keep what it says. The work of a job.

Images are read in the pool's processes, one after the other, and what was read is kept sealed at once: a worker that dies reads on where
it was. What is written at the end is fenced by the verification's version: who changed it meanwhile put a job of its own.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection

from api import outbox, queue
from api.auth.institutions import the_institution
from api.context import Services
from api.once import Done, note
from api.queue import Job
from api.records import RecordsUnavailable
from api.verifying.changing import DAY, saved
from api.verifying.declaring import day_of, declared
from api.verifying.giving import parted, unread
from api.verifying.looking import Contents, Looked, declaration, last_of, look
from api.verifying.screening import screen
from api.verifying.tying import found_facts, tie
from graph.model import Instant
from identity import records, templates
from identity.checks import CHECKS
from identity.faces.matching import RATES, false_match_rate, threshold_for
from identity.faces.searching import FaceChange
from identity.frames import document_from, face_from, liveness_from, plain_document, plain_face, plain_liveness
from identity.lists.screening import FALSE_POSITIVE_RATE, THRESHOLD
from identity.model import CheckResult, EvidenceKind, FaceCalibration, IdentityFile, Outcome
from identity.policy import Policy
from identity.records import CheckRun, Evidence, Kept
from identity.subjects import SubjectCipher
from identity.verification import RUNNING, Given, Results, State, checked_state, required_checks
from identity.worker import Busy, NotInstalled, WrongImage

SYSTEM: Final = "system"
"""Who does what nobody waits for, in the audit chain."""

SECONDS: Final = 5.0
RATE: Final = 1e-4
"""Share of strangers that match the face on a document at the threshold in force."""

SHARED_RATE: Final = 1e-3
"""Chance that a stranger's face is found near anybody at all among those kept."""

CALIBRATION: Final = FaceCalibration(round(threshold_for(RATE), 3), RATE, RATES[0][0], false_match_rate(RATES[0][0]))
HIT_DAYS: Final = 2
"""Days until a possible match should be judged."""

ALL_PASSED: Final = "All checks that the policy asks for passed."


@dataclass(slots=True)
class FaceTemplates:
    """The templates that are kept, as the search asks for them (`identity.faces.searching.Templates`)."""

    services: Services

    async def changes(self, institution: str, after: int, most: int) -> Sequence[FaceChange]:
        """The first changes after a number, opened."""
        sealer = self.services.vault.sealer(institution)
        return await self.services.records.read(
            lambda connection: templates.changes(connection, sealer, institution, after, most), SECONDS, institution=institution
        )


async def check(services: Services, job: Job, id: str) -> None:
    """Run the checks that can be run and keep what they say, with the job's end. Raises what parts that are down raise."""
    institution = job.institution
    looked = await services.records.read(lambda connection: look(connection, services, institution, id), SECONDS, institution=institution)
    if looked is None or looked.cipher.erased or looked.kept.at(services.now()).state not in RUNNING:
        await services.records.write(lambda connection: queue.finish(connection, job, services.now()), institution=institution)
        return
    try:
        contents = await _read_images(services, institution, looked)
        file, excused = await _file(services, institution, replace(looked, contents=contents))
    except (Busy, NotInstalled) as error:
        raise RecordsUnavailable(str(error), "LATE") from error
    given = records.given(looked.kept, looked.pieces)
    runs = run_checks(looked.policy, given, file, excused)
    tenant = (await services.records.read(lambda connection: the_institution(connection, institution))).institution
    await tie(services, tenant, found_facts(replace(looked, contents=contents), file, {run.result.code: run.result for run in runs}))
    await services.records.write(
        lambda connection: _conclude(connection, services, job, looked, (file, runs, excused)), SECONDS, institution=institution
    )


async def _read_images(services: Services, institution: str, looked: Looked) -> Contents:
    """What is on each image, read where it was not yet; each is kept as soon as it is read."""
    contents = dict(looked.contents)
    for piece in sorted(looked.pieces, key=lambda one: one.kind is EvidenceKind.LIVENESS_FRAMES):
        if not unread(piece, contents[piece.id]):
            continue
        image = looked.cipher.open_bytes(f"image {piece.id}", piece.image) or b""
        before = contents[piece.id] or {}
        try:
            read = await _read(services, piece.kind, image, before, _template(looked.pieces, contents))
        except WrongImage as error:
            read = {"read": None, "problem": str(error)}
        contents[piece.id] = {**before, **read}
        sealed = looked.cipher.seal(f"evidence {piece.id}", contents[piece.id])

        def keep(connection: Connection, id_: str = piece.id, content: bytes = sealed) -> None:
            records.note_read(connection, institution, id_, content)

        await services.records.write(keep, SECONDS, institution=institution)
    return contents


async def _read(
    services: Services, kind: EvidenceKind, image: bytes, before: Mapping[str, Any], live: Sequence[float] | None
) -> dict[str, Any]:
    if kind in {EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK}:
        document = await services.reading.read_document(image)
        return {"read": plain_document(document.reading), "face": plain_face(document.face)}
    if kind is EvidenceKind.FACE:
        return {"read": plain_face((await services.reading.read_face(image)).face)}
    shown = await services.reading.read_liveness(parted(image), before["actions"], live)
    return {"read": plain_liveness(shown)}


def _template(pieces: Sequence[Evidence], contents: Contents) -> Sequence[float] | None:
    """The live face, when one was found."""
    read = last_of(pieces, contents, EvidenceKind.FACE)
    return None if read is None or not read.get("read") else face_from(read["read"]).template


def plain_file(looked: Looked, country: str, now: Instant) -> IdentityFile:
    """What the checks look at, as far as the evidence alone says it."""
    pieces, contents = looked.pieces, looked.contents
    file = IdentityFile(day_of(now), country, kind=looked.kept.kind, declared=declared(declaration(looked)), faces=CALIBRATION)
    front = last_of(pieces, contents, EvidenceKind.DOCUMENT_FRONT) or {}
    if front.get("read"):
        file = replace(file, document=document_from(front["read"]), document_face=face_from(front["face"]))
    face, shown = last_of(pieces, contents, EvidenceKind.FACE) or {}, last_of(pieces, contents, EvidenceKind.LIVENESS_FRAMES) or {}
    if face.get("read"):
        file = replace(file, face=face_from(face["read"]))
    if shown.get("read"):
        file = replace(file, liveness=liveness_from(shown["read"]))
    owners = next((contents[piece.id] for piece in reversed(pieces) if piece.kind is EvidenceKind.OWNERSHIP), None)
    if owners:
        shares: dict[str, dict[str, float]] = {"": {id_: share for id_, _, share in owners}}
        shares |= {id_: {} for id_, kind, _ in owners if kind == "mer"}
        file = replace(file, shares=shares)
    codes = [piece.positive for piece in pieces if piece.kind is EvidenceKind.CONTACT_CODE]
    return replace(file, contact_reached=codes[-1] if codes else None)


async def _file(services: Services, institution: str, looked: Looked) -> tuple[IdentityFile, frozenset[str]]:
    """What the checks look at, with faces and lists; and the checks that have nothing to compare with here."""
    tenant = (await services.records.read(lambda connection: the_institution(connection, institution))).institution
    country = tenant.currency[:2]  # the first two letters of a currency are its country (ISO 4217)
    file = plain_file(looked, country, services.now())
    if file.face is not None and file.face.template is not None:
        near = await services.reading.face_candidates(
            institution, file.face.template, FaceTemplates(services), rate=SHARED_RATE, leave_out=looked.kept.subject
        )
        file = replace(file, face_candidates=near)
    found = await screen(services, institution, looked, file.declared)
    if found is None:
        return file, frozenset()
    searched, matches = found
    if not searched:
        return file, frozenset({"WATCHLIST"})
    return replace(file, list_matches=matches, list_threshold=THRESHOLD, list_false_positive_rate=FALSE_POSITIVE_RATE), frozenset()


def run_checks(policy: Policy, given: Given, file: IdentityFile, excused: frozenset[str]) -> tuple[CheckRun, ...]:
    """What every check of the policy says for which there is what it needs, in their order."""
    required = frozenset(required_checks(policy, given, excused))
    stated = EvidenceKind.DECLARATION in given.kinds
    found = []
    for code in policy.checks:
        one = CHECKS[code]
        if not one.needs <= given.for_checks or (not one.needs and not stated):
            continue
        begun = time.perf_counter()
        result = one.run(file)
        if code not in required and code in policy.also and result.outcome is Outcome.INCONCLUSIVE and not _tells(code, file):
            continue
        found.append(CheckRun(result, code in required, round((time.perf_counter() - begun) * 1000, 3)))
    return tuple(found)


def _tells(code: str, file: IdentityFile) -> bool:
    """Whether a check that need not pass looked at anything: what nobody declared is no finding."""
    said, zone = file.declared, None if file.document is None else file.document.fields.get("mrz")
    looked_at: dict[str, object] = {"PHONE": said.phone, "BANK_ACCOUNT": said.account, "ACCOUNT_HOLDER": said.account_holder}
    looked_at |= {"DOCUMENT_EXPIRY": said.document_valid_until, "MACHINE_READABLE_ZONE": zone}
    return code not in looked_at or looked_at[code] is not None


def _conclude(
    connection: Connection, services: Services, job: Job, looked: Looked, of: tuple[IdentityFile, tuple[CheckRun, ...], frozenset[str]]
) -> None:
    """One transaction: the job's end, the results, where they lead, the face that is kept, and last the audit entry."""
    file, runs, excused = of
    institution, now = job.institution, services.now()
    queue.finish(connection, job, now)
    before = records.verification(connection, institution, looked.kept.id, held=True)
    if before is None or before.version != looked.kept.version or before.at(now).state not in RUNNING:
        return  # who changed it put a job of its own
    given = records.given(before, looked.pieces)
    results = Results({run.result.code: run.result for run in runs}, excused)
    state = checked_state(looked.policy, given, results)
    if before.state is State.REFERRED and state is State.WAITING_FOR_EVIDENCE:
        state = State.REFERRED
    after = replace(before, state=state, checks=runs, changed_at=now, faces=_faces(file))
    if state is State.VERIFIED:
        after = accepted(after, looked.policy, looked.cipher, ALL_PASSED, (), now)
    elif state is State.REFERRED and before.state is not State.REFERRED:
        after = replace(after, due_at=now + looked.policy.days_to_decide * DAY)
    kept = saved(connection, institution, before, after)
    if file.face is not None and file.face.template is not None:
        templates.keep(connection, services.vault.sealer(institution), institution, kept.subject, file.face.template, now)
    services.metrics.verification(kept.state, "checks")
    event = (outbox.VERIFICATION_CHANGED, kept.id)
    note(connection, services, institution, SYSTEM, Done({}, "verification checked", (kept.id, kept.subject), event))


def _faces(file: IdentityFile) -> int | None:
    """How many people have the face, the subject included; None without a face."""
    if file.face_candidates is None:
        return None
    return 1 + sum(found.distance <= file.faces.shared_threshold for found in file.face_candidates)


def accepted(kept: Kept, policy: Policy, cipher: SubjectCipher, reason: str, by: Sequence[str], now: Instant) -> Kept:
    """The verification with its identity established, until it must be renewed."""
    conclusion = cipher.seal(f"conclusion {kept.id}", {"accepted": True, "reason": reason, "at": now, "by": list(by)})
    end = now + policy.days_valid * DAY
    return replace(kept, state=State.VERIFIED, verified_at=now, expires_at=end, due_at=None, conclusion=conclusion, changed_at=now)


def checks_said(kept: Kept, outcome: Outcome) -> list[str]:
    """Codes of the checks that said this."""
    return [run.result.code for run in kept.checks if run.result.outcome is outcome]


def result_of(kept: Kept, code: str) -> CheckResult | None:
    """What a check said; None when it was not run."""
    return next((run.result for run in kept.checks if run.result.code == code), None)
