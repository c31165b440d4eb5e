"""What a look writes: after it the kept rings are those found, whatever was kept before."""

from __future__ import annotations

from dataclasses import replace

import orjson
from hypothesis import given
from hypothesis import strategies as st

from api.ring_finding import Found, FoundRing
from api.rings.keeping import Before, Step, steps
from api.rings.records import KeptRing, Membership, State
from graph.model import HeldTie
from graph.rings.describing import describe
from graph.rings.finding import find_rings
from graph.rings.scoring import Known, parts, score
from tests.graph.rings.ties import crowd, markets

NOW = 1_000_000


def found(ties: list[HeldTie]) -> Found:
    """What a look finds in some ties."""
    rings = find_rings(ties, refine_wide=False)
    traits = describe(rings.rings, ties)
    some = []
    for ring in rings.rings:
        own = traits[ring.id]
        said = parts(ring, own, Known())
        some.append(FoundRing(ring, own.first_at, own.last_at, own.shapes, said, score(said), 0, 0, 0, 0))
    return Found(1, rings.weights, tuple(some), 0, 1)


class Kept:
    """Rings as the records would hold them."""

    def __init__(self) -> None:
        self.rings: dict[str, KeptRing] = {}
        self.members: dict[str, dict[str, Membership]] = {}
        self.told: list[tuple[str, str, str | None]] = []

    def look(self, ties: list[HeldTie], now: int = NOW) -> list[Step]:
        """Take over what a look writes."""
        made = [step for group in steps(found(ties), Before(self.rings, self.members), now) for step in group]
        for step in made:
            assert step.new is (step.ring.id not in self.rings)
            self.rings[step.ring.id] = step.ring
            own = self.members.setdefault(step.ring.id, {})
            for one in (*step.came, *step.stayed):
                own[one.entity] = one
            for one in step.left:
                del own[one.entity]
            if not own:
                del self.members[step.ring.id]
            self.told += [(event.kind, event.ring, event.other) for event in step.events]
        return made

    def judge(self, id: str, word: State) -> None:
        """A person's word."""
        members = orjson.dumps(sorted(self.members[id]))
        self.rings[id] = replace(self.rings[id], state=word, judged=word.value, judged_members=members, judged_by="pri_a", judged_at=NOW)

    def state(self) -> dict[str, tuple[State, frozenset[str]]]:
        return {id_: (ring.state, frozenset(self.members.get(id_, {}))) for id_, ring in self.rings.items()}


def only(kept: Kept, state: State = State.SUSPECTED) -> str:
    """The id of the only ring in a state."""
    (id_,) = [id_ for id_, ring in kept.rings.items() if ring.state is state]
    return id_


@given(st.lists(markets(), min_size=1, max_size=4))
def test_after_each_look_the_living_rings_are_those_found_with_their_members_and_a_second_look_writes_nothing(histories):
    kept = Kept()
    for ties in histories:
        made = kept.look(ties)
        wanted = {one.ring.id: {member.entity for member in one.ring.members} for one in found(ties).rings}
        assert {id_: set(members) for id_, members in kept.members.items()} == wanted
        assert {id_ for id_, ring in kept.rings.items() if ring.state is State.SUSPECTED} == set(wanted)
        into = [step.ring.merged_into for step in made if step.ring.merged_into is not None]
        assert all(kept.rings[id_].state is State.SUSPECTED for id_ in into), "what takes another in is there, at least by then"
        assert kept.look(ties) == []


def test_a_ring_is_found_grows_and_falls_apart_each_told_once_with_its_version_rising():
    kept = Kept()
    three, four = crowd(range(3), "dev_a", "pho_a"), crowd(range(4), "dev_a", "pho_a")
    kept.look(three)
    id_ = only(kept)
    kept.look(four)
    assert (kept.rings[id_].version, kept.rings[id_].members) == (2, 8)
    kept.look([])
    assert kept.rings[id_].state is State.DISSOLVED
    assert [kind for kind, _, _ in kept.told] == ["FOUND", "GREW", "DISSOLVED"]
    kept.look(three)
    assert kept.rings[id_].state is State.SUSPECTED, "it is back by the same id"
    assert kept.rings[id_].version == 4


def test_a_ring_that_takes_another_in_tells_so_and_the_other_names_it():
    kept = Kept()
    apart = crowd(range(3), "dev_a", "pho_a") + crowd(range(3, 6), "dev_b", "pho_b", days=1)
    kept.look(apart)
    assert len(kept.members) == 2
    kept.look(crowd(range(6), "dev_a", "pho_a", "dev_b", "pho_b"))
    survivor = only(kept)
    merged = only(kept, State.MERGED)
    assert kept.rings[merged].merged_into == survivor
    assert ("MERGED", survivor, merged) in kept.told


def test_what_people_said_passes_to_the_ring_that_takes_the_judged_one_in():
    kept = Kept()
    kept.look(crowd(range(3), "dev_a", "pho_a") + crowd(range(3, 6), "dev_b", "pho_b", days=1))
    for id_ in list(kept.members):
        kept.judge(id_, State.CONFIRMED)
    kept.look(crowd(range(6), "dev_a", "pho_a", "dev_b", "pho_b"))
    survivor = kept.rings[only(kept, State.CONFIRMED)]
    assert survivor.judged_by == "pri_a"


def test_a_dismissed_ring_stays_so_while_members_leave_and_is_suspected_again_when_somebody_joins():
    kept = Kept()
    kept.look(crowd(range(4), "dev_a", "pho_a"))
    id_ = only(kept)
    kept.judge(id_, State.DISMISSED)
    kept.look(crowd(range(3), "dev_a", "pho_a"))
    assert kept.rings[id_].state is State.DISMISSED
    kept.look(crowd(range(5), "dev_a", "pho_a"))
    assert kept.rings[id_].state is State.SUSPECTED


def test_a_confirmed_ring_stays_confirmed_when_it_grows_and_when_it_comes_back():
    kept = Kept()
    kept.look(crowd(range(3), "dev_a", "pho_a"))
    id_ = only(kept)
    kept.judge(id_, State.CONFIRMED)
    kept.look(crowd(range(4), "dev_a", "pho_a"))
    assert kept.rings[id_].state is State.CONFIRMED
    kept.look([])
    kept.look(crowd(range(4), "dev_a", "pho_a"))
    assert kept.rings[id_].state is State.CONFIRMED
