"""Rings in the records: functions that take a Connection, to be run in short transactions of one institution."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

import orjson
from sqlalchemy import ColumnElement, Connection, Row, Table, and_, func, insert, or_, select, tuple_, update

from api.tables import pair_judgements, ring_events, ring_looks, ring_members
from api.tables import rings as table
from graph.errors import InvalidInput, Problem
from graph.model import Instant
from graph.rings.scoring import Part
from rules.statements import upsert

T = TypeVar("T", bound="Membership | KeptEvent")

DAY: Final = 86_400_000
MILLION: Final = 1_000_000


class State(StrEnum):
    """Where a ring stands (the schema's words)."""

    SUSPECTED = "SUSPECTED"
    CONFIRMED = "CONFIRMED"
    DISMISSED = "DISMISSED"
    MERGED = "MERGED"
    DISSOLVED = "DISSOLVED"


LIVING: Final = frozenset({State.SUSPECTED, State.CONFIRMED, State.DISMISSED})
"""States of a ring that has members."""


class Order(StrEnum):
    """Orders of rings, each from the most to the least (the schema's words)."""

    SCORE = "SCORE"
    EXPOSURE = "EXPOSURE"
    GROWTH = "GROWTH"
    LATEST = "LATEST"


@dataclass(frozen=True, slots=True)
class KeptRing:
    """A ring as it is kept; amounts in minor units, `score` in millionths."""

    id: str
    state: State
    version: int
    weights: str
    score: int
    content: bytes
    """Parts of the score, JSON."""
    shapes: str
    """Words with spaces around each."""
    merchants: int
    members: int
    exposure: int
    loss: int
    ended: int
    bad: int
    first_at: Instant
    last_at: Instant
    found_at: Instant
    changed_at: Instant
    merged_into: str | None = None
    judged: str | None = None
    judged_members: bytes | None = None
    judged_by: str | None = None
    judged_at: Instant | None = None
    reason: bytes | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """What its score is made of, weightiest first."""
        return tuple(Part(*one) for one in orjson.loads(self.content))


def content(parts: Sequence[Part]) -> bytes:
    """Parts of a score as they are kept."""
    return orjson.dumps([[one.code, one.weight, one.sentence] for one in parts])


@dataclass(frozen=True, slots=True)
class Membership:
    """An entity's part in a ring."""

    id: str
    ring: str
    entity: str
    weight: int
    """Thousandths of a bit."""
    because: bytes
    since: Instant
    seen_at: Instant
    left_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """Something that happened to a ring."""

    id: str
    ring: str
    kind: str
    at: Instant
    members: int
    other: str | None = None


class Look(NamedTuple):
    """How far the rings of an institution are kept up."""

    place: int = 0
    judged: int = 0
    at: Instant = 0
    took: int = 0
    wide: int = 0
    fence: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which rings, and in which order."""

    first: int
    after: str | None = None
    order: Order = Order.SCORE
    states: frozenset[State] = frozenset({State.SUSPECTED, State.CONFIRMED})
    shapes: frozenset[str] | None = None
    member: str | None = None
    score: int | None = None
    exposure: int | None = None
    active_after: Instant | None = None


def ring(connection: Connection, institution: str, id: str) -> KeptRing | None:
    """A ring; None when there is none by this id."""
    return rings_by_id(connection, institution, [id]).get(id)


def rings_by_id(connection: Connection, institution: str, ids: Collection[str]) -> dict[str, KeptRing]:
    """Those of the rings that there are."""
    rows = connection.execute(select(table).where(table.c.institution == institution, table.c.id.in_(ids)))
    return {row.id: _ring(row) for row in rows}


def living(connection: Connection, institution: str) -> dict[str, KeptRing]:
    """All rings that have members, by id."""
    rows = connection.execute(select(table).where(table.c.institution == institution, table.c.state.in_(LIVING)))
    return {row.id: _ring(row) for row in rows}


def all_members(connection: Connection, institution: str) -> dict[str, dict[str, Membership]]:
    """Who is in each ring now: memberships by entity, by ring."""
    here = and_(ring_members.c.institution == institution, ring_members.c.left_at.is_(None))
    found: dict[str, dict[str, Membership]] = {}
    for row in connection.execute(select(ring_members).where(here)):
        found.setdefault(row.ring, {})[row.entity] = _made(Membership, row)
    return found


def listed(connection: Connection, institution: str, query: Query, now: Instant) -> tuple[list[KeptRing], list[str], bool]:
    """One page, the place of each item, and whether more follow. Raises `InvalidInput` for a place that this list did not give."""
    value = _value(query.order, now)
    where = [table.c.institution == institution, table.c.state.in_(query.states)]
    if query.shapes is not None:
        where.append(or_(*(table.c.shapes.contains(f" {shape} ", autoescape=True) for shape in sorted(query.shapes))))
    if query.member is not None:
        own = (ring_members.c.institution == institution, ring_members.c.entity == query.member, ring_members.c.left_at.is_(None))
        where.append(table.c.id.in_(select(ring_members.c.ring).where(*own)))
    if query.score is not None:
        where.append(table.c.score >= query.score)
    if query.exposure is not None:
        where.append(table.c.exposure >= query.exposure)
    if query.active_after is not None:
        where.append(table.c.last_at > query.active_after)
    if query.after is not None:
        most, id_ = _place(query.after)
        where.append(or_(value < most, and_(value == most, table.c.id > id_)))
    wanted = select(table, value.label("value")).where(*where).order_by(value.desc(), table.c.id).limit(query.first + 1)
    rows = connection.execute(wanted).all()
    shown_rows = rows[: query.first]
    return [_ring(row) for row in shown_rows], [f"{row.value}.{row.id}" for row in shown_rows], len(rows) > query.first


def _value(order: Order, now: Instant) -> ColumnElement[int]:
    """What rings are ordered by."""
    if order is Order.GROWTH:
        mine = (ring_members.c.institution == table.c.institution, ring_members.c.ring == table.c.id)
        lately = (ring_members.c.left_at.is_(None), ring_members.c.since > now - DAY)
        return select(func.count()).select_from(ring_members).where(*mine, *lately).correlate(table).scalar_subquery()
    return {Order.SCORE: table.c.score, Order.EXPOSURE: table.c.exposure, Order.LATEST: table.c.last_at}[order]


def _place(after: str) -> tuple[int, str]:
    most, _, id_ = after.partition(".")
    if not most.isdecimal():
        raise InvalidInput([Problem(("after",), "is not a cursor of this list: start again without it")])
    return int(most), id_


def joined(connection: Connection, institution: str, id: str, after: Instant) -> int:
    """How many of a ring's members were tied to it after a moment."""
    mine = (ring_members.c.institution == institution, ring_members.c.ring == id, ring_members.c.left_at.is_(None))
    return connection.execute(select(func.count()).select_from(ring_members).where(*mine, ring_members.c.since > after)).scalar_one()


def members_of(
    connection: Connection, institution: str, id: str, first: int, after: str | None = None
) -> tuple[list[Membership], list[str], bool]:
    """A ring's members, strongest first; of one that is gone nobody. Raises `InvalidInput` for a place that this list did not give."""
    where = [ring_members.c.institution == institution, ring_members.c.ring == id, ring_members.c.left_at.is_(None)]
    if after is not None:
        most, entity = _place(after)
        where.append(or_(ring_members.c.weight < most, and_(ring_members.c.weight == most, ring_members.c.entity > entity)))
    wanted = select(ring_members).where(*where).order_by(ring_members.c.weight.desc(), ring_members.c.entity).limit(first + 1)
    rows = [_made(Membership, row) for row in connection.execute(wanted)]
    return rows[:first], [f"{one.weight}.{one.entity}" for one in rows[:first]], len(rows) > first


def memberships(connection: Connection, institution: str, entities: Collection[str], at: Instant | None) -> dict[str, Membership]:
    """Each entity's place in a ring, as it was found to be at a moment (None: now); the newest where it was in several."""
    where = [ring_members.c.institution == institution, ring_members.c.entity.in_(entities)]
    if at is None:
        where.append(ring_members.c.left_at.is_(None))
    else:
        where += [ring_members.c.seen_at <= at, or_(ring_members.c.left_at.is_(None), ring_members.c.left_at > at)]
    rows = connection.execute(select(ring_members).where(*where).order_by(ring_members.c.seen_at, ring_members.c.id))
    return {row.entity: _made(Membership, row) for row in rows}


def entities_of(connection: Connection, institution: str, id: str) -> list[str]:
    """Who is in a ring now, by id."""
    where = (ring_members.c.institution == institution, ring_members.c.ring == id, ring_members.c.left_at.is_(None))
    return list(connection.execute(select(ring_members.c.entity).where(*where)).scalars())


def changed_around(connection: Connection, institution: str, entities: Collection[str], since: Instant) -> list[KeptRing]:
    """Rings that these entities are in or have left since, as far as they changed since."""
    own = (ring_members.c.institution == institution, ring_members.c.entity.in_(entities))
    near = select(ring_members.c.ring).where(*own, or_(ring_members.c.left_at.is_(None), ring_members.c.left_at >= since))
    here = (table.c.institution == institution, table.c.id.in_(near), table.c.changed_at >= since)
    return [_ring(row) for row in connection.execute(select(table).where(*here).order_by(table.c.id))]


def membership(connection: Connection, institution: str, id: str) -> Membership | None:
    """A membership, of one who left too; None when there is none by this id."""
    row = connection.execute(select(ring_members).where(ring_members.c.institution == institution, ring_members.c.id == id)).first()
    return None if row is None else _made(Membership, row)


def history(
    connection: Connection, institution: str, id: str, first: int, after: str | None = None
) -> tuple[list[KeptEvent], list[str], bool]:
    """What happened to a ring, newest first. Raises `InvalidInput` for a place that this list did not give."""
    where = [ring_events.c.institution == institution, ring_events.c.ring == id]
    if after is not None:
        where.append(tuple_(ring_events.c.at, ring_events.c.id) < _place(after))
    wanted = select(ring_events).where(*where).order_by(ring_events.c.at.desc(), ring_events.c.id.desc()).limit(first + 1)
    rows = [_made(KeptEvent, row) for row in connection.execute(wanted)]
    return rows[:first], [f"{one.at}.{one.id}" for one in rows[:first]], len(rows) > first


def event(connection: Connection, institution: str, id: str) -> KeptEvent | None:
    """Something that happened; None when there is nothing by this id."""
    row = connection.execute(select(ring_events).where(ring_events.c.institution == institution, ring_events.c.id == id)).first()
    return None if row is None else _made(KeptEvent, row)


def add_event(connection: Connection, institution: str, told: KeptEvent) -> None:
    """Keep something that happened."""
    connection.execute(insert(ring_events).values(institution=institution, **_values(told)))


def put_ring(connection: Connection, institution: str, kept: KeptRing, *, new: bool) -> None:
    """Keep a ring as it is now."""
    _put(connection, table, institution, kept.id, _values(kept), new=new)


def put_member(connection: Connection, institution: str, member: Membership, *, new: bool) -> None:
    """Keep a membership as it is now."""
    _put(connection, ring_members, institution, member.id, _values(member), new=new)


def _put(connection: Connection, where: Table, institution: str, id: str, values: Mapping[str, Any], *, new: bool) -> None:
    if new:
        connection.execute(insert(where).values(institution=institution, **values))
    else:
        connection.execute(update(where).where(where.c.institution == institution, where.c.id == id).values(**values))


def judge(connection: Connection, institution: str, pair: tuple[str, str], judgement: str, by: str, at: Instant, reason: bytes) -> int:
    """Keep what somebody said of two entities, and give its number."""
    own = pair_judgements.c.institution == institution
    number = (connection.execute(select(func.max(pair_judgements.c.number)).where(own)).scalar() or 0) + 1
    first, second = sorted(pair)
    said = {"first": first, "second": second, "judgement": judgement, "by": by, "at": at, "reason": reason}
    connection.execute(insert(pair_judgements).values(institution=institution, number=number, **said))
    return number


def judged(connection: Connection, institution: str) -> tuple[int, dict[tuple[str, str], bool]]:
    """The number of the newest judgement, and what holds of each pair of which people are sure."""
    rows = connection.execute(
        select(pair_judgements).where(pair_judgements.c.institution == institution).order_by(pair_judgements.c.number)
    )
    newest, said = 0, dict[tuple[str, str], str]()
    for row in rows:
        newest, said[row.first, row.second] = row.number, row.judgement
    return newest, {pair: word == "SAME" for pair, word in said.items() if word != "UNSURE"}


def look(connection: Connection, institution: str) -> Look:
    """How far rings are kept up; nowhere before the first look."""
    row = connection.execute(select(ring_looks).where(ring_looks.c.institution == institution)).first()
    return Look() if row is None else Look(row.place, row.judged, row.at, row.took, row.wide, row.fence)


def take_look(connection: Connection, institution: str, now: Instant, lease: int) -> int | None:
    """Hold the looking for `lease` milliseconds, and give the number by which it is held; None while somebody else holds it."""
    here = ring_looks.c.institution == institution
    begun = {**Look()._asdict(), "lease_until": 0}
    connection.execute(upsert(ring_looks).values(institution=institution, **begun).on_conflict_do_nothing())
    row = connection.execute(select(ring_looks).where(here).with_for_update()).one()
    if row.lease_until > now:
        return None
    connection.execute(update(ring_looks).where(here).values(lease_until=now + lease, fence=row.fence + 1))
    return int(row.fence) + 1


def holds_look(connection: Connection, institution: str, fence: int) -> bool:
    """Whether the looking is still held by this number."""
    return look(connection, institution).fence == fence


def give_look(connection: Connection, institution: str, fence: int, done: Look | None) -> None:
    """Give the looking back, with how far it came unless it failed."""
    here = and_(ring_looks.c.institution == institution, ring_looks.c.fence == fence)
    said = {} if done is None else {"place": done.place, "judged": done.judged, "at": done.at, "took": done.took, "wide": done.wide}
    connection.execute(update(ring_looks).where(here).values(lease_until=0, **said))


def _values(one: KeptRing | Membership | KeptEvent) -> dict[str, Any]:
    return {part.name: getattr(one, part.name) for part in fields(one)}


def _made(of: type[T], row: Row[Any]) -> T:
    return of(**{part.name: getattr(row, part.name) for part in fields(of)})


def _ring(row: Row[Any]) -> KeptRing:
    made = {part.name: getattr(row, part.name) for part in fields(KeptRing)}
    return KeptRing(**{**made, "state": State(row.state)})
