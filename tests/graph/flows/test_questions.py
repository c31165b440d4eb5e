"""Each question that follows money says, of small random graphs, what trying every chain says."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.blocked_with_same_payers import BlockedWithSamePayers
from graph.flows.cycle_through_transfer import CycleThroughTransfer
from graph.flows.figures import ratio
from graph.flows.gathered_from_borrowers import GatheredFromBorrowers
from graph.flows.guarantee_chain import GuaranteeChain
from graph.flows.loan_trail import LoanTrail
from graph.flows.money_traces import MoneyTraces
from graph.flows.scope import TRANSFERS, Movement, Order, Scope, Way, Window
from graph.flows.shortest_path import ShortestPath
from graph.model import Entity, EntityKind, TieKind, TransferKind
from tests.graph.flows import brute
from tests.graph.flows.memory import MemoryReader

ACCOUNTS = [f"acc_{letter}" for letter in "abcde"]
PEOPLE = [f"per_{letter}" for letter in "pqrs"]
LOANS = ["loa_x", "loa_y"]
DEVICES = ["dev_m", "dev_n"]

accounts, people = st.sampled_from(ACCOUNTS), st.sampled_from(PEOPLE)
times, amounts = st.integers(0, 9), st.integers(1, 5)
scopes = st.builds(
    Scope,
    st.none() | st.builds(Window, st.integers(-1, 5), st.integers(5, 10)),
    st.none() | st.integers(0, 3),
    st.none() | st.integers(1, 4),
    st.sampled_from(Order),
)


@st.composite
def graphs(draw: st.DrawFn) -> MemoryReader:
    """Five accounts, four people, two loans, two devices and whatever goes on between them."""
    money = MemoryReader()
    kinds = st.sampled_from([TransferKind.TRANSFER, TransferKind.TRANSFER, TransferKind.PAYMENT, TransferKind.WITHDRAWAL])
    for edge in draw(st.lists(st.tuples(accounts, accounts, amounts, times, kinds), min_size=3, max_size=22)):
        money.transfer(*edge)
    for account, device, at in draw(st.lists(st.tuples(accounts, st.sampled_from(DEVICES), times), max_size=5)):
        money.observe(account, TieKind.USES_DEVICE, device, at)
    for loan, account, at in draw(st.lists(st.tuples(st.sampled_from(LOANS), accounts, times), max_size=4)):
        money.observe(loan, TieKind.PAID_OUT_TO, account, at, 3)
    for one, other, at in draw(st.lists(st.tuples(people, people, times), max_size=6)):
        money.observe(one, TieKind.GUARANTEES, other, at)
    for person, account in draw(st.lists(st.tuples(people, accounts), max_size=4)):
        money.tie(person, TieKind.HOLDS, account)
    for person, loan in draw(st.lists(st.tuples(people, st.sampled_from(LOANS)), max_size=4)):
        money.tie(person, TieKind.APPLIED_FOR, loan)
    money.blocked_ones = set(draw(st.lists(st.sampled_from(ACCOUNTS + DEVICES), max_size=4)))
    for loan, lent, owed in zip(LOANS, (70, 30), (7, 3), strict=True):
        money.known[loan] = Entity(loan, EntityKind.LOAN, loan, loan, 0, 0, fields={"amount_lent": lent, "balance": owed})
    return money


@given(graphs(), accounts, scopes)
def test_blocked_devices_are_those_at_the_end_of_some_chain_that_goes_on_in_time(money: MemoryReader, account: str, scope: Scope):
    found = BlockedDevicesReached(account, scope).answer(money)
    assert list(found) == sorted(brute.blocked_devices(money, account, scope))


@given(graphs(), people, scopes)
def test_borrowers_are_those_at_the_beginning_of_some_chain_that_goes_on_in_time(money: MemoryReader, person: str, scope: Scope):
    found = GatheredFromBorrowers(person, scope).answer(money)
    reached = brute.upstream(money, person, scope)
    sightings = Scope(scope.window, None, scope.per_step, scope.order)
    loans = {a: {m.other for m in money.seen([a], TieKind.PAID_OUT_TO, Way.IN, sightings)[a]} for a in reached}
    sums = {"loa_x": (70, 7), "loa_y": (30, 3)}
    wanted = [(-sum(sums[x][0] for x in some), account, sum(sums[x][1] for x in some)) for account, some in loans.items() if some]
    assert [(-source.lent, source.account, source.balance) for source in found] == sorted(wanted)


@given(graphs(), people, scopes)
def test_traces_are_all_chains_that_go_on_in_time_and_meet_nobody_twice(money: MemoryReader, person: str, scope: Scope):
    found = MoneyTraces(person, scope).answer(money)
    assert list(found) == sorted(brute.traces(money, person, scope), key=lambda trace: (-len(trace), trace))


@given(graphs(), accounts, accounts, scopes)
def test_the_shortest_path_is_the_first_of_the_shortest_of_all_chains(money: MemoryReader, from_: str, to: str, scope: Scope):
    assert ShortestPath(from_, to, scope).answer(money) == brute.shortest(money, from_, to, scope, ACCOUNTS)


@given(graphs(), accounts, accounts, scopes)
def test_circles_are_all_third_accounts_between_which_money_went(money: MemoryReader, payer: str, payee: str, scope: Scope):
    found = CycleThroughTransfer(payer, payee, scope).answer(money)
    wanted = brute.circles(money, payer, payee, scope, ACCOUNTS)
    assert {c.third: (c.back.number, c.back.total, c.to_third.number, c.to_third.total) for c in found} == wanted
    assert list(found) == sorted(found, key=lambda c: (-c.back.total, -c.to_third.total, c.third))


@given(graphs(), st.sampled_from(LOANS), scopes, st.sampled_from(["0", "0.3", "0.5", "1"]))
def test_a_loan_trail_is_made_of_all_chains_whose_movements_all_count(money: MemoryReader, loan: str, scope: Scope, share: str):
    found = LoanTrail(loan, scope, Decimal(share)).answer(money)
    wanted = brute.trail(money, loan, {"loa_x": 70, "loa_y": 30}[loan], scope, Decimal(share))
    assert {stop.account: (stop.ratio, stop.distance) for stop in found} == wanted
    assert list(found) == sorted(found, key=lambda stop: (-stop.distance, -stop.ratio, stop.account))


@given(graphs(), people, scopes)
def test_a_chain_of_guarantees_is_followed_to_its_end(money: MemoryReader, person: str, scope: Scope):
    found = GuaranteeChain(person, scope).answer(money)
    people_met = brute.vouched(money, person, scope, PEOPLE)
    loans = {loan for one in people_met for loan in money.tied([one], TieKind.APPLIED_FOR, Way.OUT)[one]}
    assert set(found.people) == people_met and len(found.people) == len(people_met)
    assert (found.loans, found.total) == (len(loans), sum({"loa_x": 70, "loa_y": 30}[loan] for loan in loans))


@given(graphs(), accounts, scopes)
def test_blocked_accounts_with_the_same_payers_are_found_pair_by_pair(money: MemoryReader, account: str, scope: Scope):
    open_ = Scope(scope.window, scope.over, None)
    pays = {a: {m.other for m in money.moved([a], Way.OUT, open_, TRANSFERS)[a]} for a in ACCOUNTS}
    wanted = {
        other for payer in ACCOUNTS for other in pays[payer] if account in pays[payer] and other != account and other in money.blocked_ones
    }
    assert BlockedWithSamePayers(account, scope).answer(money) == tuple(sorted(wanted))


@given(st.integers(0, 10**18), st.integers(0, 10**18))
def test_ratios_are_rounded_half_up_from_their_exact_value(part: int, whole: int):
    assert ratio(part, whole) == (None if whole == 0 else brute.rounded(part, whole))


def test_the_half_is_rounded_up_and_nothing_divides_by_nothing():
    assert ratio(1, 2000) == Decimal("0.001") and ratio(3, 2000) == Decimal("0.002") and ratio(1, 2001) == Decimal("0.000")
    assert ratio(5, 0) is None and ratio(0, 5) == Decimal("0.000")


def test_what_is_looked_at_is_chosen_before_the_window_and_the_amount_are_applied():
    old, new, big = Movement("acc_a", 5, 1), Movement("acc_b", 3, 9), Movement("acc_c", 8, 5)
    everything = [old, new, big]
    assert Scope(None, None, 1).choose(everything) == [new]
    assert Scope(None, None, 1, Order.OLDEST).choose(everything) == [old]
    assert Scope(None, None, 1, Order.LARGEST).choose(everything) == [big]
    assert Scope(None, None, 1, Order.SMALLEST).choose(everything) == [new]
    assert Scope(Window(0, 9), None, 1).choose(everything) == [], "the newest is at 9, which the window leaves out"
    assert Scope(Window(1, 9), None, 2).choose(everything) == [big]
    assert Scope(None, 5, None).choose(everything) == [big], "over 5 is more than 5"


def test_of_equal_movements_the_newest_then_the_largest_then_the_first_by_id_are_chosen():
    a, b, c, d = Movement("acc_a", 5, 1), Movement("acc_b", 5, 1), Movement("acc_c", 6, 1), Movement("acc_d", 5, 2)
    assert Scope(None, None, 3, Order.OLDEST).choose([d, b, a, c]) == [c, a, b]
    assert Scope(None, None, 3, Order.SMALLEST).choose([d, b, a, c]) == [d, a, b]
