"""Strengths and strongest chains against every chain there is."""

from __future__ import annotations

import itertools
import math

from hypothesis import given
from hypothesis import strategies as st

from graph.chains import DIGITS, Chains, strengths
from graph.model import Tie, TieKind

WEIGHTS = [0.1, 0.3, 0.5, 0.5, 0.8, 1.0]

graphs = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.sampled_from(WEIGHTS)).filter(lambda t: t[0] != t[1]), max_size=12
).map(lambda drawn: [Tie(f"tie_{n:02}", TieKind.OWNS, f"per_{a}", f"per_{b}", w, 0, 0, 0, None, 1) for n, (a, b, w) in enumerate(drawn)])


def every_chain(ties: list[Tie], from_: str, to: str, length: int) -> list[tuple[float, tuple[str, ...], tuple[str, ...]]]:
    """All simple chains, by trying all sequences of ties."""
    found = []

    def go(entities: tuple[str, ...], used: tuple[str, ...], strength: float) -> None:
        if entities[-1] == to:
            found.append((strength, entities, used))
            return
        if len(used) == length:
            return
        for tie in ties:
            for one, other in ((tie.from_id, tie.to_id), (tie.to_id, tie.from_id)):
                if one == entities[-1] and other not in entities:
                    go((*entities, other), (*used, tie.id), strength * tie.weight)

    go((from_,), (), 1.0)
    return sorted(found, key=lambda f: (-round(f[0], DIGITS), len(f[2]), f[1], f[2]))


@given(graphs, st.integers(1, 6))
def test_chains_come_strongest_first_then_shortest_then_by_ids_and_all_of_them(ties, length):
    search = Chains("per_0", "per_1", ties, length)
    found = list(itertools.takewhile(lambda way: way is not None, (search.next() for _ in itertools.count())))
    assert found == [(entities, used) for _, entities, used in every_chain(ties, "per_0", "per_1", length)]


@given(graphs)
def test_a_strength_is_that_of_the_strongest_of_all_chains(ties):
    found = strengths("per_0", [(tie.from_id, tie.to_id, tie.weight) for tie in ties])
    for n in range(1, 6):
        chains = every_chain(ties, "per_0", f"per_{n}", 5)
        assert (f"per_{n}" in found) == bool(chains)
        if chains:
            assert math.isclose(found[f"per_{n}"], chains[0][0])


def test_nothing_is_between_an_entity_and_itself():
    tie = Tie("tie_a", TieKind.OWNS, "per_0", "per_1", 0.5, 0, 0, 0, None, 1)
    assert Chains("per_0", "per_0", [tie], 4).next() is None


def test_looking_ends_when_it_must():
    tie = Tie("tie_a", TieKind.OWNS, "per_0", "per_1", 0.5, 0, 0, 0, None, 1)
    assert Chains("per_0", "per_1", [tie], 4).next(lambda: False) is None
