"""What waits for people: items of several kinds in one list, most urgent first. Functions that take a Connection."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, select, tuple_, update

from api.context import Role
from api.tables import work_items as table
from graph.model import Instant
from rules.statements import upsert

NEVER: Final[Instant] = 2**63 - 1
"""When work without a bound is due: after everything else."""


class WorkKind(StrEnum):
    """Kinds of work that waits for a person (the schema's words)."""

    VERIFICATION = "VERIFICATION"
    SCREENING_HIT = "SCREENING_HIT"
    PROPOSAL = "PROPOSAL"


DOING: Final = {
    WorkKind.VERIFICATION: frozenset({Role.KYC}),
    WorkKind.SCREENING_HIT: frozenset({Role.KYC}),
    WorkKind.PROPOSAL: frozenset({Role.KYC, Role.ANALYST, Role.ADMIN}),
}
"""Who does which work."""


SEEING: Final = {
    WorkKind.VERIFICATION: frozenset({Role.ANALYST, Role.KYC, Role.ADMIN}),
    WorkKind.SCREENING_HIT: frozenset({Role.ANALYST, Role.KYC}),
    WorkKind.PROPOSAL: frozenset({Role.ANALYST, Role.KYC, Role.ADMIN}),
}
"""Who may see which work, when asked for by its kind."""


def visible(roles: Collection[Role]) -> frozenset[WorkKind]:
    """Kinds of work that somebody with these roles may see."""
    return frozenset(kind for kind, who in SEEING.items() if not who.isdisjoint(roles))


def readable(roles: Collection[Role]) -> frozenset[WorkKind]:
    """Kinds of work that somebody with these roles may do."""
    return frozenset(kind for kind, who in DOING.items() if not who.isdisjoint(roles))


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for a person."""

    id: str
    kind: WorkKind
    due_at: Instant
    opened_at: Instant
    assignee: str | None

    @property
    def place(self) -> str:
        """Where it stands in the list."""
        return f"{self.due_at}.{self.opened_at}.{self.id}"


@dataclass(frozen=True, slots=True)
class Query:
    """Which work: of these kinds; of one person, of nobody (`assignee` None and `anybody` False), or of anybody."""

    first: int
    after: str | None
    kinds: Collection[WorkKind]
    anybody: bool = True
    assignee: str | None = None


def open_item(connection: Connection, institution: str, id: str, kind: WorkKind, opened_at: Instant, due_at: Instant | None) -> None:
    """Something waits for a person from now on; who works on it already goes on."""
    values = {"institution": institution, "item": id, "kind": kind.value, "due_at": NEVER if due_at is None else due_at}
    added = upsert(table).values(**values, opened_at=opened_at, assignee=None)
    connection.execute(added.on_conflict_do_update(index_elements=["institution", "item"], set_={"due_at": values["due_at"]}))


def close_item(connection: Connection, institution: str, id: str) -> None:
    """It waits no longer."""
    connection.execute(delete(table).where(table.c.institution == institution, table.c.item == id))


def item(connection: Connection, institution: str, id: str) -> Item | None:
    """An item that waits; None when there is none by this id, or it was done."""
    row = connection.execute(select(table).where(table.c.institution == institution, table.c.item == id)).first()
    return None if row is None else Item(row.item, WorkKind(row.kind), row.due_at, row.opened_at, row.assignee)


def assign(connection: Connection, institution: str, id: str, assignee: str | None) -> bool:
    """Give an item to somebody or to nobody; False when nothing by this id waits."""
    here = (table.c.institution == institution) & (table.c.item == id)
    return connection.execute(update(table).where(here).values(assignee=assignee)).rowcount == 1


def listed(connection: Connection, institution: str, query: Query) -> tuple[list[Item], bool]:
    """What waits, most urgent first, and whether more follows."""
    conditions: list[ColumnElement[bool]] = [table.c.institution == institution, table.c.kind.in_([kind.value for kind in query.kinds])]
    if not query.anybody:
        conditions.append(table.c.assignee.is_(None) if query.assignee is None else table.c.assignee == query.assignee)
    order = (table.c.due_at, table.c.opened_at, table.c.item)
    if query.after is not None:
        due, opened, id_ = query.after.split(".", 2)
        conditions.append(tuple_(*order) > tuple_(int(due), int(opened), id_))
    rows = connection.execute(select(table).where(*conditions).order_by(*order).limit(query.first + 1)).all()
    found = [Item(row.item, WorkKind(row.kind), row.due_at, row.opened_at, row.assignee) for row in rows[: query.first]]
    return found, len(rows) > query.first


def assignees(connection: Connection, institution: str, ids: Collection[str]) -> dict[str, str | None]:
    """Who works on each of these items that waits."""
    asked = select(table.c.item, table.c.assignee).where(table.c.institution == institution, table.c.item.in_(ids))
    return {row.item: row.assignee for row in connection.execute(asked).all()}
