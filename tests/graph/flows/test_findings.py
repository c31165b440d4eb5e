"""What every decision asks about money, by hand: what is asked for is 1,000, so that movements of more than 50 are looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from graph.flows.findings import DAYS, MAXIMUM_LOANS, MAXIMUM_NAMED, Household, find
from graph.flows.reader import MoneyReader
from graph.model import Findings, TieKind, TransferKind
from tests.graph.flows.memory import MemoryReader
from tests.graph.flows.story import Story, id_, values
from tests.graph.stores import STORES

A, B, C, D, E, X = (f"acc_{letter}" for letter in "abcdex")
P, Q, R = (f"per_{letter}" for letter in "pqr")
L, M = "loa_l", "loa_m"
AT = 100
DAY = 24 * 60 * 60 * 1000
HOUSEHOLD = Household([id_(P)], [id_(A), id_(B)], 1_000, AT)


@dataclass(frozen=True)
class Asked:
    """The questions of a decision as one that a store is asked."""

    household: Household

    def answer(self, money: MoneyReader) -> Findings:
        return find(money, self.household)


@pytest.fixture(params=STORES)
def found(request, tmp_path):
    def ask(story: Story, household: Household = HOUSEHOLD) -> Findings:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        value: Findings = values(request.param, folder, story, Asked(household))[0]
        return value

    return ask


def test_nothing_is_found_of_a_household_whose_money_does_nothing_of_the_kind(found):
    story = Story().holds(P, A, B).pays(C, A, 500, 10).pays(A, D, 400, 20)
    assert found(story) == Findings()


def test_a_loan_of_which_half_came_on_is_gathered_and_one_less_is_not(found):
    story = Story().holds(P, A).loan(L, 1_000, 0).lends(L, C, 1_000, 10).loan(M, 1_000, 0).lends(M, D, 1_000, 10)
    # of l 300 directly and 200 through e, together half of it; of m 499
    story.pays(C, A, 300, 20).pays(C, E, 200, 20).pays(E, B, 200, 30).pays(D, A, 499, 20)
    assert found(story).borrowers == (C,)


def test_a_loan_of_the_household_itself_is_nobody_elses(found):
    story = Story().holds(P, A, B).loan(L, 1_000, 0).lends(L, A, 1_000, 10).pays(A, B, 900, 20)
    assert found(story).borrowers == ()


def test_small_money_is_not_looked_at(found):
    story = Story().holds(P, A).loan(L, 100, 0).lends(L, C, 100, 10).pays(C, A, 50, 20)
    assert found(story).borrowers == (), "50 is no more than a twentieth of 1,000"
    assert found(story, replace(HOUSEHOLD, requested=980)).borrowers == (C,), "50 is more than 49"


def test_blocked_things_behind_accounts_that_the_money_got_to_are_named(found):
    story = Story().pays(A, C, 500, 10).pays(C, D, 400, 20).ties(D, TieKind.USES_DEVICE, "dev_r", 5).blocks("dev_r")
    story.ties(A, TieKind.USES_DEVICE, "dev_o", 5).pays(D, A, 300, 30).blocks("dev_o")
    assert found(story).blocked_things == ("dev_r",), "o is the household's own: its standing speaks for itself"


def test_what_others_borrowed_whom_the_household_vouches_for_is_summed_along_the_chain(found):
    story = Story().ties(P, TieKind.GUARANTEES, Q).ties(Q, TieKind.GUARANTEES, R).loan(L, 700, 0).loan(M, 40, 0)
    story.ties(Q, TieKind.APPLIED_FOR, L).ties(R, TieKind.APPLIED_FOR, M)
    seen = found(story)
    assert (seen.vouched_for, seen.vouched) == ((Q, R), 740)


def test_cash_of_an_account_that_gathered_from_many_counts_and_of_one_that_did_not_does_not(found):
    story = Story()
    for number in range(4):
        story.pays(f"acc_v{number}", X, 100, 10 + number).pays(f"acc_w{number}", B, 100, 10 + number)
    story.withdraws(X, A, 350, 20).withdraws(B, A, 200, 20).pays(C, D, 100, 10).withdraws(D, A, 90, 20)
    seen = found(story)
    assert (seen.pools, seen.withdrawn) == ((X,), 350), "b is the household's own, and d got one transfer"


def test_the_window_begins_thirty_days_before_the_application():
    at = DAYS * DAY + 100
    for moment, expected in ((100, ()), (101, ("acc_p",))):
        reader = MemoryReader()
        for number in range(4):
            reader.transfer(f"acc_v{number}", "acc_p", 100, 200 + number)
        reader.transfer("acc_p", "acc_o", 90, moment, TransferKind.WITHDRAWAL)
        assert find(reader, Household([], ["acc_o"], 1_000, at)).pools == expected


def test_more_borrowers_than_are_followed_are_said_to_be_cut_and_more_than_are_named_are_not_named():
    reader = MemoryReader()
    names = [f"acc_v{number:03}" for number in range(MAXIMUM_LOANS + 1)]
    for name in names:
        reader.transfer(name, "acc_o", 90, 20)
        reader.transfer(name, "acc_p", 500, 20)
        reader.observe(f"loa_{name}", TieKind.PAID_OUT_TO, name, 10, 100)
    find(reader, Household([], ["acc_o"], 1_000, 100))
    assert reader.cuts, "one loan was not followed"
    for number in range(4):
        reader.transfer(f"acc_g{number}", names[0], 100, 5)
    for name in names:
        for number in range(4):
            reader.transfer(f"acc_g{number}", name, 100, 5)
        reader.transfer(name, "acc_o", 90, 30, TransferKind.WITHDRAWAL)
    assert find(reader, Household([], ["acc_o"], 1_000, 100)).pools == tuple(names[:MAXIMUM_NAMED])
