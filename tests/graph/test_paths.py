"""Strongest chains in a file against all chains there are; bounds and what is said of them."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.contents import Fact, TieObserved
from graph.model import EntityKind, EntityName, Moment, PathSearch, TieKind, TruncationCause
from graph.stores.shared.paths import search
from tests.graph import files, naive
from tests.graph.files import GRAPHS, Graph
from tests.graph.histories import LATEST, name, tie_histories

NOW = Moment(10**6, 10**6)
PERSON, SHOP, DEVICE, IP = EntityKind.PERSON, EntityKind.MERCHANT, EntityKind.DEVICE, EntityKind.IP_ADDRESS


@pytest.fixture(autouse=True, params=GRAPHS, scope="module")
def _graph(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test here is held on every store."""
    global File
    File = request.param
    yield
    files.close_all()


File: type[files.File | files.ServerGraph] = files.File


def seen(number: int, from_: EntityName, kind: TieKind, to: EntityName) -> Fact:
    return Fact(f"f{number}", number, TieObserved(from_, kind, to))


def between(file: Graph, one: EntityName, other: EntityName, **bounds: object) -> PathSearch:
    with file.snapshot(NOW) as snapshot:
        a, b = snapshot.node(file.id(one)), snapshot.node(file.id(other))
        assert a is not None and b is not None
        return search(snapshot, a, b, **bounds)  # type: ignore[arg-type]


@given(tie_histories(), st.integers(1, 6), st.integers(1, 20), st.integers(0, LATEST), st.integers(0, LATEST + 6), st.data())
def test_the_paths_are_the_strongest_of_all_chains_at_any_moment(facts, length, count, at, known_at, data):
    with tempfile.TemporaryDirectory() as folder:
        file = File(Path(folder), facts)
        for moment in (NOW, Moment(at, known_at)):
            picture = file.picture(moment)
            if not picture.entities:
                continue
            one, other = data.draw(st.tuples(*[st.sampled_from(sorted(picture.entities))] * 2))
            expected = naive.every_chain(naive.holding(picture), one, other, length)[:count]
            with file.snapshot(moment) as snapshot:
                a, b = snapshot.node(one), snapshot.node(other)
                assert a is not None and b is not None
                found = search(snapshot, a, b, maximum_length=length, maximum_paths=count)
            assert [tuple(tie.id for tie in path.ties) for path in found.paths] == [ties for _, _, ties in expected]
            assert [tuple(e.id for e in path.entities) for path in found.paths] == [entities for _, entities, _ in expected]
            assert [path.strength for path in found.paths] == pytest.approx([strength for strength, _, _ in expected])
            assert found.truncation is None
        file.close()


def test_two_behind_one_crowded_address_are_tied_through_it(tmp_path):
    ties = [seen(n, name(PERSON, n), TieKind.CONNECTS_FROM, name(IP, 0)) for n in range(700)]
    found = between(File(tmp_path, ties), name(PERSON, 0), name(PERSON, 1), maximum_length=2)
    assert [path.strength for path in found.paths] == [pytest.approx(0.09 / 699)]
    # each end gave its own tie; nothing else of the address was needed
    assert found.truncation is None


def test_a_hubs_oldest_tie_is_crossed_from_its_other_end(tmp_path):
    ties = [seen(n, name(PERSON, n), TieKind.USES_DEVICE, name(DEVICE, 0)) for n in range(700)]
    ties.append(seen(900, name(PERSON, 3), TieKind.OWNS, name(SHOP, 3)))
    ties.append(seen(901, name(SHOP, 3), TieKind.CONNECTS_FROM, name(IP, 9)))
    file = File(tmp_path, ties)
    found = between(file, name(DEVICE, 0), name(SHOP, 3), maximum_length=2)
    assert len(found.paths) == 1 and found.truncation is not None
    # 500 of the device's ties were read of it, and the one of person 3 from the other end
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.TIES_PER_ENTITY,), 199)


def test_only_the_kinds_asked_for_are_walked(tmp_path):
    ties = [seen(1, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0)), seen(2, name(PERSON, 0), TieKind.GUARANTEES, name(SHOP, 0))]
    file = File(tmp_path, ties)
    found = between(file, name(PERSON, 0), name(SHOP, 0), kinds=frozenset({TieKind.GUARANTEES}))
    assert [path.ties[0].kind for path in found.paths] == [TieKind.GUARANTEES]
    assert len(between(file, name(PERSON, 0), name(SHOP, 0)).paths) == 2


def test_a_search_past_its_deadline_says_so(tmp_path):
    file = File(tmp_path, [seen(1, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0))])
    found = between(file, name(PERSON, 0), name(SHOP, 0), deadline=time.monotonic() - 1)
    assert found.paths == () and found.truncation is not None
    assert (found.truncation.causes, found.truncation.omitted_ties) == ((TruncationCause.DEADLINE,), None)


def test_nothing_is_between_an_entity_and_itself(tmp_path):
    file = File(tmp_path, [seen(1, name(PERSON, 0), TieKind.OWNS, name(SHOP, 0))])
    assert between(file, name(SHOP, 0), name(SHOP, 0)) == PathSearch(())
