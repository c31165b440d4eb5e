"""The leased queue of jobs in the records: put in the transaction of what caused them, taken by one worker at a time.

A worker holds a job for the length of a lease; a killed worker's is taken again. Taking raises the job's fence, and only who holds the
latest may finish it, in the transaction of the job's effect: one effect, whatever dies.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from api.ids import timed_id
from api.tables import jobs
from graph.errors import RingfenceError
from graph.model import Instant

LONGEST_PAUSE: Final = 8_000
"""Milliseconds between two attempts, at most."""


class Taken(RingfenceError):
    """Another worker took the job after the lease had ended: what this one was about to write is not to be."""


class QueueFull(RingfenceError):
    """More jobs of the institution wait than may."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job that this worker holds."""

    id: str
    institution: str
    kind: str
    """A name of `api.jobs.JOBS`."""
    payload: bytes
    """Sealed by the institution's key."""
    fence: int
    attempts: int
    """This one included."""
    created_at: Instant


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits."""

    count: int
    oldest: Instant | None
    """When the oldest was put; None when nothing waits."""


HELD: Final = (jobs.c.id == bindparam("b_id"), jobs.c.fence == bindparam("b_fence"), jobs.c.done_at.is_(None))

CROWDED: Final = (
    select(jobs.c.institution)
    .where(jobs.c.institution == bindparam("b_institution"), jobs.c.done_at.is_(None))
    .limit(1)
    .offset(bindparam("b_most"))
)
"""Whether more than so many jobs wait: a walk of one index, some 20 ns a job."""


def put(connection: Connection, institution: str, kind: str, payload: bytes, now: Instant, most: int) -> str:
    """Add a job, due at once, and give its id. Raises `QueueFull` when `most` of the institution wait."""
    if connection.execute(CROWDED, {"b_institution": institution, "b_most": most - 1}).first() is not None:
        raise QueueFull(f"{most} jobs of {institution} wait already: send again later.")
    made = timed_id("job", now)
    values = {"id": made, "institution": institution, "kind": kind, "payload": payload, "created_at": now, "due_at": now}
    connection.execute(insert(jobs).values(**values, lease_until=0, fence=0, attempts=0))
    return made


def waiting(connection: Connection, now: Instant, kinds: Collection[str]) -> bool:
    """Whether some job may be taken now: what a worker looks at before it asks for the write lock."""
    mine = (jobs.c.done_at.is_(None), jobs.c.due_at <= now, jobs.c.lease_until <= now, jobs.c.kind.in_(kinds))
    due = select(jobs.c.id).where(*mine).limit(1)
    return connection.execute(due).first() is not None


def waits(connection: Connection, institution: str, kind: str) -> Waits:
    """How much of a kind waits for an institution, and since when."""
    mine = (jobs.c.institution == institution, jobs.c.done_at.is_(None), jobs.c.kind == kind)
    count, oldest = connection.execute(select(func.count(), func.min(jobs.c.created_at)).where(*mine)).one()
    return Waits(int(count), oldest)


def take(connection: Connection, now: Instant, lease: int, kinds: Collection[str]) -> Job | None:
    """Hold the job of these kinds that has been due longest, for `lease` milliseconds; None when none is due."""
    due = (jobs.c.done_at.is_(None), jobs.c.due_at <= now, jobs.c.lease_until <= now, jobs.c.kind.in_(kinds))
    wanted = select(jobs).where(*due).order_by(jobs.c.due_at, jobs.c.id).limit(1)
    row = connection.execute(wanted.with_for_update(skip_locked=True)).first()  # one that another worker is taking is not waited for
    if row is None:
        return None
    held = {"lease_until": now + lease, "fence": row.fence + 1, "attempts": row.attempts + 1}
    changed = connection.execute(update(jobs).where(jobs.c.id == row.id, jobs.c.fence == row.fence).values(**held))
    if changed.rowcount != 1:
        return None
    return Job(row.id, row.institution, row.kind, row.payload, row.fence + 1, row.attempts + 1, row.created_at)


def finish(connection: Connection, job: Job, now: Instant, problem: str | None = None) -> None:
    """End a job, in the transaction of its effect; what it carried is destroyed. Raises `Taken` when another worker holds it by now."""
    done = {"done_at": now, "payload": b"", "problem": problem}
    if connection.execute(update(jobs).where(*HELD).values(**done), {"b_id": job.id, "b_fence": job.fence}).rowcount != 1:
        raise Taken(f"Another worker holds the job {job.id} by now.")


def postpone(connection: Connection, job: Job, now: Instant, problem: str) -> None:
    """Give a job back to be tried again, after a pause that doubles from one second to eight."""
    pause = min(LONGEST_PAUSE, 1_000 << min(job.attempts - 1, 6))
    again = {"lease_until": 0, "due_at": now + pause, "problem": problem}
    connection.execute(update(jobs).where(*HELD).values(**again), {"b_id": job.id, "b_fence": job.fence})


def remove_done(connection: Connection, before: Instant, most: int = 1_000) -> int:
    """Remove jobs that ended before a moment, at most so many; gives how many."""
    old = select(jobs.c.id).where(jobs.c.done_at < before).limit(most)
    return connection.execute(delete(jobs).where(jobs.c.id.in_(old))).rowcount
