"""Questions about people and loans by hand; as in `test_hits_of_accounts`, the arithmetic stands beside each."""

from __future__ import annotations

from decimal import Decimal

import pytest

from graph import contents as c
from graph.flows.figures import Counterparty, Totals
from graph.flows.gathered_from_borrowers import GatheredFromBorrowers
from graph.flows.guarantee_chain import GuaranteeChain, Guaranteed
from graph.flows.investment_overlap import InvestmentOverlap
from graph.flows.loan_trail import LoanTrail, TrailStop
from graph.flows.loan_turnover import LoanTurnover, Turnover
from graph.flows.merchants_paid import MerchantsPaid
from graph.flows.money_traces import MoneyTraces
from graph.flows.scope import Window
from graph.model import TieKind, TransferKind
from tests.graph.flows.story import Story, id_, named, scope, values
from tests.graph.stores import STORES

pytestmark = pytest.mark.parametrize("open_", STORES)
A, B, C, D, E, X = (f"acc_{letter}" for letter in "abcdex")
P, Q, R, S = (f"per_{letter}" for letter in "pqrs")
L, M = "loa_l", "loa_m"
WINDOW = Window(0, 100)


def test_money_gathered_from_borrowers_is_followed_back_three_steps(open_, tmp_path):
    story = Story().holds(P, A).pays(B, A, 5, 40).pays(C, B, 5, 30).pays(D, C, 5, 20).pays(E, D, 5, 10)
    story.loan(L, 1000, 300).loan(M, 500, 40)
    story.lends(L, B, 1, 5).lends(L, B, 1, 6).lends(M, B, 1, 7).lends(L, D, 1, 8).lends(M, E, 1, 9).lends(M, C, 1, 100)
    (found,) = values(open_, tmp_path, story, GatheredFromBorrowers(id_(P), scope()))
    # b: l and m once each, 1000 + 500 and 300 + 40. d: l. c: paid out at 100, outside. e: four steps away.
    assert found == ((B, 1500, 340), (D, 1000, 300))


def test_money_that_came_before_it_was_there_was_not_gathered(open_, tmp_path):
    story = Story().holds(P, A).pays(B, A, 5, 40).pays(C, B, 5, 40).loan(L, 1000, 300).lends(L, C, 1, 5)
    assert values(open_, tmp_path, story, GatheredFromBorrowers(id_(P), scope())) == [()], "40 is not before 40"


def test_traces_meet_no_account_twice_and_parallel_transfers_are_one(open_, tmp_path):
    story = Story().holds(P, A).pays(A, B, 1, 10).pays(A, B, 1, 50).pays(B, C, 1, 20).pays(C, A, 1, 30).pays(C, D, 1, 30).pays(D, E, 1, 40)
    story.pays(B, X, 1, 10).withdraws(A, X, 1, 20)
    (found,) = values(open_, tmp_path, story, MoneyTraces(id_(P), scope()))
    assert found == ((A, B, C, D), (A, B, C), (A, B)), (
        "x was paid at 10, no later than b; a withdrawal is no transfer; e is four steps away"
    )


def test_traces_start_at_every_account_that_the_person_holds(open_, tmp_path):
    story = Story().holds(P, A, B).pays(A, C, 1, 10).pays(B, D, 1, 20).holds(Q, E).pays(E, X, 1, 10)
    story.tell(c.TieEnded(named(P), TieKind.HOLDS, named(B), "closed"), 50)
    assert values(open_, tmp_path, story, MoneyTraces(id_(P), scope())) == [((A, C),)], "b is no longer held"


def test_a_loan_trail_counts_what_came_to_each_account(open_, tmp_path):
    story = Story().loan(L, 1000, 0).lends(L, A, 1000, 10).lends(L, X, 5, 100)
    story.pays(A, B, 300, 5).withdraws(A, C, 150, 20).pays(B, C, 111, 30).pays(C, D, 60, 40).pays(D, E, 50, 50).pays(E, X, 9, 60).pays(
        X, D, 7, 70
    )
    (found,) = values(open_, tmp_path, story, LoanTrail(id_(L), scope()))
    # Two steps from the loan b 300 / 1000 and c (150 + 111) / 1000; three d 60 / 1000 (7 from x, which the trail does not leave); four e.
    assert found == (
        TrailStop(E, Decimal("0.050"), 4),
        TrailStop(D, Decimal("0.060"), 3),
        TrailStop(B, Decimal("0.300"), 2),
        TrailStop(C, Decimal("0.261"), 2),
    )


def test_a_transfer_counts_on_a_trail_when_it_is_more_than_the_share_of_what_its_account_received(open_, tmp_path):
    story = Story().loan(L, 1000, 0).lends(L, A, 1000, 10).pays(A, B, 100, 20).pays(X, B, 100, 21).pays(B, C, 60, 30).pays(B, D, 61, 31)
    story.pays(X, B, 900, 100)  # not in the window
    (found,) = values(open_, tmp_path, story, LoanTrail(id_(L), scope(), Decimal("0.3")))
    # a received no transfer: 100 > .3 * 0. b received 100 + 100: more than .3 * 200 = 60 is 61, and not 60.
    assert found == (TrailStop(D, Decimal("0.061"), 3), TrailStop(B, Decimal("0.100"), 2))


def test_money_that_comes_back_to_where_a_loan_was_paid_out_is_a_stop(open_, tmp_path):
    story = Story().loan(L, 200, 0).lends(L, A, 200, 10).pays(A, B, 50, 20).pays(B, A, 25, 30)
    (found,) = values(open_, tmp_path, story, LoanTrail(id_(L), scope()))
    assert found == (TrailStop(A, Decimal("0.125"), 3), TrailStop(B, Decimal("0.250"), 2))


def test_without_a_description_a_loan_is_what_was_paid_out(open_, tmp_path):
    story = Story().lends(L, A, 150, 10).lends(L, A, 50, 11).pays(A, B, 30, 20)
    assert values(open_, tmp_path, story, LoanTrail(id_(L), scope())) == [(TrailStop(B, Decimal("0.150"), 2),)], "30 / (150 + 50)"


def test_turnover_divides_pay_outs_by_repayments_and_by_transfers(open_, tmp_path):
    story = (
        Story().lends(L, A, 300, 10).lends(L, A, 1, 11).repays(A, L, 150, 20).pays(B, A, 80, 30).pays(A, C, 400, 40).withdraws(A, D, 9, 50)
    )
    all_, over, nothing = values(
        open_, tmp_path, story, LoanTurnover(id_(A), scope()), LoanTurnover(id_(A), scope(over=100)), LoanTurnover(id_(B), scope(50))
    )
    assert all_ == Turnover(Decimal("2.007"), Decimal("0.753"), Decimal("0.200")), "301 / 150 = 2.00667, 301 / 400 = .7525, 80 / 400"
    assert over == Turnover(Decimal("2.000"), Decimal("0.750"), Decimal("0.000")), "300 / 150, 300 / 400, 0 / 400"
    assert nothing == Turnover(None, None, None)


def test_investments_overlap_by_merchants_and_not_by_how_often(open_, tmp_path):
    story = Story()
    for person, merchants in ((P, "abc"), (Q, "bcd")):
        for merchant in merchants:
            story.ties(person, TieKind.INVESTS_IN, f"mer_{merchant}", 10)
    story.ties(P, TieKind.INVESTS_IN, "mer_a", 20).ties(P, TieKind.INVESTS_IN, "mer_d", 100).ties("mer_a", TieKind.INVESTS_IN, "mer_b", 5)
    half, none, third = values(
        open_, tmp_path, story, InvestmentOverlap(id_(P), id_(Q), WINDOW), InvestmentOverlap(id_(R), id_(S), WINDOW),
        InvestmentOverlap(id_(P), id_(Q), Window(0, 101)),
    )  # fmt: skip
    assert half == Decimal("0.500"), "b and c of a, b, c and d"
    assert none == Decimal("0.000")
    assert third == Decimal("0.750"), "with d at 100: three of four"


def test_an_investment_that_has_ended_is_none(open_, tmp_path):
    story = Story().ties(P, TieKind.INVESTS_IN, "mer_a", 10).ties(Q, TieKind.INVESTS_IN, "mer_a", 10)
    story.tell(c.TieEnded(named(P), TieKind.INVESTS_IN, named("mer_a"), "sold"), 50)
    assert values(open_, tmp_path, story, InvestmentOverlap(id_(P), id_(Q), WINDOW)) == [Decimal("0.000")]


def test_a_chain_of_guarantees_is_followed_through_circles_and_each_loan_counts_once(open_, tmp_path):
    story = Story().loan(L, 1000, 1).loan(M, 500, 1)
    for one, other, at in ((P, R, 10), (P, Q, 20), (Q, S, 5), (S, P, 30), (S, "per_t", 100)):
        story.ties(one, TieKind.GUARANTEES, other, at)
    story.ties(Q, TieKind.GUARANTEES, "mer_a", 10).ties("mer_a", TieKind.GUARANTEES, "per_u", 10)
    for person, loan in ((Q, L), (S, L), (R, M), ("per_t", "loa_n"), ("per_u", "loa_o")):
        story.ties(person, TieKind.APPLIED_FOR, loan)
    (found,) = values(open_, tmp_path, story, GuaranteeChain(id_(P), scope()))
    # q and r at one step, s at two, p again at three. t was vouched for at 100; u by a merchant.
    assert found == Guaranteed((Q, R, S, P), 2, 1500)


def test_merchants_paid_are_those_whose_accounts_got_transfers(open_, tmp_path):
    story = Story().holds(P, A, B).holds("mer_a", C).holds("mer_b", D).holds(Q, E)
    story.pays(A, C, 5, 10).pays(B, C, 6, 20).pays(A, D, 20, 30, TransferKind.PAYMENT).pays(A, E, 99, 40).withdraws(A, C, 50, 50)
    (found,) = values(open_, tmp_path, story, MerchantsPaid(id_(P), scope()))
    assert found == (Counterparty(D, Totals(1, 20, 20)), Counterparty(C, Totals(2, 11, 6))), "e is a person's; 5 + 6 from both accounts"
