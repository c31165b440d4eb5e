"""All of the graph that one decision may look at, in one snapshot."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from graph.bounds import around_a_loan
from graph.flows.findings import Household, find, looked_at
from graph.flows.reader import BoundedReader
from graph.flows.scope import Cut
from graph.model import Findings, FlowBounds, Neighbourhood, Surroundings, TieKind, Truncation, TruncationCause, WalkBounds
from graph.stores.shared.flowing import Flowed, flow
from graph.stores.shared.receiving import NOTHING, receive
from graph.stores.shared.rows import kind_of
from graph.stores.shared.snapshot import Snapshot
from graph.stores.shared.walking import late, walk

MAXIMUM_OWNERS: Final = 20
"""Owners of the merchant whose accounts are looked at, newest ties first."""

ACCOUNTS_PER_PARTY: Final = 20
"""Accounts of one party, newest ties first."""

_OWNS: Final = frozenset({TieKind.OWNS})
_HOLDS: Final = frozenset({TieKind.HOLDS})
_APPLIED_FOR: Final = frozenset({TieKind.APPLIED_FOR})


def surround(
    snapshot: Snapshot,
    loan: int,
    bounds: WalkBounds,
    deadline: float | None = None,
    flows: FlowBounds | None = None,
    money: BoundedReader | None = None,
) -> Surroundings:
    """The neighbourhood of a loan that exists, the household's accounts, their flows and the merchant's receipts,
    and what the questions of `graph.flows.findings` find by `money`, which reads the same snapshot.

    Bounds: the walk's are `graph.bounds.around_a_loan(bounds)`; 20 owners, 20 accounts of each party and 20 in all; flows and receipts
    as `FlowBounds` says. Windows end at the moment's `at`. `deadline` is a reading of `time.monotonic()`: what it cut off is missing,
    and the neighbourhood's truncation says DEADLINE, whichever part it was.
    """
    flows = flows or FlowBounds()
    neighbourhood = walk(snapshot, loan, around_a_loan(bounds), deadline)
    merchant, parties = _parties(snapshot, loan)
    accounts = _accounts(snapshot, parties)
    own = list(dict.fromkeys(account for party in parties for account in accounts[party]))[: flows.accounts]
    received, moved = replace(NOTHING, complete=False), Flowed(complete=False, in_time=False)
    if not late(deadline):
        receiving = [account for account in accounts.get(merchant or 0, []) if account in own]
        snapshot.foresee_money(own, receiving, flows)
        received = receive(snapshot, receiving, own, at=snapshot.moment.at, most=flows.receipts)
        moved = flow(snapshot, own, flows, deadline)
    ids = snapshot.ids([*own, *parties])
    findings = Findings(complete=False)
    if money is not None and not late(deadline):
        people = [ids[party] for party in parties if party != merchant]
        requested = snapshot.entities([loan])[loan].fields.get("requested")
        asked = requested if isinstance(requested, int) else 0
        household = Household(people, [ids[account] for account in own], asked, snapshot.moment.at)
        money.foresee(people, household.accounts, looked_at(household))
        findings = find(money, household)
        findings = replace(findings, complete=not money.cut)
    if not moved.in_time or late(deadline) or (money is not None and Cut.DEADLINE in money.cut):
        neighbourhood = _cut_by_deadline(neighbourhood)
    return Surroundings(neighbourhood, tuple(ids[account] for account in own), moved.transfers, received, moved.complete, findings)


def _parties(snapshot: Snapshot, loan: int) -> tuple[int | None, list[int]]:
    """The loan's merchant; and merchant, applicant and owners, in this order."""
    fields = snapshot.entities([loan])[loan].fields
    named = [str(fields[name]) if name in fields else None for name in ("merchant", "applicant")]
    numbers = snapshot.nodes([name for name in named if name is not None])
    merchant, applicant = (None if name is None else numbers.get(name) for name in named)
    if merchant is None or applicant is None:
        for row in snapshot.adjacent([loan], 2, _APPLIED_FOR)[loan].ties:
            if kind_of(row.from_).value == "mer":
                merchant = merchant or row.from_
            else:
                applicant = applicant or row.from_
    owners = [] if merchant is None else [row.from_ for row in snapshot.adjacent([merchant], MAXIMUM_OWNERS, _OWNS)[merchant].ties]
    found = [party for party in (merchant, applicant) if party is not None]
    return merchant, list(dict.fromkeys([*found, *owners]))


def _accounts(snapshot: Snapshot, parties: list[int]) -> dict[int, list[int]]:
    """Accounts that each party holds, newest ties first."""
    around = snapshot.adjacent(parties, ACCOUNTS_PER_PARTY, _HOLDS)
    return {party: [row.to for row in around[party].ties] for party in parties}


def _cut_by_deadline(neighbourhood: Neighbourhood) -> Neighbourhood:
    before = neighbourhood.truncation.causes if neighbourhood.truncation else ()
    causes = tuple(cause for cause in TruncationCause if cause in before or cause is TruncationCause.DEADLINE)
    return replace(neighbourhood, truncation=Truncation(causes, None))
