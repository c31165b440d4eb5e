"""What every change of a verification does: the version, the work that waits for people, the job that checks, and the event."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import orjson
from sqlalchemy import Connection

from api import outbox, queue, work
from api.context import Services
from api.once import Done, note
from graph.errors import Unknown
from graph.model import Instant
from identity import records
from identity.errors import WrongState
from identity.policy import policy_named
from identity.records import Kept
from identity.verification import RUNNING, State, waiting_state

CHECK: Final = "check verification"
"""The job that runs the checks of a verification."""

DAY: Final = 86_400_000


def held(
    connection: Connection, institution: str, id: str, now: Instant, path: tuple[str, ...] = ("input", "verification"), *, hold: bool = True
) -> Kept:
    """A verification that is about to be changed, as it stands now; without `hold` it is looked at alone. Raises `Unknown`."""
    found = records.verification(connection, institution, id, held=hold)
    if found is None:
        raise Unknown("There is no such verification: give the id that `startVerification` or `verifications` told.", path)
    return found.at(now)


def require_open(kept: Kept, wanted: str) -> None:
    """Raise `WrongState` unless something may still be done in it."""
    if kept.state not in RUNNING:
        raise WrongState(f"The verification is {kept.state} and takes no {wanted} any more: start another one.", kept.state)


def saved(connection: Connection, institution: str, before: Kept, after: Kept) -> Kept:
    """Keep a change: one version on, and in the list of work while a person must decide. Raises `StaleVersion`."""
    kept = records.save(connection, institution, before, after)
    if kept.state is State.REFERRED:
        work.open_item(connection, institution, kept.id, work.WorkKind.VERIFICATION, kept.changed_at, kept.due_at)
    else:
        work.close_item(connection, institution, kept.id)
    return kept


def check_again(connection: Connection, services: Services, institution: str, kept: Kept, now: Instant) -> Kept:
    """After new evidence: the state that it leads to, and a job that runs the checks."""
    pieces = records.evidence_of(connection, institution, kept.id)
    policy = policy_named(kept.policy, kept.policy_version)
    state = waiting_state(policy, records.given(kept, pieces))
    if kept.state is State.REFERRED and state is State.WAITING_FOR_EVIDENCE:
        state = State.REFERRED  # staff decides with what there is
    after = saved(connection, institution, kept, replace(kept, state=state, changed_at=now))
    put_check(connection, services, institution, kept.id, now)
    return after


def put_check(connection: Connection, services: Services, institution: str, id: str, now: Instant) -> None:
    """A job that runs the checks of a verification. Raises `QueueFull`."""
    payload = services.vault.seal_bytes(institution, CHECK, orjson.dumps(id))
    queue.put(connection, institution, CHECK, payload, now, services.settings.jobs_waiting)


def expire_late(connection: Connection, services: Services, institution: str) -> bool:
    """Write that one verification expired whose evidence did not come in time; False when there is none."""
    now = services.now()
    found = records.late(connection, institution, now, 1)
    if not found:
        return False
    kept = saved(connection, institution, found[0], replace(found[0], state=State.EXPIRED, changed_at=now))
    services.metrics.verification(State.EXPIRED, "time")
    note(connection, services, institution, "system", done("verification expired", kept))
    return True


def done(action: str, kept: Kept, **more: str) -> Done:
    """What a change of a verification is told as."""
    answer = {"verification": kept.id, **more}
    return Done(answer, action, (kept.id, kept.subject, *more.values()), (outbox.VERIFICATION_CHANGED, kept.id))
