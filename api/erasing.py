"""Forgetting a person: one proposes it, another agrees, and a job destroys what the graph and the records keep.

Who was forgotten is also noted in a file of the data folder, which no backup of the databases brings back to an earlier state: at its next
start a server forgets again whoever came back with an old backup.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import orjson
from sqlalchemy import Connection, insert, select

from api import audit, proposing, queue
from api.auth.institutions import all_institutions
from api.context import Services
from api.ids import new_id
from api.once import Call, Done, Effect, once, read_reason
from api.proposing import Carried, Proposal
from api.queue import Job
from api.tables import audit_entries, erasures
from api.verifying.changing import saved
from graph.decoding import decode_reference
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import EntityKind, Instant
from graph.store import Erased
from identity import records
from identity.errors import WrongState
from identity.forgetting import Forgotten, forget, keyed_before
from identity.tickets import contacts_of
from identity.verification import RUNNING, State

ERASE: Final = "ERASE_SUBJECT"
FORGET: Final = "forget person"
"""The job that destroys what is kept of somebody."""

FILE: Final = "erased.jsonl"
"""Who was forgotten and when, one a line: ids alone."""

LONGEST_REASON: Final = 500
PROPOSAL_DAYS: Final = 14
DAY: Final = 86_400_000
SECONDS: Final = 5.0
AT_ONCE: Final = 500
"""Subjects that are looked up together."""


async def erase_subject(call: Call) -> Mapping[str, Any]:
    """The ids of the subject and of the proposal that a second person must agree to.

    Raises what `once` raises, `InvalidInput`, `Unknown`, and `WrongState` while another proposal about the same person waits.
    """
    services, institution = call.services, call.principal.institution.id

    async def prepare(_at: Instant) -> Effect:
        reason = read_reason(call, LONGEST_REASON)
        name = decode_reference(call.input["subject"], ("input", "subject"))
        if name.kind is not EntityKind.PERSON:
            raise InvalidInput([Problem(("input", "subject"), "is no person: only people are forgotten, with what is theirs alone")])
        subject = await services.graph.entity_id(institution, name, await services.graph.now(institution))
        if subject is None:
            raise Unknown("There is nobody by this name here.", ("input", "subject"))
        return lambda connection: effect(connection, subject, reason)

    def effect(connection: Connection, subject: str, reason: str) -> Done:
        now = services.now()
        if proposing.waiting_for(connection, institution, subject) is not None:
            raise WrongState("A proposal about this person waits for a second one already: answer that one.", "PROPOSED")
        sealed = services.vault.seal_bytes(institution, "proposal", reason.encode())
        proposal = Proposal(
            new_id("pro"), ERASE, subject, 0, True, f"Forget the person {subject} for ever.", call.principal.id, sealed,
            now, now + PROPOSAL_DAYS * DAY,
        )  # fmt: skip
        proposing.add(connection, institution, proposal)
        return Done({"subject": subject, "proposal": proposal.id}, "erasure proposed", (subject, proposal.id))

    return await once(call, prepare)


def carry_out(connection: Connection, services: Services, institution: str, found: Proposal, who: str) -> Carried:
    """Have a person forgotten, by a job that is there when this is committed."""
    said = orjson.dumps({"subject": found.subject, "proposal": found.id, "by": who})
    payload = services.vault.seal_bytes(institution, FORGET, said)
    queue.put(connection, institution, FORGET, payload, services.now(), services.settings.jobs_waiting)
    return Carried()


async def forget_person(services: Services, job: Job) -> None:
    """Do it: in the graph, then in the records with the proof; all may be done again. Raises what a part that is down raises."""
    said = orjson.loads(services.vault.open_bytes(job.institution, FORGET, job.payload))
    subject, proposal, by = str(said["subject"]), str(said["proposal"]), str(said["by"])
    now = services.now()
    await asyncio.to_thread(_note, services.settings.data / FILE, job.institution, subject, now)
    masked = await services.records.read(lambda connection: contacts_of(connection, job.institution, subject), institution=job.institution)
    await services.sender.forget(job.institution, masked)
    erased = await services.graph.erase(job.institution, subject) or Erased(0, 0)

    def work(connection: Connection) -> None:
        forgotten = _forget(connection, services, job.institution, subject, now)
        keys, items = erased.keys + forgotten.keys, erased.items + forgotten.items
        digest = audit.digest(orjson.dumps([keys, forgotten.face_templates, items]))
        event = audit.Event(job.institution, now, by, "person forgotten", (subject, proposal), digest)
        queue.finish(connection, job, now)
        entry = audit.append(connection, services.vault.audit_key, event)
        row = {"subject": subject, "proposal": proposal, "erased_at": now, "keys": keys, "items": items, "entry": entry}
        connection.execute(insert(erasures).values(institution=job.institution, face_templates=forgotten.face_templates, **row))

    await services.records.write(work, SECONDS, institution=job.institution)


def _forget(connection: Connection, services: Services, institution: str, subject: str, now: Instant) -> Forgotten:
    """Forget somebody in the records; verifications that run end."""
    for kept in records.newest_of(connection, institution, [subject]).values():
        if kept.state in RUNNING:
            saved(connection, institution, kept, replace(kept, state=State.EXPIRED, changed_at=now))
            services.metrics.verification(State.EXPIRED, "people")
    return forget(connection, institution, subject, now)


def _note(path: Path, institution: str, subject: str, now: Instant) -> None:
    """Add a line to the file, durably. Raises `OSError`."""
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(opened, orjson.dumps({"institution": institution, "subject": subject, "at": now}) + b"\n")
        os.fsync(opened)
    finally:
        os.close(opened)


async def forget_again(services: Services) -> int:
    """Forget whoever came back with an old backup; how many. Raises `GraphUnavailable`, `RecordsUnavailable`, `OSError`.

    A person who was reported again after being forgotten has no own key in the graph and a newer one in the records, and stays.
    """
    again = 0
    for tenant in await services.records.read(all_institutions):
        institution = tenant.institution.id
        known = await services.records.read(partial(_erased, institution=institution), institution=institution)
        noted = await asyncio.to_thread(_noted, services.settings.data / FILE, institution)
        subjects = sorted({**known, **noted}.items())
        for start in range(0, len(subjects), AT_ONCE):
            again += await _forget_again(services, institution, dict(subjects[start : start + AT_ONCE]))
    return again


async def _forget_again(services: Services, institution: str, subjects: Mapping[str, Instant]) -> int:
    moment = await services.graph.now(institution)
    found = await services.graph.entities(institution, list(subjects), moment)
    back = {id_ for id_, entity in found.items() if entity.key is not None}
    for subject in back:
        await services.graph.erase(institution, subject)

    def work(connection: Connection) -> int:
        keyed = {subject for subject, at in subjects.items() if keyed_before(connection, institution, subject, at)}
        for subject in keyed:
            _forget(connection, services, institution, subject, subjects[subject])
        for subject in sorted(back | keyed):
            event = audit.Event(institution, services.now(), "system", "person forgotten again", (subject,))
            audit.append(connection, services.vault.audit_key, event)
        return len(back | keyed)

    return await services.records.write(work, SECONDS, institution=institution)


def _erased(connection: Connection, institution: str) -> dict[str, Instant]:
    rows = connection.execute(select(erasures.c.subject, erasures.c.erased_at).where(erasures.c.institution == institution))
    return {row.subject: row.erased_at for row in rows.all()}


def _noted(path: Path, institution: str) -> dict[str, Instant]:
    """Who is noted in the file; what is no line of ours (the last may be half written) is passed over."""
    if not path.exists():
        return {}
    found: dict[str, Instant] = {}
    for line in path.read_bytes().splitlines():
        try:
            said = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if said["institution"] == institution:
            found[said["subject"]] = said["at"]
    return found


def proof(connection: Connection, institution: str, proposal: str) -> tuple[Any, str] | None:
    """What carrying a proposal out destroyed, and the hash of the audit entry that proves it; None while it is not done."""
    own = (erasures.c.institution == institution) & (erasures.c.proposal == proposal)
    row = connection.execute(select(erasures).where(own)).first()
    if row is None:
        return None
    entry = (audit_entries.c.institution == institution) & (audit_entries.c.sequence == row.entry)
    return row, connection.execute(select(audit_entries.c.hash).where(entry)).scalar_one().hex()
