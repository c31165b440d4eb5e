"""The questions about money that every decision asks of a loan's household: complex reads 1, 2, 6, 8 and 11 of LDBC FinBench, put together.

Small money is left out, so that shops with a thousand receipts a day cost no more than others: what is looked at is more than a
twentieth of what is asked for, which a customer's purchase is not and a loan handed on is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.following import departures
from graph.flows.guarantee_chain import GuaranteeChain
from graph.flows.loan_trail import LoanTrail
from graph.flows.pooled_withdrawals import PooledWithdrawals
from graph.flows.reader import MoneyReader
from graph.flows.scope import Cut, Scope, Way, Window
from graph.model import Findings, Instant, TieKind

DAYS: Final = 30
"""Before the moment."""

PART_LOOKED_AT: Final = 20
"""Movements of more than this part of the requested amount are looked at."""

PART_HANDED_ON: Final = Decimal("0.5")
"""Least part of a loan that counts as handed on."""

MAXIMUM_LOANS: Final = 40
"""Other borrowers' loans that are followed; what is beyond says that the findings are not complete."""

MAXIMUM_NAMED: Final = 20
"""Entities that one finding names."""

MAXIMUM_ROWS: Final = 2_000
"""Movements and sightings that all questions of a decision read together; a store's reader counts them."""

_DAY: Final = 24 * 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Household:
    """Whose money it is."""

    people: Sequence[str]
    """Applicant and owners."""
    accounts: Sequence[str]
    """All that the merchant, its owners and the applicant hold."""
    requested: int
    """Minor units."""
    at: Instant


def looked_at(household: Household) -> Scope:
    """Which movements the questions look at."""
    window = Window(household.at - DAYS * _DAY, household.at + 1)
    return Scope(window, over=household.requested // PART_LOOKED_AT, per_step=None)


def find(money: MoneyReader, household: Household) -> Findings:
    """What the questions find; pure. What a bound kept from being read is missing, and noted by the reader."""
    scope = looked_at(household)
    blocked = {
        one.device
        for account in household.accounts
        for one in BlockedDevicesReached(account, scope).answer(money)
        if one.account not in household.accounts
    }
    chains = [GuaranteeChain(person, Scope(per_step=None)).answer(money) for person in household.people]
    vouched_for = {person for chain in chains for person in chain.people} - {*household.people}
    pools = {
        pool.account: pool.withdrawn.total
        for card in household.accounts
        for pool in PooledWithdrawals(card, scope).answer(money)
        if pool.account not in household.accounts
    }
    return Findings(
        borrowers=_named(_borrowers(money, household, scope)),
        blocked_things=_named(blocked),
        vouched_for=_named(vouched_for),
        vouched=max((chain.total for chain in chains), default=0) if vouched_for else 0,
        pools=_named(pools),
        withdrawn=sum(pools.values()),
    )


def _named(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(ids)[:MAXIMUM_NAMED])


def _borrowers(money: MoneyReader, household: Household, scope: Scope) -> set[str]:
    """Accounts of others whose loan came on to the household: upstream accounts, their loans, and where each loan's money went."""
    own = {*household.accounts}
    upstream = {account for step in departures(money, household.accounts, scope) for account in step} - own
    if not upstream:
        return set()
    paid_out = money.seen(sorted(upstream), TieKind.PAID_OUT_TO, Way.IN, replace(scope, over=None))
    loans = {movement.other: account for account in sorted(paid_out) for movement in paid_out[account]}
    if len(loans) > MAXIMUM_LOANS:
        money.note(Cut.ENTITIES)
    found = set()
    for loan in sorted(loans)[:MAXIMUM_LOANS]:
        stops = LoanTrail(loan, scope).answer(money)
        if sum(stop.ratio for stop in stops if stop.account in own) >= PART_HANDED_ON:
            found.add(loans[loan])
    return found
