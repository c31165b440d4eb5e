"""What rings look like, by the ties that they were found in."""

from __future__ import annotations

from hypothesis import given

from graph.model import HeldTie, TieKind
from graph.rings.describing import Shape, Shares, describe
from graph.rings.finding import find_rings
from graph.rings.sharing import Shared
from tests.graph.rings.ties import DAY, crowd, markets, tied


def traits(ties: list[HeldTie]):
    (ring,) = find_rings(ties).rings
    return describe([ring], ties)[ring.id]


def test_what_is_shared_is_counted_by_owners_and_things_with_the_first_and_last_moment():
    found = traits([*crowd(range(4), "dev_a", "pho_a", days=1), tied("mer_000", "dev_a", 9 * DAY)])
    assert found.shares == {Shared.DEVICE: Shares(4, 1), Shared.PHONE: Shares(4, 1)}, "an own company is nobody else"
    assert (found.first_at, found.last_at) == (0, 3 * DAY)
    assert found.shapes == (Shape.SHARED_IDENTIFIERS,)


def test_what_one_owner_alone_comes_to_is_not_shared_and_does_not_move_the_moments():
    own = [tied("per_001", "ema_z", 50 * DAY), tied("mer_001", "ema_z", 50 * DAY)]
    found = traits([*crowd(range(3), "dev_a", "pho_a"), *own])
    assert Shared.EMAIL not in found.shares
    assert found.last_at == 0


def test_a_hub_is_no_evidence_of_its_own():
    market = [tied(f"per_{n:03d}", "ipa_market") for n in range(100, 400)]
    found = traits([*crowd(range(3), "dev_a", "pho_a", "ipa_market"), *market])
    assert Shared.CONNECTION not in found.shares


def test_five_who_all_share_are_dense_and_four_are_not():
    assert Shape.DENSE in traits(crowd(range(5), "dev_a", "pho_a")).shapes
    assert Shape.DENSE not in traits(crowd(range(4), "dev_a", "pho_a")).shapes


def test_guarantees_that_lead_back_are_a_circle_and_a_chain_is_none():
    ties = crowd(range(3), "dev_a", "pho_a")
    chain = [HeldTie(TieKind.GUARANTEES, f"per_{n:03d}", f"per_{n + 1:03d}", 0, 0) for n in range(2)]
    back = HeldTie(TieKind.GUARANTEES, "per_002", "per_000", 0, 0)
    assert Shape.GUARANTEE_CIRCLE not in traits(ties + chain).shapes
    assert Shape.GUARANTEE_CIRCLE in traits([*ties, *chain, back]).shapes


@given(markets())
def test_no_order_of_ties_changes_what_rings_look_like(ties):
    rings = find_rings(ties).rings
    assert describe(rings, ties) == describe(rings, list(reversed(ties)))


def test_what_a_member_shares_with_a_stranger_is_not_what_the_ring_shares():
    found = traits([*crowd(range(3), "dev_a", "pho_a"), tied("per_001", "pla_z", 5 * DAY), tied("per_900", "pla_z", 5 * DAY)])
    assert Shared.PLACE not in found.shares
    assert found.last_at == 0
