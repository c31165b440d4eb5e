"""What makes a ring and what does not; and that nothing but the ties decides it."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from graph.model import HeldTie, TieKind
from graph.rings.finding import Ring, find_rings
from graph.rings.sharing import HOUR, Shared
from graph.rings.weights import BIT, DEFAULT
from tests.graph.rings.ties import crowd, markets, owner, tied


def members(ring: Ring) -> set[str]:
    return {member.entity for member in ring.members}


def test_a_farm_on_one_device_within_a_week_is_a_ring_of_owners_and_companies():
    (ring,) = find_rings(crowd(range(12), "dev_farm")).rings
    assert members(ring) == {f"{kind}_{n:03d}" for kind in ("per", "mer") for n in range(12)}
    assert (ring.actors, ring.pairs, ring.density) == (12, 66, 1.0)
    assert ring.kinds == (Shared.DEVICE,)
    assert ring.bits == 7.5, "9 bits of a device, 3 less for a reach of 9 to 16, 1.5 more in step"


def test_the_same_device_over_a_year_is_none():
    assert not find_rings(crowd(range(12), "dev_accountant", days=61)).rings


def test_two_independent_kinds_count_far_more_than_one_twice():
    assert not find_rings(crowd(range(6), "dev_a", "dev_b", days=61)).rings
    assert find_rings(crowd(range(6), "dev_a", "pho_a", days=61)).rings


def test_a_chain_of_shops_with_one_owner_is_no_ring():
    chain = [HeldTie(TieKind.OWNS, "per_boss", f"mer_{n:03d}", 0, 0) for n in range(9)]
    assert not find_rings([*chain, *(tied(f"mer_{n:03d}", "dev_till") for n in range(9))]).rings


def test_two_are_no_ring_and_three_are():
    assert not find_rings(crowd(range(2), "dev_a", "pho_a", "acc_a")).rings
    assert len(find_rings(crowd(range(3), "dev_a", "pho_a", "acc_a")).rings) == 1


def test_a_hub_makes_no_pairs_and_strengthens_those_that_others_make():
    many = crowd(range(DEFAULT.widest + 1), "ipa_market", "dev_market")
    assert find_rings(many).pairs == 0
    bound = crowd(range(3), "pho_a", "dev_b", days=40)
    alone, within = find_rings(bound).rings[0], find_rings([*bound, *many]).rings[0]
    assert within.bits > alone.bits
    assert members(within) == members(alone)


def test_two_groups_with_one_common_acquaintance_are_two_rings():
    one, other = crowd(range(6), "dev_a", "pho_a", "acc_a"), crowd(range(10, 16), "dev_b", "pho_b", "acc_b")
    bridge = [tied("per_005", "dev_c"), tied("per_010", "dev_c")]
    found = find_rings([*one, *other, *bridge])
    assert (found.largest, [ring.actors for ring in found.rings]) == (12, [6, 6])


def test_who_came_to_an_agent_within_the_hour_is_a_weak_sign():
    def onboarded(at: int) -> list[HeldTie]:
        return [HeldTie(TieKind.ONBOARDED_BY, f"mer_{n:03d}", "per_agent", n * at, n * at) for n in range(4)]

    phones = crowd(range(4), "pla_a", days=10)
    assert not find_rings([*phones, *onboarded(HOUR)]).rings
    assert find_rings([*phones, *onboarded(HOUR // 10)]).rings


def test_a_circle_of_sureties_is_evidence():
    circle = [HeldTie(TieKind.GUARANTEES, f"per_{n:03d}", f"per_{(n + 1) % 3:03d}", 0, 0) for n in range(3)]
    (ring,) = find_rings([*map(owner, range(3)), *circle]).rings
    assert ring.kinds == (Shared.SURETY,)


def test_not_the_same_cuts_a_pair_and_the_same_makes_it_certain():
    three = crowd(range(3), "dev_a")
    pairs = [(f"per_{one:03d}", f"mer_{other:03d}") for one, other in ((0, 1), (1, 2), (2, 0))]
    assert not find_rings(three, dict.fromkeys(pairs, False)).rings
    strangers = crowd(range(3), "ipa_a", days=100)
    assert not find_rings(strangers).rings
    (ring,) = find_rings(strangers, dict.fromkeys(pairs, True)).rings
    assert ring.bits == DEFAULT.certain / BIT
    unheard = {("per_404", "per_405"): True}
    assert find_rings(three, unheard) == find_rings(three), "who shares nothing is in no ring"


def test_a_ring_keeps_its_id_while_its_earliest_pair_is_in_it():
    few = crowd(range(3, 6), "dev_a", "pho_a", days=1)
    (before,) = find_rings(few).rings
    (grown,) = find_rings(few + crowd(range(6, 9), "dev_a", "pho_a", days=1)).rings
    assert (grown.id, grown.actors) == (before.id, 6)
    (other,) = find_rings(crowd(range(4, 7), "dev_a", "pho_a", days=1)).rings
    assert other.id != before.id


def test_each_member_says_why_and_since_when():
    (ring,) = find_rings(crowd(range(3), "dev_a", "pho_a", days=1)).rings
    first = next(member for member in ring.members if member.entity == "mer_000")
    assert first.because == (Shared.DEVICE, Shared.PHONE)
    assert first.since == 24 * HOUR, "when the second came"


@given(markets(), st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(ties: list[HeldTie], chance: random.Random):
    shuffled = [*ties, *chance.sample(ties, len(ties) // 2)]
    chance.shuffle(shuffled)
    assert find_rings(shuffled) == find_rings(ties)


@given(markets(), markets())
def test_what_happens_elsewhere_moves_no_ring(ties: list[HeldTie], others: list[HeldTie]):
    apart = [tie._replace(from_id=f"{tie.from_id}x", to_id=f"{tie.to_id}x") for tie in others]
    both = find_rings([*ties, *apart])
    assert set(both.rings) == {*find_rings(ties).rings, *find_rings(apart).rings}


@given(markets())
def test_rings_share_no_member_and_each_is_joined_by_its_own_pairs(ties: list[HeldTie]):
    rings = find_rings(ties).rings
    everybody = [entity for ring in rings for entity in members(ring)]
    assert len(everybody) == len(set(everybody))
    assert len({ring.id for ring in rings}) == len(rings)
    for ring in rings:
        assert ring.actors >= DEFAULT.fewest
        assert ring.pairs >= ring.actors - 1
        assert 0 < ring.density <= 1
        assert all(member.weight >= DEFAULT.strong for member in ring.members)


@given(markets())
def test_a_higher_bar_finds_no_pair_that_a_lower_one_does_not(ties: list[HeldTie]):
    assert find_rings(ties, weights=replace(DEFAULT, strong=10 * BIT)).pairs <= find_rings(ties).pairs


def test_a_ring_of_several_devices_and_phones_is_one():
    chance = random.Random(7)
    ties = [tie for n in range(24) for tie in crowd([n], f"dev_{chance.randrange(3)}", f"pho_{chance.randrange(4)}")]
    assert [ring.actors for ring in find_rings(ties).rings] == [24]


def test_the_same_ties_give_the_same_rings_however_often_they_are_asked():
    chance = random.Random(1)
    ties = [tie for n in range(60) for tie in crowd([n], f"dev_{chance.randrange(12)}", f"pho_{chance.randrange(12)}")]
    first = find_rings(ties)
    assert all(find_rings(ties) == first for _ in range(50))
