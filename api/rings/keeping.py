"""What has changed since rings were found before, and writing it.

A look that ends between two transactions has lost nothing: the next one finds what is left to do, since it compares with what is kept. A
ring whose members have not changed keeps its version, whatever became of its figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import orjson
from sqlalchemy import Connection

from api import outbox
from api.context import Services
from api.ids import new_id, timed_id
from api.once import Done, note
from api.ring_finding import Found, FoundRing
from api.rings import records
from api.rings.records import LIVING, MILLION, KeptEvent, KeptRing, Membership, State
from graph.model import Instant
from graph.rings.living import Event, Happening, told

STEPS: Final = 25
"""Rings written in one transaction, unless more belong together: decisions wait for it."""


JUDGED: Final = "JUDGED"
"""What happens to a ring when a person judges it; all else is a `Happening`."""


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one ring."""

    ring: KeptRing
    new: bool
    came: tuple[Membership, ...] = ()
    stayed: tuple[Membership, ...] = ()
    """Those of whom something else has changed."""
    left: tuple[Membership, ...] = ()
    events: tuple[KeptEvent, ...] = ()


@dataclass(frozen=True, slots=True)
class Before:
    """What is kept."""

    rings: Mapping[str, KeptRing]
    """Those with members, and those that come back."""
    members: Mapping[str, Mapping[str, Membership]]


def kept_before(connection: Connection, institution: str, found: Found) -> Before:
    """What a look is compared with."""
    living = records.living(connection, institution)
    gone = [one.ring.id for one in found.rings if one.ring.id not in living]
    back: dict[str, KeptRing] = {}
    for start in range(0, len(gone), 500):
        back |= records.rings_by_id(connection, institution, gone[start : start + 500])
    return Before({**living, **back}, records.all_members(connection, institution))


def steps(found: Found, before: Before, now: Instant) -> list[list[Step]]:
    """What is to be written: together what happened to rings together, so that no end between two transactions makes a merger a loss."""
    rings = {one.ring.id: one for one in found.rings}
    old = {id_: set(members) for id_, members in before.members.items()}
    new = {id_: {member.entity for member in one.ring.members} for id_, one in rings.items()}
    changed = {id_ for id_ in old.keys() | new.keys() if old.get(id_) != new.get(id_)}
    happened: dict[str, list[Event]] = {}
    merged: dict[str, list[str]] = {}
    for event in told({id_: old[id_] for id_ in changed & old.keys()}, {id_: new[id_] for id_ in changed & new.keys()}, now):
        happened.setdefault(event.ring, []).append(event)
        if event.kind is Happening.MERGED and event.other is not None:
            merged.setdefault(event.other, []).append(event.ring)
    made: list[list[Step]] = []
    for together in _together(sorted(rings.keys() | changed), happened):
        some = [
            _living(rings[id_], before, happened.get(id_, []), merged.get(id_, []), now, found.weights)
            if id_ in rings
            else _gone(before, id_, happened[id_], now)
            for id_ in together
        ]
        if found_some := [step for step in some if step is not None]:
            made.append(found_some)
    return made


def _together(ids: Sequence[str], happened: Mapping[str, Sequence[Event]]) -> list[list[str]]:
    """Rings by what they have to do with each other."""
    group = {id_: [id_] for id_ in ids}
    for events in happened.values():
        for event in events:
            if event.other is not None and group[event.ring] is not group[event.other]:
                joined = sorted(group[event.ring] + group[event.other])
                group.update(dict.fromkeys(joined, joined))
    return [members for id_, members in group.items() if members[0] == id_]


def _living(one: FoundRing, before: Before, happened: Sequence[Event], merged: Sequence[str], now: Instant, weights: str) -> Step | None:
    """What becomes of a ring that is there."""
    kept = before.rings.get(one.ring.id)
    old = before.members.get(one.ring.id, {})
    came, stayed = _members(one, old, now)
    entities = {member.entity for member in one.ring.members}
    left = tuple(replace(member, left_at=now) for entity, member in sorted(old.items()) if entity not in entities)
    ring = _figures(one, kept, now, weights)
    if came or left or merged or kept is None:
        ring = _inherited(replace(ring, version=1 if kept is None else kept.version + 1, changed_at=now), before, merged, entities)
    if ring == kept and not stayed:
        return None
    return Step(ring, kept is None, came, stayed, left, tuple(_events(happened, merged, len(entities), now)))


def _members(one: FoundRing, old: Mapping[str, Membership], now: Instant) -> tuple[tuple[Membership, ...], tuple[Membership, ...]]:
    """Who came, and of whom something else changed."""
    came, stayed = [], []
    for member in one.ring.members:
        because = orjson.dumps([kind.value for kind in member.because])
        known = old.get(member.entity)
        if known is None:
            since = member.since or now  # nothing but a person's word ties it
            came.append(Membership(new_id("mem"), one.ring.id, member.entity, member.weight, because, since, now))
        else:
            again = replace(known, weight=member.weight, because=because, since=member.since or known.since)
            if again != known:
                stayed.append(again)
    return tuple(came), tuple(stayed)


def _figures(one: FoundRing, kept: KeptRing | None, now: Instant, weights: str) -> KeptRing:
    """A ring with what was found of it; what people said of it stays."""
    found = KeptRing(
        id=one.ring.id, state=State.SUSPECTED, version=0, weights=weights, score=round(one.score * MILLION),
        content=records.content(one.parts), shapes=f" {' '.join(one.shapes)} ",
        merchants=sum(member.entity.startswith("mer_") for member in one.ring.members), members=len(one.ring.members),
        exposure=one.exposure, loss=one.loss, ended=one.ended, bad=one.bad,
        first_at=one.first_at or now, last_at=one.last_at or now, found_at=now, changed_at=now,
    )  # fmt: skip
    if kept is None:
        return found
    return replace(
        found, state=kept.state, version=kept.version, found_at=kept.found_at, changed_at=kept.changed_at,
        first_at=one.first_at or kept.first_at, last_at=one.last_at or kept.last_at,
        judged=kept.judged, judged_members=kept.judged_members, judged_by=kept.judged_by, judged_at=kept.judged_at, reason=kept.reason,
    )  # fmt: skip


def _inherited(ring: KeptRing, before: Before, merged: Sequence[str], entities: set[str]) -> KeptRing:
    """A ring that changed, with what people said of it or of those that it took in.

    What was confirmed stays so, and passes to what takes it in. What was dismissed stays so until somebody joins who was not in it then.
    """
    said = [one for one in (ring, *(before.rings[id_] for id_ in merged)) if one.judged is not None]
    confirmed = [one for one in said if one.judged == State.CONFIRMED]
    dismissed = [one for one in said if one.judged == State.DISMISSED and entities <= set(orjson.loads(one.judged_members or b"[]"))]
    if not confirmed and not dismissed:
        return replace(ring, state=State.SUSPECTED)
    by = (confirmed or dismissed)[0]
    return replace(
        ring, state=State(by.judged or ""), judged=by.judged, judged_members=by.judged_members, judged_by=by.judged_by,
        judged_at=by.judged_at, reason=by.reason,
    )  # fmt: skip


def _gone(before: Before, id: str, happened: Sequence[Event], now: Instant) -> Step | None:
    """What becomes of a ring that is not there any more."""
    kept = before.rings.get(id)
    if kept is None or kept.state not in LIVING:
        return None
    into = next((event.other for event in happened if event.kind is Happening.MERGED), None)
    state = State.DISSOLVED if into is None else State.MERGED
    ring = replace(kept, state=state, version=kept.version + 1, merged_into=into, changed_at=now)
    left = tuple(replace(member, left_at=now) for _, member in sorted(before.members.get(id, {}).items()))
    events = (_event(id, Happening.DISSOLVED, now, 0),) if into is None else ()
    return Step(ring, new=False, left=left, events=events)


def _events(happened: Sequence[Event], merged: Sequence[str], members: int, now: Instant) -> Iterator[KeptEvent]:
    """What happened to a ring that is there; that it took another in is told of it, and not of the other."""
    for event in happened:
        yield _event(event.ring, event.kind, now, members, event.other)
    for other in merged:
        ring = happened[0].ring if happened else None
        assert ring is not None, "who takes another in has changed"
        yield _event(ring, Happening.MERGED, now, members, other)


def _event(ring: str, kind: Happening, now: Instant, members: int, other: str | None = None) -> KeptEvent:
    return KeptEvent(timed_id("rev", now), ring, kind.value, now, members, other)


def write(connection: Connection, services: Services, institution: str, some: Sequence[Step]) -> None:
    """Write steps, and tell of what happened."""
    for step in some:
        records.put_ring(connection, institution, step.ring, new=step.new)
        for member in step.came:
            records.put_member(connection, institution, member, new=True)
        for member in (*step.stayed, *step.left):
            records.put_member(connection, institution, member, new=False)
        for event in step.events:
            tell(connection, services, institution, "system", event)


def tell(connection: Connection, services: Services, institution: str, who: str, event: KeptEvent) -> None:
    """Keep what happened to a ring, in the audit chain and for those who follow it too."""
    records.add_event(connection, institution, event)
    note(connection, services, institution, who, Done({}, f"ring {event.kind.lower()}", (event.ring,), (outbox.RING_CHANGED, event.id)))
