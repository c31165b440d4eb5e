"""Walks over a file against walks over the plain fold; the bounds one by one."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import Fact, FactWithdrawn, TieEnded, TieObserved
from graph.model import EntityKind, EntityName, Moment, Neighbour, Neighbourhood, TieKind, TruncationCause, WalkBounds
from graph.stores.shared.walking import walk
from tests.graph import files, naive
from tests.graph.files import GRAPHS, Graph
from tests.graph.histories import LATEST, name, tie_histories

NOW = Moment(1_000, 1_000)
PERSON, SHOP, DEVICE, IP = EntityKind.PERSON, EntityKind.MERCHANT, EntityKind.DEVICE, EntityKind.IP_ADDRESS


@pytest.fixture(autouse=True, params=GRAPHS, scope="module")
def _graph(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test here is held on every store."""
    global File
    File = request.param
    yield
    files.close_all()


File: type[files.File | files.ServerGraph] = files.File


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def seen(number: int, from_: EntityName, kind: TieKind, to: EntityName, at: int | None = None) -> Fact:
    return Fact(f"f{number}", number if at is None else at, TieObserved(from_, kind, to))


def crowd(size: int) -> list[Fact]:
    """A device used by persons 0, 1, 2, ..., seen at moments 0, 1, 2, ..."""
    return [seen(n, name(PERSON, n), TieKind.USES_DEVICE, name(DEVICE, 0)) for n in range(size)]


def around(file: Graph, centre: EntityName, bounds: WalkBounds, moment: Moment = NOW, deadline: float | None = None) -> Neighbourhood:
    with file.snapshot(moment) as snapshot:
        number = snapshot.node(file.id(centre))
        assert number is not None
        return walk(snapshot, number, bounds, deadline)


def shape(one: Neighbour) -> tuple[object, ...]:
    known = one.entity
    return known.id, known.key, known.reach, known.standing, known.blocked, known.first_at, known.last_at, one.distance, one.strength


def same(found: Neighbourhood, expected: Neighbourhood) -> None:
    """Equal but for what is sealed in a file."""
    assert [shape(n) for n in found.neighbours] == [shape(n) for n in expected.neighbours]
    assert found.ties == expected.ties
    assert found.truncation == expected.truncation
    assert (found.centre, found.moment) == (expected.centre, expected.moment)


bounds = st.builds(
    WalkBounds,
    depth=st.integers(1, 4),
    ties_per_entity=st.integers(1, 6),
    entities=st.integers(1, 12),
    ties=st.integers(1, 15),
    minimum_weight=st.sampled_from([0.0, 0.0, 0.25, 0.5]),
    kinds=st.sampled_from([None, frozenset(TieKind) - {TieKind.CONNECTS_FROM}]),
    last_kinds=st.sampled_from([None, frozenset({TieKind.OWNS, TieKind.APPLIED_FOR})]),
    reserve=st.integers(0, 3),
)


@given(tie_histories(), st.lists(bounds, min_size=1, max_size=3), st.integers(0, LATEST), st.integers(0, LATEST + 6), st.data())
def test_a_walk_over_the_file_is_the_walk_over_the_fold_at_any_moment(facts, bounds, at, known_at, data):
    with tempfile.TemporaryDirectory() as folder:
        file = File(Path(folder), facts)
        for moment in (NOW, Moment(at, known_at)):
            picture = file.picture(moment)
            if not picture.entities:
                continue
            centre = data.draw(st.sampled_from(sorted(picture.entities)))
            for bound in bounds:
                with file.snapshot(moment) as snapshot:
                    number = snapshot.node(centre)
                    assert number is not None
                    same(walk(snapshot, number, bound), naive.walk(picture, centre, moment, bound))
        file.close()


@given(tie_histories(), bounds, st.integers(0, LATEST), st.integers(0, LATEST + 6), st.randoms())
def test_a_walk_then_is_the_walk_now_over_what_was_known_then(facts, bound, at, known_at, random):
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        all_ = File(Path(one), facts)
        some = File(Path(other), vault=all_.vault)
        known = [fact for fact in facts if (fact.recorded_at or 0) <= known_at]
        random.shuffle(known)
        some.record(known)
        for centre in sorted(all_.picture(Moment(at, known_at)).entities)[:3]:
            with all_.snapshot(Moment(at, known_at)) as then, some.snapshot(Moment(at, 1_000)) as now:
                a, b = then.node(centre), now.node(centre)
                assert a is not None and b is not None
                same(replace(walk(then, a, bound), moment=NOW), replace(walk(now, b, bound), moment=NOW))
        all_.close()
        some.close()


def test_a_hub_shows_its_newest_ties_and_says_how_many_it_left_out(folder):
    file = File(folder, crowd(60))
    found = around(file, name(DEVICE, 0), WalkBounds(depth=1, ties_per_entity=50))
    assert {n.entity.key for n in found.neighbours[1:]} == {f"per-{n}" for n in range(10, 60)}
    assert found.truncation is not None
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.TIES_PER_ENTITY,), 10)
    assert found.neighbours[0].entity.reach == 60
    # .8 / sqrt(59) whatever is shown
    assert found.ties[0].weight == pytest.approx(0.8 / 59**0.5)


def test_a_tie_of_a_hub_is_shown_when_its_other_end_shows_it(folder):
    file = File(folder, crowd(60))
    found = around(file, name(PERSON, 3), WalkBounds(depth=2, ties_per_entity=5))
    assert found.truncation is not None and found.truncation.omitted_ties == 54
    assert len(found.ties) == 6


def test_entities_beyond_the_bound_are_left_out_and_counted(folder):
    file = File(folder, crowd(20))
    found = around(file, name(DEVICE, 0), WalkBounds(depth=1, entities=8))
    assert len(found.neighbours) == 8
    assert found.truncation is not None
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.ENTITIES,), 13)


def test_ties_beyond_the_bound_are_left_out_and_counted(folder):
    file = File(folder, crowd(20))
    found = around(file, name(DEVICE, 0), WalkBounds(depth=1, ties=8))
    assert found.truncation is not None
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.TIES,), 12)


def test_a_tie_between_two_crowded_hubs_is_left_out_once(folder):
    ties = [seen(0, name(DEVICE, 0), TieKind.CONNECTS_FROM, name(IP, 0))]
    ties += [seen(n, name(PERSON, n), TieKind.USES_DEVICE, name(DEVICE, 0)) for n in range(1, 5)]
    ties += [seen(10 + n, name(PERSON, n), TieKind.CONNECTS_FROM, name(IP, 0)) for n in range(1, 5)]
    found = around(File(folder, ties), name(PERSON, 4), WalkBounds(depth=2, ties_per_entity=2))
    # of the device 3 ties and of the address 3 were not read of them; one of these is their own
    assert found.truncation is not None and found.truncation.omitted_ties == 5


def test_a_minimum_weight_is_a_filter_and_no_truncation(folder):
    file = File(folder, [*crowd(30), seen(90, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0))])
    found = around(file, name(PERSON, 0), WalkBounds(minimum_weight=0.5))
    assert [n.entity.key for n in found.neighbours] == ["per-0", "mer-0"]
    assert found.truncation is None


def test_ties_between_two_at_the_last_distance_are_not_shown(folder):
    ties = [
        seen(1, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0)),
        seen(2, name(PERSON, 0), TieKind.USES_DEVICE, name(DEVICE, 0)),
        seen(3, name(SHOP, 0), TieKind.USES_DEVICE, name(DEVICE, 0)),
    ]
    file = File(folder, ties)
    assert len(around(file, name(PERSON, 0), WalkBounds(depth=1)).ties) == 2
    assert len(around(file, name(PERSON, 0), WalkBounds(depth=2)).ties) == 3


def test_ended_ties_are_not_walked(folder):
    owns = name(PERSON, 0), TieKind.OWNS, name(SHOP, 0)
    file = File(
        folder, [seen(1, *owns), Fact("e", 5, TieEnded(*owns, "sold")), seen(2, name(PERSON, 0), TieKind.USES_DEVICE, name(DEVICE, 0))]
    )
    assert [n.entity.kind for n in around(file, name(PERSON, 0), WalkBounds()).neighbours] == [PERSON, DEVICE]
    assert [n.entity.kind for n in around(file, name(PERSON, 0), WalkBounds(), Moment(4, 9)).neighbours] == [PERSON, SHOP, DEVICE]


def test_a_strength_is_the_product_along_the_strongest_chain_shown(folder):
    ties = [
        seen(1, name(PERSON, 0), TieKind.CONNECTS_FROM, name(IP, 0)),
        seen(2, name(PERSON, 0), TieKind.USES_DEVICE, name(DEVICE, 0)),
        seen(3, name(DEVICE, 0), TieKind.CONNECTS_FROM, name(IP, 0)),
        seen(4, name(PERSON, 1), TieKind.USES_DEVICE, name(DEVICE, 0)),
    ]
    found = {n.entity.id[:3] + str(n.distance): n.strength for n in around(File(folder, ties), name(PERSON, 0), WalkBounds()).neighbours}
    assert found == {"per0": 1.0, "ipa1": 0.3, "dev1": 0.8, "per2": pytest.approx(0.64)}


def test_a_reserve_keeps_room_for_the_last_distance(folder):
    ties = crowd(30) + [seen(100 + n, name(PERSON, n), TieKind.OWNS, name(SHOP, n)) for n in range(30)]
    file = File(folder, ties)
    full = around(file, name(DEVICE, 0), WalkBounds(entities=12))
    kept = around(file, name(DEVICE, 0), WalkBounds(entities=12, reserve=5))
    assert [n.distance for n in full.neighbours] == [0] + [1] * 11
    assert [n.distance for n in kept.neighbours] == [0] + [1] * 6 + [2] * 5


def test_past_the_deadline_what_was_walked_is_returned(folder):
    found = around(File(folder, crowd(9)), name(DEVICE, 0), WalkBounds(), deadline=time.monotonic() - 1)
    assert [n.distance for n in found.neighbours] == [0]
    assert found.truncation is not None
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.DEADLINE,), None)


def test_an_entity_alone_is_its_own_neighbourhood(folder):
    file = File(
        folder,
        [seen(1, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0)), Fact("e", 5, TieEnded(name(PERSON, 0), TieKind.OWNS, name(SHOP, 0), "x"))],
    )
    found = around(file, name(PERSON, 0), WalkBounds())
    assert len(found.neighbours) == 1 and found.ties == () and found.truncation is None
    assert found.neighbours[0].strength == 1.0


def test_a_crowd_is_not_read_to_find_its_newest(folder):
    steps = []
    for size in (100, 3_000):
        (folder / str(size)).mkdir()
        file = files.File(folder / str(size), crowd(size)).analyse()
        count = [0]

        def step(count: list[int] = count) -> int:
            count[0] += 1
            return 0

        file.reader.set_progress_handler(step, 20)
        found = around(file, name(PERSON, size - 1), WalkBounds(depth=3, ties_per_entity=20), Moment(10**6, 10**6))
        file.reader.set_progress_handler(None, 0)
        assert len(found.neighbours) == 21 and found.truncation is not None
        steps.append(count[0])
    # steps of the file's engine, twenty at a time: thirty times the crowd is not half as much again
    assert steps[1] < 1.5 * steps[0]


def test_an_entity_is_last_named_by_its_newest_fact_though_an_older_one_is_withdrawn_in_the_same_batch(folder):
    person, shop = name(PERSON, 0), name(SHOP, 0)
    facts = [seen(0, person, TieKind.OWNS, shop), seen(1, person, TieKind.OWNS, shop), Fact("f9", 2, FactWithdrawn("f0", "mistake"))]
    found = around(File(folder, facts), shop, WalkBounds())
    assert [(n.entity.first_at, n.entity.last_at) for n in found.neighbours] == [(1, 1), (1, 1)]
