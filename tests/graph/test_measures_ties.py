"""Fraud near by, loans at once, outcomes around, sureties."""

from __future__ import annotations

import math

import pytest

from graph.measures.guarantees import guarantees
from graph.measures.loan_outcomes import loan_outcomes
from graph.measures.loans_at_once import loans_at_once
from graph.measures.nearest_fraud import nearest_blocked, nearest_fraud
from graph.measures.picture import DAY
from graph.model import Standing, TieKind
from tests.graph.pictures import NOW, applicant


def test_the_nearest_fraud_is_the_one_with_the_strongest_chain():
    drawing = (
        applicant().tie("mer_1", TieKind.LOCATED_AT, "pla_0").tie("per_2", TieKind.USES_DEVICE, "dev_0").tie("per_2", TieKind.OWNS, "mer_2")
    )
    drawing.entity("mer_1", standing=Standing.CONFIRMED_FRAUD).entity("mer_2", standing=Standing.CONFIRMED_FRAUD)
    fraud = nearest_fraud(*drawing.draw())
    nearest = fraud.nearest
    assert nearest is not None
    # .8 · .8 · 1 over device and ownership; .5 · .5 over the address
    assert nearest.entity == "mer_2" and nearest.distance == 3 and math.isclose(nearest.strength, 0.64)
    assert nearest.entities == ("per_0", "dev_0", "per_2", "mer_2")
    assert nearest.ties == ("tie_per_0.USES_DEVICE.dev_0", "tie_per_2.USES_DEVICE.dev_0", "tie_per_2.OWNS.mer_2")
    assert [suspect.entity for suspect in fraud.suspects] == ["mer_2", "mer_1"]
    assert fraud.weight == pytest.approx(1 - 0.36 * 0.75)


def test_a_bad_shop_its_owner_and_its_loan_count_once():
    drawing = applicant().tie("per_2", TieKind.USES_DEVICE, "dev_0").tie("per_2", TieKind.OWNS, "mer_2").loan("loa_2", "mer_2")
    for bad in ("per_2", "mer_2", "loa_2"):
        drawing.entity(bad, standing=Standing.CONFIRMED_FRAUD)
    assert nearest_fraud(*drawing.draw()).weight == pytest.approx(0.64)


def test_a_member_of_the_household_is_at_distance_nought():
    drawing = applicant()
    drawing.entity("mer_0", standing=Standing.CONFIRMED_FRAUD)
    nearest = nearest_fraud(*drawing.draw()).nearest
    assert nearest is not None and (nearest.distance, nearest.strength, nearest.ties) == (0, 1.0, ())


def test_the_loan_is_neither_suspect_nor_link():
    drawing = applicant()
    drawing.entity("loa_0", standing=Standing.CONFIRMED_FRAUD)
    assert nearest_fraud(*drawing.draw()).nearest is None


def test_fraud_behind_a_crowded_wifi_is_far():
    drawing = applicant().tie("mer_0", TieKind.CONNECTS_FROM, "ipa_0")
    for n in range(1, 102):
        drawing.tie(f"mer_{n}", TieKind.CONNECTS_FROM, "ipa_0")
    drawing.entity("mer_5", standing=Standing.CONFIRMED_FRAUD)
    nearest = nearest_fraud(*drawing.draw()).nearest
    assert nearest is not None and nearest.strength == pytest.approx(0.09 / 101)


def test_the_nearest_blocked_entity_is_found_whatever_its_standing():
    drawing = applicant()
    drawing.entity("dev_0", blocked=True)
    nearest = nearest_blocked(*drawing.draw()).nearest
    assert nearest is not None and nearest.entity == "dev_0" and nearest.strength == pytest.approx(0.8)


def test_loans_at_once_are_open_loans_and_fresh_applications_of_own_and_bound():
    drawing = applicant().tie("per_0", TieKind.OWNS, "mer_9").tie("per_1", TieKind.USES_DEVICE, "dev_0").tie("per_1", TieKind.OWNS, "mer_1")
    drawing.loan("loa_1", "mer_9", at=NOW - 50 * DAY, state="PAID_OUT", paid_out=500, balance=300)
    drawing.loan("loa_2", "mer_0", at=NOW - 40 * DAY, state="REPAID", requested=900)
    drawing.loan("loa_3", "mer_1", at=NOW - 2 * DAY, requested=70)
    drawing.loan("loa_4", "mer_1", at=NOW - 60 * DAY, requested=7_000)
    found = loans_at_once(*drawing.draw())
    assert found.own == ("loa_1",) and found.tied == ("loa_3",)
    assert found.count == 2 and found.parties == 1
    assert found.amount == 300 + 70
    assert found.entities == ("loa_1", "mer_1", "loa_3")
    assert "tie_mer_1.APPLIED_FOR.loa_3" in found.ties


def test_a_neighbour_at_the_same_address_has_its_loans_to_itself():
    drawing = applicant()
    for n in range(1, 6):
        drawing.tie(f"mer_{n}", TieKind.LOCATED_AT, "pla_0").loan(f"loa_{n}", f"mer_{n}", state="PAID_OUT")
    # six at one address: .25 / 5 is .05 a pair, below .1
    assert loans_at_once(*drawing.draw()).count == 0


def test_outcomes_around_are_those_of_close_companies():
    drawing = applicant().tie("mer_1", TieKind.USES_DEVICE, "dev_0").tie("mer_2", TieKind.REACHED_AT, "pho_0")
    drawing.loan("loa_1", "mer_1", at=NOW - 90 * DAY, state="DEFAULTED").loan("loa_2", "mer_2", at=NOW - 90 * DAY, state="REPAID")
    found = loan_outcomes(*drawing.draw())
    assert (found.bad, found.good) == (("loa_1",), 1)
    assert found.entities == ("mer_1", "loa_1")
    assert found.ties == ("tie_per_0.USES_DEVICE.dev_0", "tie_mer_1.USES_DEVICE.dev_0", "tie_mer_1.APPLIED_FOR.loa_1")


def test_how_loans_of_neighbours_at_one_address_turned_out_is_nothing_to_the_household():
    drawing = applicant()
    for n in range(1, 6):
        drawing.tie(f"mer_{n}", TieKind.LOCATED_AT, "pla_0").loan(f"loa_{n}", f"mer_{n}", state="DEFAULTED")
    assert loan_outcomes(*drawing.draw()).bad == ()


def test_sureties_that_go_round_are_found_with_the_household_as_one():
    drawing = (
        applicant()
        .tie("mer_0", TieKind.GUARANTEES, "mer_1")
        .tie("mer_1", TieKind.GUARANTEES, "mer_2")
        .tie("mer_2", TieKind.GUARANTEES, "per_0")
    )
    found = guarantees(*drawing.draw())
    assert found.guarantors == ("mer_2",) and found.guaranteed == ("mer_1",)
    assert found.round == ("mer_1", "mer_2")
    assert len(found.ties) == 3


def test_owners_who_sign_for_the_shops_of_others_are_their_companies():
    drawing = (
        applicant()
        .tie("per_0", TieKind.GUARANTEES, "mer_1")
        .tie("per_1", TieKind.OWNS, "mer_1")
        .tie("per_1", TieKind.GUARANTEES, "mer_2")
        .tie("per_2", TieKind.OWNS, "mer_2")
        .tie("per_2", TieKind.GUARANTEES, "mer_0")
    )
    found = guarantees(*drawing.draw())
    assert found.guarantors == ("mer_2",) and found.round == ("mer_1", "mer_2")


def test_an_owner_who_signs_for_a_second_shop_of_the_household_goes_no_round():
    drawing = (
        applicant().tie("per_0", TieKind.OWNS, "mer_9").tie("per_0", TieKind.GUARANTEES, "mer_9").tie("mer_9", TieKind.GUARANTEES, "mer_0")
    )
    found = guarantees(*drawing.draw())
    assert (found.guarantors, found.guaranteed, found.round) == ((), (), ())


def test_a_guarantor_of_many_is_counted_and_is_no_round():
    drawing = applicant()
    for n in range(5):
        drawing.tie("per_g", TieKind.GUARANTEES, f"mer_{n}")
    found = guarantees(*drawing.draw())
    assert found.guarantors == ("per_g",) and found.widest == 5 and found.round == ()
