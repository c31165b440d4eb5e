"""Fan-in, pass-through, circles, payers and bursts, with the arithmetic written out; circles against every walk there is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.measures.fan_in import fan_in
from graph.measures.pass_through import pass_through
from graph.measures.payer_concentration import payer_concentration, repeated_payer
from graph.measures.picture import DAY, HOUR, MINUTE, as_flows, transfers
from graph.measures.receipt_burst import receipt_burst
from graph.measures.return_cycle import return_cycle
from graph.measures.self_payment import self_payment
from graph.model import Receipts, Transfer, TransferKind
from tests.graph.pictures import flow, flows_in_order

OUT = TransferKind.TRANSFER


def test_fan_in_counts_different_payers_in_the_widest_window():
    paid = [flow(f"p{n}", "x", 100, n * HOUR) for n in range(30)] + [flow("p29", "x", 7, 29 * HOUR)]
    found = fan_in(as_flows(paid), ["acc_x"], window=10 * HOUR)
    # eleven whole hours fit a window of ten hours with both ends in it; the latest of equal windows ends at hour 29
    assert (found.payers, found.transfers, found.amount, found.until) == (11, 12, 1107, 29 * HOUR)
    assert found.entities[:2] == ("acc_x", "acc_p29") and len(found.entities) == 10


def test_fan_in_leaves_out_the_accounts_themselves_and_what_came_before():
    paid = [flow("y", "x", 100, 1), flow("p", "x", 100, 2), flow("q", "x", 100, 50)]
    assert fan_in(as_flows(paid), ["acc_x", "acc_y"], after=2).payers == 1
    assert fan_in(as_flows([]), ["acc_x"]).payers == 0


def test_pass_through_takes_the_oldest_first_and_only_within_the_window():
    moved = [
        flow("a", "x", 100, 0, OUT),
        flow("b", "x", 50, 2 * HOUR, OUT),
        flow("x", "c", 120, 3 * HOUR, OUT),
        flow("x", "d", 30, 40 * HOUR, OUT),
    ]
    found = pass_through(as_flows(moved), ["acc_x"])
    # 100 stayed three hours, 20 one; the other 30 left only after 38 hours
    assert (found.received, found.passed, found.sent) == (150, 120, 150)
    assert found.ratio == 0.8 and found.typical == 3 * HOUR
    assert found.entities == ("acc_x", "acc_c")


def test_pass_through_between_own_accounts_is_neither_in_nor_out():
    moved = [flow("a", "x", 100, 0, OUT), flow("x", "y", 100, 1, OUT), flow("y", "z", 100, 2, OUT)]
    found = pass_through(as_flows(moved), ["acc_x", "acc_y"])
    assert (found.received, found.passed, found.typical) == (100, 100, 2)


def test_money_in_one_moment_is_received_before_it_is_sent():
    moved = [flow("a", "x", 10, 5, OUT), flow("x", "b", 10, 5, OUT)]
    assert pass_through(as_flows(moved), ["acc_x"]).ratio == 1.0


def test_money_that_came_back_through_three_others_explains_its_part_of_the_receipts():
    moved = flows_in_order([("x", "a", 100), ("a", "b", 90), ("b", "c", 80), ("c", "x", 100), ("d", "x", 120)])
    found = return_cycle(as_flows(moved), ["acc_x"])
    assert (found.count, found.returned, found.receipts, found.explained) == (1, 80, 220, 80)
    assert found.share == pytest.approx(80 / 220)
    assert [t.from_id for t in found.circles[0].transfers] == ["acc_x", "acc_a", "acc_b", "acc_c"]


def test_a_circle_needs_its_moments_to_ascend_strictly():
    assert return_cycle(as_flows(flows_in_order([("a", "x", 9), ("x", "a", 9)])), ["acc_x"]).count == 0
    assert return_cycle(as_flows([flow("x", "a", 9, 5), flow("a", "x", 9, 5)]), ["acc_x"]).count == 0


def test_a_circle_of_five_transfers_is_too_long():
    moved = flows_in_order([("x", "a", 9), ("a", "b", 9), ("b", "c", 9), ("c", "d", 9), ("d", "x", 9)])
    assert return_cycle(as_flows(moved), ["acc_x"]).count == 0
    assert return_cycle(as_flows(moved), ["acc_x"], steps=4).count == 1


def test_every_unit_is_spent_once():
    moved = flows_in_order([("x", "a", 100), ("a", "x", 70), ("a", "x", 70)])
    found = return_cycle(as_flows(moved), ["acc_x"])
    # 70 of the 100 come back first, and 30 of the second 70
    assert (found.count, found.explained, found.receipts) == (2, 100, 140)


def test_an_owners_card_and_the_shops_account_are_one_purse():
    moved = flows_in_order([("owner", "friend", 50), ("friend", "shop", 50)])
    assert return_cycle(as_flows(moved), ["acc_owner", "acc_shop"]).share == 1.0
    assert return_cycle(as_flows(moved), ["acc_shop"]).share == 0.0


def test_what_moves_between_own_accounts_is_no_circle():
    moved = flows_in_order([("shop", "owner", 50), ("owner", "shop", 50)])
    found = return_cycle(as_flows(moved), ["acc_owner", "acc_shop"])
    assert (found.count, found.receipts) == (0, 0)


@given(
    st.lists(
        st.tuples(st.sampled_from("xabc"), st.sampled_from("xabc"), st.integers(1, 5), st.integers(0, 8)).filter(lambda t: t[0] != t[1]),
        max_size=9,
    )
)
def test_returned_money_is_found_exactly_where_some_circle_is(moves):
    moved = [flow(a, b, amount, at) for a, b, amount, at in moves]
    found = return_cycle(as_flows(moved), ["acc_x"])
    circles = [
        way
        for length in (2, 3, 4)
        for way in itertools.permutations(moved, length)
        if way[0].from_id == way[-1].to_id == "acc_x"
        and all(one.to_id == next_.from_id and one.occurred_at < next_.occurred_at for one, next_ in itertools.pairwise(way))
        and len({t.from_id for t in way}) == length
    ]
    assert (found.count > 0) == bool(circles)
    left = sum(t.amount for t in moved if t.from_id == "acc_x")
    back = sum(t.amount for t in moved if t.to_id == "acc_x")
    assert found.returned <= min(left, back)
    assert found.explained <= found.receipts
    spent: dict[int, int] = {}
    for circle in found.circles:
        assert list(circle.transfers) in [list(way) for way in circles]
        for transfer in circle.transfers:
            spent[id(transfer)] = spent.get(id(transfer), 0) + circle.amount
    assert all(spent.get(id(t), 0) <= t.amount for t in moved)


def test_the_search_for_circles_is_bounded():
    crowd = [flow("x", f"a{n}", 10, n) for n in range(60)]
    crowd += [flow(f"a{n}", f"b{m}", 10, 100 + n) for n in range(60) for m in range(20)]
    crowd += [flow(f"b{m}", "x", 10_000, 300 + m) for m in range(20)]
    found = return_cycle(as_flows(crowd), ["acc_x"])
    assert found.returned <= 600
    assert found.explained == found.returned


def test_parallel_transfers_are_kept_and_come_out_oldest_first():
    moved = [flow("a", "b", 5, 9), flow("a", "b", 5, 9), flow("a", "b", 5, 1)]
    assert [t.occurred_at for t in transfers(as_flows(moved))] == [1, 9, 9]


def receipts(**given: int | None) -> Receipts:
    values: dict[str, int | None] = dict.fromkeys(
        ["count_30", "amount_30", "count_90", "amount_90", "payers_90", "largest_payer_90", "self_paid_90", "amount_7", "counted"], 0
    )
    values |= {"first_at": None, "last_at": None} | given
    return Receipts(**values, complete=True)  # type: ignore[arg-type]


def test_nothing_received_is_nothing_measured():
    nothing = receipts()
    assert payer_concentration(nothing) is self_payment(nothing) is receipt_burst(nothing, 0) is None


def test_a_burst_is_measured_against_the_weeks_that_there_were():
    # 7 a day in the last week, 2 a day in the 23 days before it
    young = receipts(amount_90=49 + 46, amount_7=49, first_at=100 * DAY)
    assert receipt_burst(young, 130 * DAY) == pytest.approx(3.5)
    assert receipt_burst(young, 120 * DAY) is None


def test_a_payer_who_pays_all_day_stands_out():
    paid = [flow("w", "x", 3, n * MINUTE) for n in range(209)] + [flow("p", "x", 9, 5)]
    found = repeated_payer(as_flows(paid), ["acc_x"])
    assert (found.payer, found.times, found.amount) == ("acc_w", 209, 627)


def test_only_payments_are_receipts():
    paid = [Transfer("acc_w", "acc_x", 3, OUT, 1, 1)]
    assert repeated_payer(as_flows(paid), ["acc_x"]).times == 0
    assert return_cycle(as_flows(paid), ["acc_x"]).receipts == 0
