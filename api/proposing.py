"""Proposals: what takes effect when a second person agrees. Functions that take a Connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update

from api import work
from api.context import Role
from api.tables import proposals as table
from graph.model import Instant

ANSWERING: Final[Mapping[str, frozenset[Role]]] = {
    "DECIDE_VERIFICATION": frozenset({Role.KYC}),
    "CONFIRM_RING": frozenset({Role.ANALYST}),
    "DISMISS_RING": frozenset({Role.ANALYST}),
    "ERASE_SUBJECT": frozenset({Role.KYC, Role.ADMIN}),
}
"""Who may answer a proposal, by its action: those who might have proposed it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that somebody proposed; `reason` is sealed by the institution's key."""

    id: str
    action: str
    subject: str
    version: int
    """Of the subject when it was proposed."""
    accepts: bool
    sentence: str
    proposed_by: str
    reason: bytes
    opened_at: Instant
    due_at: Instant
    answer: str | None = None
    answered_by: str | None = None
    answered_at: Instant | None = None

    def at(self, now: Instant) -> str | None:
        """What became of it: nobody answered in time is an answer."""
        return "LAPSED" if self.answer is None and self.due_at <= now else self.answer


@dataclass(frozen=True, slots=True)
class Carried:
    """That a proposal was carried out."""

    event: tuple[str, str] | None = None
    """Kind and subject of what subscriptions are told."""


def add(connection: Connection, institution: str, proposal: Proposal) -> None:
    """Keep a proposal, as work for somebody else."""
    values = {name: getattr(proposal, name) for name in Proposal.__slots__}
    connection.execute(insert(table).values(institution=institution, **values))
    work.open_item(connection, institution, proposal.id, work.WorkKind.PROPOSAL, proposal.opened_at, proposal.due_at)


def proposal(connection: Connection, institution: str, id: str) -> Proposal | None:
    """A proposal; None when there is none by this id."""
    row = connection.execute(select(table).where(table.c.institution == institution, table.c.id == id)).first()
    return None if row is None else Proposal(**{name: getattr(row, name) for name in Proposal.__slots__})


def waiting_for(connection: Connection, institution: str, subject: str) -> str | None:
    """The proposal about something that waits for an answer; None when none does."""
    here = (table.c.institution == institution) & (table.c.subject == subject) & table.c.answer.is_(None)
    found = connection.execute(select(table.c.id).where(here).limit(1)).scalar()
    return None if found is None else str(found)


def settle(connection: Connection, institution: str, id: str, answer: str, by: str | None, now: Instant) -> None:
    """Keep the answer; it is no work any more."""
    here = (table.c.institution == institution) & (table.c.id == id)
    connection.execute(update(table).where(here).values(answer=answer, answered_by=by, answered_at=now))
    work.close_item(connection, institution, id)


def lapse(connection: Connection, institution: str, now: Instant) -> int:
    """Write that proposals which nobody answered in time lapsed; how many."""
    here = (table.c.institution == institution) & table.c.answer.is_(None) & (table.c.due_at <= now)
    old = list(connection.execute(select(table.c.id).where(here).limit(100)).scalars())
    for id_ in old:
        settle(connection, institution, id_, "LAPSED", None, now)
    return len(old)
