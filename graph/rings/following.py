"""Rings kept up as facts come in: what a change touches is weighed again, and nothing else.

The rings are those that `finding.find_rings` finds in the same ties with `refine_wide=False`, with the same ids, whatever came before and
in whatever order (a property test compares). One change costs:
- the pairs of the actors that it touches: of each thing that makes pairs at most `weights.widest` of them;
- the pairs of all who share a thing whose reach crosses a power of two: at most `weights.widest` squared, halved, since wider things
  weigh the same whatever their reach;
- the components of these, of which at most `weights.refined` actors are looked at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, NamedTuple, TypeAlias

from graph.model import HeldTie, TieKind
from graph.rings.finding import Ring, rings_of, said
from graph.rings.pairs import Ends, Pair, ends_of, pair_of
from graph.rings.sharing import Actor, Thing, Touch, evidence
from graph.rings.weights import DEFAULT, Weights

Tie: TypeAlias = tuple[TieKind, str, str]
"""A tie by its kind and ends."""


Judgements: TypeAlias = Mapping[tuple[str, str], bool | None]
"""What people said of two entities: that they act as one, that they have nothing to do with each other, or (None) neither any more."""


class Change(NamedTuple):
    """What became of rings."""

    gone: tuple[Ring, ...]
    """As they were; one that changed is also in `now`, by the same id."""
    now: tuple[Ring, ...]
    """As they are."""


@dataclass(slots=True)
class _Dirty:
    """What one call has touched."""

    members: set[str] = field(default_factory=set)
    """Whose ties have changed."""
    ends: set[Ends] = field(default_factory=set)
    """Pairs to weigh again."""
    actors: set[Actor] = field(default_factory=set)
    """Whose components must be looked at again."""
    rings: dict[str, Ring] = field(default_factory=dict)
    """Rings that were taken away."""


class Following:
    """An institution's rings, and all that they rest on, in memory."""

    def __init__(self, weights: Weights = DEFAULT) -> None:
        self._weights: Final = weights
        self._ties: dict[Tie, HeldTie] = {}
        self._of: dict[str, dict[Tie, HeldTie]] = defaultdict(dict)
        """Ties of each member."""
        self._judged: dict[tuple[str, str], bool] = {}
        self._judged_of: dict[str, set[tuple[str, str]]] = defaultdict(set)
        self._actor: dict[str, Actor] = {}
        self._members: dict[Actor, tuple[str, ...]] = {}
        self._touched: dict[Actor, dict[Thing, Touch]] = {}
        self._things: dict[Thing, set[Actor]] = {}
        self._strong: dict[Actor, dict[Actor, Pair]] = defaultdict(dict)
        self._rings: dict[str, Ring] = {}
        self._ring_ids: dict[Actor, list[str]] = {}
        """Of each component that is not wide, by its least actor, the ids of its rings."""
        self._component: dict[Actor, list[Actor]] = {}
        """The component of each actor in such a component, in order."""

    @property
    def rings(self) -> Mapping[str, Ring]:
        """All rings now, by id."""
        return self._rings

    def change(self, held: Iterable[HeldTie] = (), gone: Iterable[Tie] = (), judged: Judgements | None = None) -> Change:
        """Take over ties that hold now (new, or with other moments), ties that hold no more, and judgements; say what became of rings.

        All of one call are one change: nobody sees what lies between. A tie both gone and held is held.
        """
        dirty = _Dirty()
        for tie in gone:
            self._forget(tie, dirty)
        for one in held:
            self._hold(one, dirty)
        for pair, same in (judged or {}).items():
            self._judge(pair, same, dirty)
        self._regroup(dirty)
        self._weigh(dirty)
        return self._refine(dirty)

    def _hold(self, tie: HeldTie, dirty: _Dirty) -> None:
        key = tie.kind, tie.from_id, tie.to_id
        if self._ties.get(key) == tie:
            return
        self._ties[key] = tie
        for member in _members(tie):
            self._of[member][key] = tie
            dirty.members.add(member)

    def _forget(self, key: Tie, dirty: _Dirty) -> None:
        tie = self._ties.pop(key, None)
        if tie is None:
            return
        for member in _members(tie):
            del self._of[member][key]
            if not self._of[member]:
                del self._of[member]
            dirty.members.add(member)

    def _judge(self, pair: tuple[str, str], same: bool | None, dirty: _Dirty) -> None:
        dirty.members.update(pair)
        if same is None:
            self._judged.pop(pair, None)
            for member in pair:
                self._judged_of[member].discard(pair)
        else:
            self._judged[pair] = same
            for member in pair:
                self._judged_of[member].add(pair)

    def _regroup(self, dirty: _Dirty) -> None:
        """Make the actors of all members touched again, and enter them with what they came to."""
        before = {self._actor[member] for member in dirty.members if member in self._actor}
        loose = dirty.members.union(*(self._members[actor] for actor in before))
        reach = {thing: len(self._things[thing]) for actor in before for thing in self._touched[actor]}
        for actor in before:
            self._leave(actor, dirty)
        while loose:
            members = self._joined(loose.pop())
            loose -= members
            joined = {self._actor[member] for member in members if member in self._actor}
            for actor in joined:  # owned together with whom nothing was said of
                reach |= {thing: len(self._things[thing]) for thing in self._touched[actor] if thing not in reach}
                self._leave(actor, dirty)
            held = sorted(member for member in members if member in self._of)
            if held:
                self._enter(tuple(held), reach, dirty)
        for thing, many in reach.items():
            self._reweigh(thing, many, dirty)

    def _joined(self, member: str) -> set[str]:
        """Whoever is the same actor, by who owns what."""
        found, waiting = {member}, [member]
        while waiting:
            for kind, from_, to in self._of.get(waiting.pop(), ()):
                if kind is TieKind.OWNS:
                    new = {from_, to} - found
                    found |= new
                    waiting += new
        return found

    def _leave(self, actor: Actor, dirty: _Dirty) -> None:
        for thing in self._touched.pop(actor):
            self._things[thing].discard(actor)
            if not self._things[thing]:
                del self._things[thing]
        for member in self._members.pop(actor):
            del self._actor[member]
        for other in list(self._strong.get(actor, ())):
            dirty.ends.add(ends_of(actor, other))
        dirty.actors.add(actor)

    def _enter(self, members: tuple[str, ...], reach: dict[Thing, int], dirty: _Dirty) -> None:
        actor = members[0]
        touched: dict[Thing, Touch] = {}
        for member in members:
            for tie in self._of[member].values():
                for who, thing, touch in evidence(tie):
                    if who == member:
                        touched[thing] = touched[thing].earliest(touch) if thing in touched else touch
        self._members[actor], self._touched[actor] = members, touched
        self._actor.update(dict.fromkeys(members, actor))
        for thing in touched:
            sharers = self._things.setdefault(thing, set())
            reach.setdefault(thing, len(sharers))
            sharers.add(actor)
        dirty.actors.add(actor)

    def _reweigh(self, thing: Thing, before: int, dirty: _Dirty) -> None:
        """Note the pairs that share a thing: all of them where it weighs another than with the reach before, or those of who has changed.

        Of a thing that makes no pairs any more, strong pairs of who has changed are noted elsewhere, and the rest are few.
        """
        sharers, weights = self._things.get(thing, set()), self._weights
        now, kind = len(sharers), thing[0]
        opens, opened = now >= 2 and weights.pairs(kind, now), before >= 2 and weights.pairs(kind, before)
        if opens and (not opened or weights.said(kind, now) != weights.said(kind, before)):
            dirty.ends.update(combinations(sorted(sharers), 2))
        elif opens:
            dirty.ends.update(ends_of(one, other) for one in sharers & dirty.actors for other in sharers if one != other)
        elif opened:
            dirty.ends.update(combinations(sorted(sharers - dirty.actors), 2))

    def _weigh(self, dirty: _Dirty) -> None:
        """Weigh all pairs noted, and those that people judged or that were strong."""
        for actor in list(dirty.actors):
            dirty.ends.update(ends_of(actor, other) for other in self._strong.get(actor, ()))
            for member in self._members.get(actor, ()):
                dirty.ends.update(said(self._actor, dict.fromkeys(self._judged_of.get(member, ()), True), same=True))
        for ends in dirty.ends:
            pair = self._pair(ends)
            one, other = ends
            if self._strong.get(one, {}).get(other) == pair:
                continue
            for actor, beside in ((one, other), (other, one)):
                if pair is None:
                    del self._strong[actor][beside]
                    if not self._strong[actor]:
                        del self._strong[actor]
                else:
                    self._strong[actor][beside] = pair
                dirty.actors.add(actor)

    def _pair(self, ends: Ends) -> Pair | None:
        """What two actors are to each other now, if that is strong."""
        one, other = ends
        if one not in self._members or other not in self._members:
            return None
        judgements = self._judgements(one, other)
        if False in judgements:
            return None
        pair = pair_of(
            self._touched[one], self._touched[other], lambda thing: len(self._things[thing]), self._weights, certain=True in judgements
        )
        return pair if pair is not None and pair.weight >= self._weights.strong else None

    def _judgements(self, one: Actor, other: Actor) -> set[bool]:
        """What people said of members of both."""
        found: set[bool] = set()
        for member in self._members[one]:
            for pair in self._judged_of.get(member, ()):
                if {self._actor.get(pair[0]), self._actor.get(pair[1])} == {one, other}:
                    found.add(self._judged[pair])
        return found

    def _refine(self, dirty: _Dirty) -> Change:
        """Find the rings of all components touched again."""
        for actor in dirty.actors:
            self._dissolve(actor, dirty)
        now: dict[str, Ring] = {}
        seen: set[Actor] = set()
        for actor in sorted(dirty.actors):
            if actor in seen or actor not in self._strong:
                continue
            component = self._around(actor)
            seen |= component
            for member in component:
                self._dissolve(member, dirty)
            if len(component) > self._weights.refined:
                continue
            part = sorted(component)
            pairs = {(one, other): pair for one in part for other, pair in self._strong[one].items() if one < other}
            rings = list(rings_of(part, dict(sorted(pairs.items())), self._members, self._weights))
            self._component.update(dict.fromkeys(part, part))
            self._ring_ids[part[0]] = [ring.id for ring in rings]
            now |= {ring.id: ring for ring in rings}
        self._rings |= now
        gone = tuple(ring for id_, ring in sorted(dirty.rings.items()) if now.get(id_) != ring)
        return Change(gone, tuple(ring for id_, ring in sorted(now.items()) if dirty.rings.get(id_) != ring))

    def _around(self, actor: Actor) -> set[Actor]:
        """The component of an actor, at most one actor more than is refined at once."""
        found, waiting = {actor}, [actor]
        while waiting:
            for other in self._strong[waiting.pop()]:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
                    if len(found) > self._weights.refined:
                        return found
        return found

    def _dissolve(self, actor: Actor, dirty: _Dirty) -> None:
        """Take the rings of the component that an actor was in away."""
        part = self._component.get(actor)
        if part is None:
            return
        for id_ in self._ring_ids.pop(part[0]):
            dirty.rings[id_] = self._rings.pop(id_)
        for member in part:
            del self._component[member]


def _members(tie: HeldTie) -> set[str]:
    """Merchants and people whose evidence a tie is."""
    if tie.kind is TieKind.OWNS:
        return {tie.from_id, tie.to_id}
    return {member for member, _, _ in evidence(tie)}
