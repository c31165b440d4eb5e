"""Sharing, bonds, applications around: farms stand out, markets, chains, agents, accountants and families do not."""

from __future__ import annotations

import math

import pytest

from graph.measures.bonds import bonds
from graph.measures.household import household
from graph.measures.picture import DAY, HOUR, as_graph
from graph.measures.sharing import sharing
from graph.model import EntityKind, Standing, TieKind
from tests.graph.pictures import NOW, Drawing, applicant

DEVICE = frozenset({EntityKind.DEVICE})
PHONE = frozenset({EntityKind.PHONE})


def farm(size: int, *, applied_every: int = 2 * HOUR) -> Drawing:
    """`size` other shops with an owner each, applying through one device within days; the newest just before ours."""
    drawing = applicant()
    for n in range(1, size + 1):
        at = NOW - n * applied_every
        drawing.loan(f"loa_{n}", f"mer_{n}", applicant=f"per_{n}", at=at)
        drawing.tie(f"per_{n}", TieKind.OWNS, f"mer_{n}", first=at - DAY)
        drawing.tie(f"per_{n}", TieKind.USES_DEVICE, "dev_0", first=at)
    drawing.tie("per_0", TieKind.USES_DEVICE, "dev_0", first=NOW - 2 * HOUR, last=NOW, count=2)
    return drawing


def market(size: int) -> Drawing:
    """`size` other shops on one address and one Wi-Fi, come over years; one in fifty applied this week."""
    drawing = applicant().tie("mer_0", TieKind.CONNECTS_FROM, "ipa_0", first=NOW - 200 * DAY, last=NOW, count=200)
    for n in range(1, size + 1):
        came = NOW - (n * 3 % 390) * DAY
        drawing.tie(f"mer_{n}", TieKind.LOCATED_AT, "pla_0", first=came, last=NOW, count=3)
        drawing.tie(f"mer_{n}", TieKind.CONNECTS_FROM, "ipa_0", first=came, last=NOW, count=300)
        if n % 50 == 0:
            drawing.loan(f"loa_{n}", f"mer_{n}", at=NOW - n * HOUR % (6 * DAY))
    return drawing


def onboarded(size: int) -> Drawing:
    """An agent's device and phone, seen once each behind `size` other shops, one a day; ours was signed up 90 days ago."""
    then = NOW - 90 * DAY
    drawing = applicant().tie("mer_0", TieKind.ONBOARDED_BY, "per_agent", first=then)
    drawing.tie("mer_0", TieKind.USES_DEVICE, "dev_agent", first=then).tie("mer_0", TieKind.REACHED_AT, "pho_agent", first=then)
    for n in range(1, size + 1):
        at = NOW - n * DAY
        drawing.tie(f"mer_{n}", TieKind.ONBOARDED_BY, "per_agent", first=at)
        drawing.tie(f"mer_{n}", TieKind.USES_DEVICE, "dev_agent", first=at).tie(f"mer_{n}", TieKind.REACHED_AT, "pho_agent", first=at)
    return drawing


def test_a_farm_of_eight_shares_a_device_with_the_weights_of_its_scarcity():
    picture, house = farm(8).draw()
    found = sharing(picture, house, DEVICE)
    # nine persons on one device: .8 / sqrt(8) on either side, so .64 / 8 a pair and .64 in all
    assert found.count == 8
    assert all(math.isclose(sharer.weight, 0.64 / 8) for sharer in found.sharers)
    assert math.isclose(found.weight, 0.64)
    assert math.isclose(found.burst(3 * DAY), 0.64)
    assert found.crowd == 9
    assert len(found.applied_within(7 * HOUR)) == 3
    assert found.entities[0] == "dev_0" and found.ties[0].startswith("tie_per_0.USES_DEVICE")


def test_a_person_and_the_shops_that_the_person_owns_share_once():
    drawing = applicant().tie("per_1", TieKind.OWNS, "mer_1").tie("per_1", TieKind.OWNS, "mer_2")
    for other in ("per_1", "mer_1", "mer_2"):
        drawing.tie(other, TieKind.USES_DEVICE, "dev_0")
    picture, house = drawing.draw()
    assert [sharer.party for sharer in sharing(picture, house, DEVICE).sharers] == ["mer_1"]


def test_the_households_own_shops_are_no_others():
    drawing = applicant().tie("per_0", TieKind.OWNS, "mer_1").tie("mer_1", TieKind.USES_DEVICE, "dev_0")
    picture, house = drawing.draw()
    assert house.affiliates == ("mer_1",)
    assert sharing(picture, house).count == 0


def test_an_account_nobody_in_sight_holds_stands_for_itself_and_a_held_one_for_its_holder():
    drawing = applicant().tie("acc_0", TieKind.USES_DEVICE, "dev_1").tie("acc_1", TieKind.USES_DEVICE, "dev_1")
    drawing.tie("acc_2", TieKind.USES_DEVICE, "dev_1").tie("per_2", TieKind.HOLDS, "acc_2")
    picture, house = drawing.draw()
    assert {sharer.party for sharer in sharing(picture, house, DEVICE).sharers} == {"acc_1", "per_2"}


def test_a_markets_crowd_weighs_almost_nothing():
    picture, house = market(300).draw()
    found = sharing(picture, house)
    assert found.count == 300 and found.crowd == 301
    # address .25 / 300 and Wi-Fi .09 / 300 a pair
    assert found.sharers[0].weight < 0.0012
    assert found.burst(3 * DAY) < 0.02
    assert bonds(picture, house).of_families(2) == ()


def test_neighbours_at_a_market_are_bound_by_one_family_for_address_and_wifi_together():
    picture, house = market(3).draw()
    assert {bond.families for bond in bonds(picture, house).all} == {("whereabouts",)}


def test_an_onboarding_agent_is_no_burst_and_was_seen_once_for_each():
    picture, house = onboarded(150).draw()
    found = sharing(picture, house, DEVICE | PHONE)
    assert found.count == 150
    assert {sharer.observations for sharer in found.sharers} == {2}
    # seven of 150 came within three days of ours: 1 - (1 - .64/150)² is .0085 for each
    assert len(found.within(3 * DAY)) == 7
    assert found.burst(3 * DAY) == pytest.approx(7 * (1 - (1 - 0.64 / 150) ** 2))
    assert found.applied_within(7 * DAY) == ()


def test_an_accountants_clients_are_bound_by_one_family():
    drawing = applicant()
    for n in range(31):
        drawing.tie(f"mer_{n}", TieKind.REACHED_AT, "pho_a", first=NOW - n * 10 * DAY)
        drawing.tie(f"mer_{n}", TieKind.REACHED_AT, "ema_a", first=NOW - n * 10 * DAY)
    picture, house = drawing.draw()
    assert bonds(picture, house).of_families(2) == ()
    assert sharing(picture, house, PHONE).burst(3 * DAY) == 0.0


def test_a_family_is_closely_bound_but_small_and_of_long_standing():
    drawing = applicant()
    for n in (1, 2):
        drawing.tie(f"per_{n}", TieKind.USES_DEVICE, "dev_0", first=n * DAY, last=NOW, count=50)
        drawing.tie(f"per_{n}", TieKind.REACHED_AT, "pho_0", first=n * DAY, last=NOW, count=50)
    picture, house = drawing.draw()
    found = bonds(picture, house).of_families(2)
    assert len(found) == 2
    # three on device and phone: .8 / sqrt(2) on either side, .32 a pair and kind
    assert found[0].weight == pytest.approx(1 - (1 - 0.32) ** 2)
    assert found[0].sharer is not None and found[0].sharer.lasting > 390 * DAY


def test_two_independent_kinds_bind_more_than_one_kind_twice():
    twice = applicant()
    apart = applicant()
    for n in (1, 2):
        twice.tie("per_0", TieKind.REACHED_AT, f"pho_{n}").tie("per_9", TieKind.REACHED_AT, f"pho_{n}")
    apart.tie("per_9", TieKind.REACHED_AT, "pho_0").tie("per_9", TieKind.USES_DEVICE, "dev_0")
    (one,) = bonds(*twice.draw()).all
    (two,) = bonds(*apart.draw()).all
    # three phones of ours, .8 / sqrt(2), and two of theirs, .8
    assert one.families == ("contact",) and one.weight == pytest.approx(0.64 / 2**0.5)
    assert two.families == ("contact", "device") and two.weight == pytest.approx(1 - 0.36**2)


def test_sharers_say_whether_they_are_fraud_or_in_arrears():
    drawing = applicant().tie("mer_1", TieKind.USES_DEVICE, "dev_0").loan("loa_1", "mer_1", state="DEFAULTED")
    drawing.entity("mer_1", standing=Standing.CONFIRMED_FRAUD)
    (sharer,) = sharing(*drawing.draw(), DEVICE).sharers
    assert sharer.fraud and sharer.bad_loans == 1


def test_an_application_through_an_old_tie_has_no_gap_of_applications():
    drawing = applicant().tie("mer_1", TieKind.USES_DEVICE, "dev_0", first=NOW - 9 * DAY).loan("loa_1", "mer_1", at=NOW - DAY)
    (sharer,) = sharing(*drawing.draw(), DEVICE).sharers
    assert sharer.applied_gap is None


def test_around_a_merchant_the_merchant_is_the_household():
    drawing = Drawing("mer_7").tie("mer_7", TieKind.USES_DEVICE, "dev_0").tie("mer_8", TieKind.USES_DEVICE, "dev_0")
    picture, house = drawing.draw()
    assert house.merchant == "mer_7" and house.loan is None and house.applied_at == NOW
    assert sharing(picture, house).count == 1


def test_the_same_neighbourhood_is_drawn_once():
    neighbourhood = farm(3).neighbourhood()
    assert as_graph(neighbourhood) is as_graph(neighbourhood)
    assert household(as_graph(neighbourhood)) is household(as_graph(neighbourhood))
