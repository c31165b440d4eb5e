"""What the published results leave open, by hand: circles, pools, blocked devices, bounds and truncation. Amounts are minor units, windows
are 0 to 100 unless said, and the arithmetic stands beside each.
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from graph import contents as c
from graph.errors import InvalidInput
from graph.flows.account_profile import AccountProfile, Profile
from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.blocked_payers import BlockedPayers
from graph.flows.blocked_with_same_payers import BlockedWithSamePayers
from graph.flows.cycle_through_transfer import Circle, CycleThroughTransfer
from graph.flows.figures import Counterparty, Totals
from graph.flows.pass_through import PassedThrough, PassThrough
from graph.flows.payees import Payees
from graph.flows.payers import Payers
from graph.flows.pooled_withdrawals import PooledWithdrawal, PooledWithdrawals
from graph.flows.scope import Cut, Order
from graph.flows.shortest_path import ShortestPath
from graph.flows.transfer_totals import InAndOut, TransferTotals
from graph.model import Moment, TieKind
from tests.graph.flows.story import Story, ask, id_, named, scope, values
from tests.graph.stores import STORES

pytestmark = pytest.mark.parametrize("open_", STORES)
A, B, C, D, X = (f"acc_{letter}" for letter in "abcdx")


def test_a_blocked_device_is_reached_at_one_two_and_three_steps(open_, tmp_path):
    story = Story().pays(A, B, 5, 10).pays(B, C, 5, 20).pays(C, D, 5, 30).pays(D, X, 5, 40).blocks("dev_m")
    for account in (B, D, X):
        story.ties(account, TieKind.USES_DEVICE, "dev_m", 50)
    story.ties(C, TieKind.USES_DEVICE, "dev_n", 50)  # not blocked
    (found,) = values(open_, tmp_path, story, BlockedDevicesReached(id_(A), scope()))
    assert found == ((1, B, "dev_m"), (3, D, "dev_m")), "x is four steps away"


def test_money_goes_on_only_later_and_an_account_counts_at_every_distance(open_, tmp_path):
    story = Story().pays(A, B, 5, 20).pays(B, C, 5, 20).pays(A, C, 5, 1).pays(A, D, 5, 10).pays(D, B, 5, 11).pays(B, X, 5, 12)
    story.blocks("dev_m").ties(C, TieKind.USES_DEVICE, "dev_m", 5).ties(B, TieKind.USES_DEVICE, "dev_m", 5)
    story.ties(X, TieKind.USES_DEVICE, "dev_m", 5)
    # b at 1 (20) and at 2 (10 < 11); c at 1 (1), and at 3 because money got to b at 11 and left at 20, not at 2: 20 is not later than 20;
    # x at 3 (10 < 11 < 12), not at 2: b was first paid directly at 20.
    (found,) = values(open_, tmp_path, story, BlockedDevicesReached(id_(A), scope()))
    assert found == ((1, B, "dev_m"), (1, C, "dev_m"), (2, B, "dev_m"), (3, C, "dev_m"), (3, X, "dev_m"))


def test_a_blocked_address_or_phone_counts_like_a_device_and_sightings_outside_the_window_do_not(open_, tmp_path):
    story = Story().pays(A, B, 5, 10)
    story.tell(c.TieObserved(named(B), TieKind.CONNECTS_FROM, named("ipa_i")), 50)
    story.tell(c.TieObserved(named(B), TieKind.USES_DEVICE, named("dev_m")), 100).blocks("ipa_i", "dev_m")
    assert values(open_, tmp_path, story, BlockedDevicesReached(id_(A), scope())) == [((1, B, "ipa_i"),)]


def test_the_window_is_open_at_both_ends(open_, tmp_path):
    story = Story().pays(A, B, 1, 0).pays(A, B, 10, 1).pays(A, B, 100, 99).pays(A, B, 1000, 100)
    (found,) = values(open_, tmp_path, story, TransferTotals(id_(A), scope(0, 100)))
    assert found == InAndOut(Totals(), Totals(2, 110, 100)), "10 + 100; those at 0 and at 100 are left out"


def test_a_circle_needs_the_transfer_that_it_is_about(open_, tmp_path):
    story = Story().pays(A, B, 7, 10).pays(B, C, 3, 20).pays(B, C, 4, 5).pays(C, A, 6, 30).pays(C, A, 6, 31)
    story.pays(B, D, 9, 40).pays(D, A, 12, 1).pays(X, A, 50, 50)
    circle, none, late = values(
        open_, tmp_path, story, CycleThroughTransfer(id_(A), id_(B), scope()), CycleThroughTransfer(id_(B), id_(A), scope()),
        CycleThroughTransfer(id_(A), id_(B), scope(10)),
    )  # fmt: skip
    # Back to a: from c 6 + 6 = 12, from d 12. Equal, so by what the thirds got: d 9, c 3 + 4 = 7. x gave 50 and got nothing.
    assert circle == (Circle(D, Totals(1, 12, 12), Totals(1, 9, 9)), Circle(C, Totals(2, 12, 6), Totals(2, 7, 4)))
    assert none == (), "b never paid a"
    assert late == (), "a paid b at 10, which a window after 10 leaves out"


def test_two_accounts_that_pay_each_other_are_no_circle_of_three(open_, tmp_path):
    story = Story().pays(A, B, 7, 10).pays(B, A, 7, 20).pays(A, A, 1, 30).pays(B, B, 1, 40)
    assert values(open_, tmp_path, story, CycleThroughTransfer(id_(A), id_(B), scope())) == [()]


def test_pools_gathered_from_more_than_three_transfers_are_found(open_, tmp_path):
    story = Story()
    for n in range(4):
        story.pays(f"acc_p{'abcd'[n]}", B, 10 + n, 10 + n)  # 10 + 11 + 12 + 13 = 46
        story.pays(X, C, 20, 10 + n)  # 80 from one payer: transfers count, not payers
    for n in range(3):
        story.pays(f"acc_q{'abc'[n]}", D, 99, 10 + n)  # three are not more than three
    story.withdraws(B, A, 40, 50).withdraws(B, A, 5, 51).withdraws(C, A, 60, 52).withdraws(D, A, 90, 53)
    pools, over, fewer = values(
        open_, tmp_path, story, PooledWithdrawals(id_(A), scope()),
        PooledWithdrawals(id_(A), scope(over=10), 40), PooledWithdrawals(id_(A), scope(), 5, 2),
    )  # fmt: skip
    c_pool = PooledWithdrawal(C, Totals(4, 80, 20), Totals(1, 60, 60))
    assert pools == (c_pool, PooledWithdrawal(B, Totals(4, 46, 13), Totals(2, 45, 40)))
    assert over == (c_pool,), "of b's transfers three are over 10, and its withdrawals of 40 and 5 are not over 40"
    d_pool = PooledWithdrawal(D, Totals(3, 297, 99), Totals(1, 90, 90))
    assert fewer == (d_pool, c_pool, PooledWithdrawal(B, Totals(4, 46, 13), Totals(1, 40, 40))), "5 is not over 5"


def test_a_withdrawal_is_no_transfer_and_a_transfer_is_no_withdrawal(open_, tmp_path):
    story = Story().pays(A, B, 5, 10).withdraws(A, B, 7, 20)
    for n in range(4):
        story.pays(X, A, 1, 30 + n)
    totals, pools = values(open_, tmp_path, story, TransferTotals(id_(B), scope()), PooledWithdrawals(id_(B), scope()))
    assert totals.received == Totals(1, 5, 5)
    assert pools == (PooledWithdrawal(A, Totals(4, 4, 1), Totals(1, 7, 7)),)


@pytest.mark.parametrize(
    ("order", "most", "received"),
    [
        (Order.NEWEST, 2, 3 + 4),
        (Order.OLDEST, 2, 5 + 9),
        (Order.LARGEST, 2, 9 + 5),
        (Order.SMALLEST, 2, 3 + 4),
        (Order.OLDEST, 3, 5 + 9 + 3),
    ],
)
def test_of_a_crowded_account_the_first_in_order_are_looked_at(open_, tmp_path, order: Order, most: int, received: int):
    story = Story().pays(B, A, 5, 10).pays(C, A, 9, 20).pays(D, A, 3, 30).pays(B, A, 4, 40).pays(A, X, 10, 50)
    (answer,) = ask(open_, tmp_path, story, PassThrough(id_(A), scope(most=most, order=order)))
    assert answer.value.in_to_out == Decimal(received) / 10
    assert answer.cut == (Cut.PER_STEP,)


@pytest.mark.parametrize("order", Order)
def test_of_equal_movements_of_a_crowded_account_the_first_by_id_is_looked_at(open_, tmp_path, order: Order):
    story = Story().pays(A, C, 5, 10).pays(A, B, 5, 10).pays(A, D, 5, 10).blocks("dev_m")
    for account in (B, C, D):
        story.ties(account, TieKind.USES_DEVICE, "dev_m", 20)
    (answer,) = ask(open_, tmp_path, story, BlockedDevicesReached(id_(A), scope(most=1, order=order)))
    assert answer.value == ((1, B, "dev_m"),) and answer.cut == (Cut.PER_STEP,)


def test_a_device_was_used_in_the_window_even_when_its_use_ended_later(open_, tmp_path):
    story = Story().pays(A, B, 5, 10).ties(B, TieKind.USES_DEVICE, "dev_m", 20).blocks("dev_m")
    story.tell(c.TieEnded(named(B), TieKind.USES_DEVICE, named("dev_m"), "sold"), 30)
    assert values(open_, tmp_path, story, BlockedDevicesReached(id_(A), scope())) == [((1, B, "dev_m"),)]


@pytest.mark.parametrize("turned", [False, True])
def test_blocked_is_who_was_blocked_last_whatever_came_first(open_, tmp_path, turned: bool):
    said = [(c.BlockChanged(named(B), True, "r"), 10), (c.BlockChanged(named(B), False, "r"), 20),
            (c.BlockChanged(named(C), False, "r"), 10), (c.BlockChanged(named(C), True, "r"), 20)]  # fmt: skip
    story = Story().pays(B, A, 1, 5).pays(B, A, 1, 6).pays(C, A, 1, 5).pays(D, A, 1, 5)
    for content, at in reversed(said) if turned else said:
        story.tell(content, at)
    assert values(open_, tmp_path, story, BlockedPayers(id_(A), scope())) == [Decimal("0.250")], "c alone, one of four"


def test_what_is_looked_at_is_chosen_before_the_window_is_applied(open_, tmp_path):
    story = Story().pays(B, A, 5, 10).pays(C, A, 9, 20).pays(D, A, 3, 30).pays(A, X, 10, 15)
    (answer,) = ask(open_, tmp_path, story, PassThrough(id_(A), scope(0, 25, most=2)))
    assert answer.value == PassedThrough(1, 1, Decimal("0.900")), "of the two newest, 30 and 20, the window keeps 20"


def test_simple_reads_are_never_cut(open_, tmp_path):
    story = Story().pays(B, A, 5, 10).pays(C, A, 9, 20).pays(D, A, 3, 30)
    (answer,) = ask(open_, tmp_path, story, TransferTotals(id_(A), scope(most=1)))
    assert answer.value.received == Totals(3, 17, 9) and answer.cut == ()


def test_money_in_and_out_is_divided_and_nothing_out_is_no_ratio(open_, tmp_path):
    story = Story().pays(B, A, 100, 10).pays(B, A, 50, 11).pays(C, A, 7, 12).pays(A, D, 96, 20).pays(A, D, 3, 21)
    both, over, none = values(
        open_, tmp_path, story, PassThrough(id_(A), scope()), PassThrough(id_(A), scope(over=7)), PassThrough(id_(D), scope())
    )
    assert both == PassedThrough(2, 1, Decimal("1.586")), "157 / 99 = 1.58586"
    assert over == PassedThrough(1, 1, Decimal("1.563")), "150 / 96 = 1.5625 exactly: the half goes up"
    assert none == PassedThrough(1, 0, None)


def test_the_part_of_blocked_payers_is_of_everything_ever_received(open_, tmp_path):
    story = Story().pays(B, A, 100, 10).pays(B, A, 5, 20).pays(C, A, 100, 30).pays(B, A, 100, 200).blocks(B)
    part, never = values(open_, tmp_path, story, BlockedPayers(id_(A), scope(over=50)), BlockedPayers(id_(X), scope()))
    assert part == Decimal("0.250"), "one of four: that of 5 is not over 50, that at 200 not in the window; all four divide"
    assert never is None


def test_payers_and_payees_come_by_sum_then_by_id(open_, tmp_path):
    story = Story().pays(B, A, 5, 10).pays(B, A, 5, 11).pays(C, A, 10, 12).pays(D, A, 11, 13).pays(A, C, 1, 14).pays(X, A, 1, 15)
    payers, payees = values(open_, tmp_path, story, Payers(id_(A), scope(over=1)), Payees(id_(A), scope()))
    assert payers == (Counterparty(D, Totals(1, 11, 11)), Counterparty(B, Totals(2, 10, 5)), Counterparty(C, Totals(1, 10, 10)))
    assert payees == (Counterparty(C, Totals(1, 1, 1)),)


def test_blocked_accounts_with_the_same_payers_are_others_than_the_one_asked_about(open_, tmp_path):
    story = Story().pays(X, A, 5, 10).pays(X, B, 5, 20).pays(X, C, 5, 30).pays(X, D, 5, 100).blocks(A, B, D)
    assert values(open_, tmp_path, story, BlockedWithSamePayers(id_(A), scope())) == [(B,)], "c is not blocked; d was paid too late"


def test_the_shortest_path_goes_with_the_money_and_says_all_its_accounts(open_, tmp_path):
    story = Story().pays(A, B, 1, 50).pays(B, D, 1, 10).pays(A, C, 1, 10).pays(C, D, 1, 10).pays(D, X, 1, 10).pays(A, X, 1, 100)
    there, back, self_, adjacent = values(
        open_, tmp_path, story, ShortestPath(id_(A), id_(X), scope()), ShortestPath(id_(X), id_(A), scope()),
        ShortestPath(id_(A), id_(A), scope()), ShortestPath(id_(A), id_(X), scope(0, 101)),
    )  # fmt: skip
    assert there == (A, B, D, X), "three transfers, in whatever order of time; by b, which is before c"
    assert (back, self_, adjacent) == (None, (A,), (A, X))


def test_a_profile_says_what_is_known_and_nothing_of_nobody(open_, tmp_path):
    story = Story().tell(c.AccountDescribed(named(A), "CARD", product="credit card", opened_at=42)).blocks(A, at=60).pays(A, B, 1, 1)
    then, now, plain, nobody = (
        *values(open_, tmp_path / "then", story, AccountProfile(id_(A)), moment=Moment(59, 59)),
        *values(open_, tmp_path / "now", story, AccountProfile(id_(A)), AccountProfile(id_(B)), AccountProfile(id_(X))),
    )
    assert then == Profile(42, False, "credit card") and now == Profile(42, True, "credit card")
    assert plain == Profile(None, False, None) and nobody is None


def test_the_past_is_answered_as_it_was_and_as_it_was_known(open_, tmp_path):
    story = Story().pays(A, B, 5, 10).pays(A, B, 7, 20)
    story.tell(c.TransferReversed("k0", "mistake"), 30)
    story.facts.append(c.Fact("late", 15, c.TransferMade("late", named(A), named(B), 100), recorded_at=90))
    for at, known_at, total in ((10, 10, 5), (25, 25, 12), (30, 30, 7), (30, 90, 107), (100, 100, 107)):
        folder = tmp_path / f"{at}-{known_at}"
        (found,) = values(open_, folder, story, TransferTotals(id_(B), scope()), moment=Moment(at, known_at))
        assert found.received.total == total, (at, known_at)


def test_a_scope_out_of_bounds_is_refused_by_name(open_, tmp_path):
    for most in (0, 10_001):
        with pytest.raises(InvalidInput, match=r"scope\.transfersPerStep: is [\d,]+: give 1 to 10,000"):
            ask(open_, tmp_path / str(most), Story().pays(A, B, 1, 1), PassThrough(id_(A), scope(most=most)))
    with pytest.raises(InvalidInput, match=r"scope\.window\.before: is earlier than `after`"):
        ask(open_, tmp_path / "window", Story().pays(A, B, 1, 1), PassThrough(id_(A), scope(5, 4)))
