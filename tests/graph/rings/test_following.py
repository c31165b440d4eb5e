"""Rings that are kept up are the rings that are found in all ties at once, whatever came before and in whatever portions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from graph.model import HeldTie
from graph.rings.finding import find_rings
from graph.rings.following import Following, Tie
from graph.rings.weights import BIT, DEFAULT, Weights
from tests.graph.rings.ties import DAY, crowd, markets, tied
from tests.settings import EXAMPLES

NARROW = replace(DEFAULT, widest=3, refined=4, strong=5 * BIT)
"""Bounds that small markets reach."""


def key(tie: HeldTie) -> Tie:
    return tie.kind, tie.from_id, tie.to_id


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[list[HeldTie], list[int], dict[tuple[str, str], bool | None]]]:
    """Portions of ties that come or have other moments, places of ties that go, and what people say of pairs."""
    members = st.builds("{}_{:03d}".format, st.sampled_from(["per", "mer"]), st.integers(0, 9))
    said = st.dictionaries(
        st.tuples(members, members).filter(lambda pair: pair[0] < pair[1]), st.sampled_from([True, False, None]), max_size=2
    )
    return draw(st.lists(st.tuples(markets(), st.lists(st.integers(0, 60), max_size=10), said), min_size=1, max_size=4))


@settings(max_examples=4 * EXAMPLES)
@given(lives(), st.sampled_from([DEFAULT, NARROW]))
def test_after_each_portion_they_are_what_a_rebuild_finds(life: Any, weights: Weights):
    following, ties, judged = Following(weights), dict[Tie, HeldTie](), dict[tuple[str, str], bool]()
    known: dict[str, Any] = {}
    for held, places, said in life:
        gone = [one for place, one in enumerate(sorted(ties)) if place in places]
        change = following.change(held, gone, said)
        for one in gone:
            del ties[one]
        ties |= {key(tie): tie for tie in held}
        for pair, same in said.items():
            judged.pop(pair, None)
            judged |= {pair: same} if same is not None else {}
        expected = find_rings(ties.values(), judged, weights, refine_wide=False)
        assert set(following.rings.values()) == set(expected.rings)
        for ring in change.gone:
            assert known.pop(ring.id) == ring
        known |= {ring.id: ring for ring in change.now}
        assert known == following.rings, "what was told adds up"


def test_a_market_in_portions_of_one_tie_is_the_same_as_all_at_once():
    ties = [tie for n in range(40) for tie in crowd([n], f"dev_{n // 7}", f"pho_{n % 9}", "ipa_all", days=3)]
    following = Following()
    for tie in ties:
        following.change([tie])
    assert set(following.rings.values()) == set(find_rings(ties).rings)
    for tie in ties:
        following.change(gone=[key(tie)])
    assert not following.rings
    empty = vars(Following())
    assert {name: value for name, value in vars(following).items() if value != empty[name]}.keys() <= {"_weights"}, "nothing is left behind"


def test_a_hub_that_grows_weighs_nothing_again():
    following = Following()
    following.change([tied(f"per_{n:03d}", "ipa_all", n * DAY) for n in range(500)])
    weighed = 0
    weigh = following._pair

    def counting(ends: tuple[str, str]) -> Any:
        nonlocal weighed
        weighed += 1
        return weigh(ends)

    following._pair = counting  # type: ignore[method-assign]
    following.change([tied(f"per_{n:03d}", "ipa_all", n * DAY) for n in range(500, 600)])
    assert weighed == 0


def test_a_component_that_becomes_too_wide_has_no_rings_until_it_is_narrow_again():
    following = Following(replace(DEFAULT, refined=7))
    one, other = crowd(range(4), "dev_a", "pho_a"), crowd(range(10, 14), "dev_b", "pho_b")
    assert len(following.change([*one, *other]).now) == 2
    bridge = [tied("per_003", "dev_c"), tied("per_010", "dev_c")]
    assert len(following.change(bridge).gone) == 2
    assert not following.rings
    assert len(following.change(gone=map(key, bridge)).now) == 2
