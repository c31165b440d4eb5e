"""What one decision looks at: the neighbourhood of a loan, receipts and flows, against plain sums over the fold."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph.bounds import DECISION_BOUNDS, around_a_loan
from graph.contents import ApplicationMade, Fact, TieEnded, TieObserved, TransferMade, TransferReversed
from graph.measures.picture import DAY
from graph.model import EntityKind, EntityName, FlowBounds, Moment, Surroundings, TieKind, TransferKind, TruncationCause
from graph.stores.shared.flowing import flow
from graph.stores.shared.receiving import receive
from graph.stores.shared.surroundings import surround
from tests.graph import files, naive
from tests.graph.files import GRAPHS, Graph
from tests.graph.histories import money_histories, name

AT = 100 * DAY
NOW = Moment(AT, AT + DAY)
PERSON, SHOP, LOAN, DEVICE, ACCOUNT, PHONE = (
    EntityKind.PERSON,
    EntityKind.MERCHANT,
    EntityKind.LOAN,
    EntityKind.DEVICE,
    EntityKind.ACCOUNT,
    EntityKind.PHONE,
)
WIDE = FlowBounds(transfers_per_account=99, followed=99, transfers=999)


@pytest.fixture(autouse=True, params=GRAPHS, scope="module")
def _graph(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test here is held on every store."""
    global File
    File = request.param
    yield
    files.close_all()


File: type[files.File | files.ServerGraph] = files.File


@given(money_histories(), st.sets(st.integers(0, 5), min_size=1, max_size=3), st.integers(30, 100), st.booleans())
def test_receipts_and_flows_are_the_plain_sums_at_any_moment(facts, own, day, known_later):
    with tempfile.TemporaryDirectory() as folder:
        accounts = [name(ACCOUNT, n) for n in sorted(own)]
        # each account is named, so that it is there whatever moved
        held = [Fact(f"h{n}", 0, TieObserved(name(SHOP, 0), TieKind.HOLDS, account)) for n, account in enumerate(accounts)]
        file = File(Path(folder), [*held, *facts])
        moment = Moment(day * DAY, day * DAY + (200 * DAY if known_later else 0))
        picture, ids = file.picture(moment), [file.id(account) for account in accounts]
        with file.snapshot(moment) as snapshot:
            found = snapshot.nodes(ids)
            numbers = [found[id_] for id_ in ids]
            assert receive(snapshot, numbers, numbers[:1], at=moment.at, most=9_000) == naive.receipts(picture, ids, ids[:1], moment.at)
            flowed = flow(snapshot, numbers, WIDE)
            assert list(flowed.transfers) == naive.flows(picture, ids, moment.at, WIDE)
            assert flowed.complete and flowed.in_time
        file.close()


def shop(pay_out_account: EntityName | None = None) -> list[Fact]:
    """A shop with an owner and an account each, and its application."""
    return [
        Fact("o", 1, TieObserved(name(PERSON, 0), TieKind.OWNS, name(SHOP, 0))),
        Fact("a", 2, TieObserved(name(SHOP, 0), TieKind.HOLDS, name(ACCOUNT, 0))),
        Fact("b", 3, TieObserved(name(PERSON, 0), TieKind.HOLDS, name(ACCOUNT, 1))),
        Fact("l", AT, ApplicationMade(name(LOAN, 0), name(SHOP, 0), 1000, 30, pay_out_account=pay_out_account, device=name(DEVICE, 0))),
    ]


def moved(number: int, from_: int, to: int, amount: int, at: int, kind: TransferKind = TransferKind.PAYMENT) -> Fact:
    return Fact(f"t{number}", at, TransferMade(f"k{number}", name(ACCOUNT, from_), name(ACCOUNT, to), amount, kind))


def surroundings(file: Graph, moment: Moment = NOW, **given: object) -> Surroundings:
    with file.snapshot(moment) as snapshot:
        loan = snapshot.node(file.id(name(LOAN, 0)))
        assert loan is not None
        return surround(snapshot, loan, DECISION_BOUNDS, **given)  # type: ignore[arg-type]


def test_windows_end_at_the_moment_and_begin_after_the_day_so_long_before(tmp_path):
    paid = [moved(n, 9, 0, 10**n, AT - days * DAY) for n, days in enumerate((0, 7, 30, 90))]
    paid.append(moved(8, 9, 0, 5 * 10**8, AT + 1))
    found = surroundings(File(tmp_path, [*shop(), *paid])).receipts
    # a receipt of exactly 7, 30 or 90 days ago is outside of that window; one after the moment is not seen
    assert (found.amount_7, found.amount_30, found.amount_90) == (1, 11, 111)
    assert (found.count_30, found.count_90, found.counted) == (2, 3, 3)
    assert (found.first_at, found.last_at) == (AT - 90 * DAY, AT)


def test_only_standing_payments_into_the_merchants_accounts_are_receipts(tmp_path):
    paid = [
        moved(0, 9, 0, 100, AT - 5),
        moved(1, 9, 0, 200, AT - 5, TransferKind.TRANSFER),
        moved(2, 9, 1, 400, AT - 5),
        moved(3, 9, 0, 800, AT - 5),
        Fact("r", AT - 4, TransferReversed("k3", "mistake")),
        moved(4, 1, 0, 50, AT - 3),
    ]
    found = surroundings(File(tmp_path, [*shop(), *paid])).receipts
    assert (found.amount_90, found.payers_90, found.largest_payer_90, found.self_paid_90) == (150, 2, 100, 50)


def test_an_account_no_longer_held_receives_nothing(tmp_path):
    facts = [*shop(), moved(0, 9, 0, 100, AT - 5), Fact("e", AT - 2, TieEnded(name(SHOP, 0), TieKind.HOLDS, name(ACCOUNT, 0), "closed"))]
    file = File(tmp_path, facts)
    found = surroundings(file)
    assert found.receipts.count_90 == 0 and found.accounts == (file.id(name(ACCOUNT, 1)),)


def test_beyond_the_bound_the_newest_receipts_are_counted(tmp_path):
    paid = [moved(n, 10 + n, 0, 1, AT - n * DAY) for n in range(20)]
    found = surroundings(File(tmp_path, [*shop(), *paid]), flows=FlowBounds(receipts=5)).receipts
    assert (found.count_90, found.counted, found.complete, found.first_at) == (5, 5, False, AT - 19 * DAY)


def test_the_merchants_accounts_come_first(tmp_path):
    file = File(tmp_path, shop(pay_out_account=name(ACCOUNT, 2)))
    found = surroundings(file)
    # the owner applies in the applicant's stead, and now holds the account for the pay-out, newest tie first
    assert found.accounts == tuple(file.id(name(ACCOUNT, n)) for n in (0, 2, 1))


def test_money_that_goes_round_is_followed_and_what_does_not_return_is_not(tmp_path):
    out = TransferKind.TRANSFER
    went = [moved(0, 0, 5, 100, AT - 9), moved(1, 5, 6, 90, AT - 8, out), moved(2, 6, 7, 80, AT - 7, out), moved(3, 7, 0, 80, AT - 6)]
    aside = [moved(4, 5, 8, 10, AT - 8, out), moved(5, 8, 9, 10, AT - 7, out)]
    found = surroundings(File(tmp_path, [*shop(), *went, *aside]))
    assert [t.amount for t in found.flows] == [100, 90, 80, 80]
    assert found.flows_complete


def test_parallel_transfers_are_kept_and_one_between_own_accounts_comes_once(tmp_path):
    twins = [moved(n, 9, 0, 5, AT - 5) for n in range(2)]
    found = surroundings(File(tmp_path, [*shop(), *twins, moved(7, 1, 0, 6, AT - 4)]))
    assert [t.amount for t in found.flows] == [5, 5, 6]


def test_the_newest_flows_of_an_account_are_kept_and_the_cut_is_said(tmp_path):
    paid = [moved(n, 10 + n, 0, n, AT - 60 + n) for n in range(1, 56)]
    found = surroundings(File(tmp_path, [*shop(), *paid]))
    assert [t.amount for t in found.flows] == list(range(6, 56))
    assert not found.flows_complete
    assert surroundings(File(tmp_path, []), flows=FlowBounds(transfers=7)).flows == found.flows[-7:]


def test_nothing_of_later_is_seen(tmp_path):
    late = [moved(1, 9, 0, 7, AT + 1), Fact("x", AT + 2, TieObserved(name(PERSON, 5), TieKind.USES_DEVICE, name(DEVICE, 0)))]
    known_later = [replace(moved(2, 9, 0, 9, AT - 5), recorded_at=AT + 10)]
    with_later = surroundings(File(tmp_path, [*shop(), *late, *known_later]), Moment(AT, AT))
    assert with_later.flows == () and with_later.receipts.count_90 == 0
    assert len(with_later.neighbourhood.neighbours) == 6


def test_a_markets_crowd_does_not_hide_the_applications_of_a_devices_users(tmp_path):
    address = name(EntityKind.PLACE, 0)
    facts = [*shop(), Fact("p", 5, TieObserved(name(SHOP, 0), TieKind.LOCATED_AT, address))]
    facts += [Fact(f"m{n}", 10 + n, TieObserved(name(SHOP, 100 + n), TieKind.LOCATED_AT, address)) for n in range(300)]
    for n in range(1, 26):
        facts.append(
            Fact(f"n{n}", AT - n * 1000, ApplicationMade(name(LOAN, n), name(SHOP, n), 1, 30, name(PERSON, n), device=name(DEVICE, 0)))
        )
    file = File(tmp_path, facts)
    found = surroundings(file).neighbourhood
    loans = {n.entity.key for n in found.neighbours if n.entity.kind is LOAN}
    # 60 up to distance 3, the market's newest among them, and at distance 4 every loan of the device's users
    assert loans == {f"loa-{n}" for n in range(26)}
    assert len(found.neighbours) == 60 + 25
    assert found.truncation is not None and TruncationCause.TIES_PER_ENTITY in found.truncation.causes


def test_a_shallow_walk_keeps_its_bounds():
    shallow = replace(DECISION_BOUNDS, depth=2)
    assert around_a_loan(shallow) == shallow
    assert around_a_loan(DECISION_BOUNDS).reserve == 40


def test_past_the_deadline_the_truncation_says_so_whatever_was_cut(tmp_path):
    file = File(tmp_path, [*shop(), moved(0, 9, 0, 100, AT - 5)])
    found = surroundings(file, deadline=time.monotonic() - 1)
    assert found.neighbourhood.truncation is not None
    assert TruncationCause.DEADLINE in found.neighbourhood.truncation.causes
    assert not found.receipts.complete and not found.flows_complete


def test_a_loan_without_an_application_has_no_accounts(tmp_path):
    file = File(tmp_path, [Fact("x", 1, TieObserved(name(SHOP, 3), TieKind.APPLIED_FOR, name(LOAN, 0)))])
    found = surroundings(file)
    assert found.accounts == () and found.flows == () and found.receipts.complete
