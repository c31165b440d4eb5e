"""Questions about one account's money."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from api.schema.costs import Cost, ListSize
from api.schema.declaring import argument, attribute, field, object_type
from api.schema.flow_scopes import CounterpartyTotals, Following, TransferChain, TransferTotals, number
from api.schema.money import MoneyInput
from api.schema.pages import within
from api.schema.references import Reference
from api.schema.scalars import Probability
from api.schema.scenes import Shown
from api.schema.ties import ACCOUNT, ENTITY
from graph.decoding import decode_merchant_reference
from graph.errors import Unknown
from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.blocked_payers import BlockedPayers
from graph.flows.blocked_with_same_payers import BlockedWithSamePayers
from graph.flows.cycle_through_transfer import CycleThroughTransfer
from graph.flows.loan_turnover import LoanTurnover as Turnover
from graph.flows.pass_through import PassThrough as Passing
from graph.flows.payees import Payees
from graph.flows.payers import Payers
from graph.flows.pooled_withdrawals import PooledWithdrawals
from graph.flows.shortest_path import ShortestPath
from graph.flows.transfer_totals import TransferTotals as Totals
from graph.model import EntityKind

Limit = Annotated[int, argument("How many at most, 1 to 100.")]
Raw = dict[str, Any]


def limited(weight: int) -> list[object]:
    """The marks of a list that `limit` bounds."""
    return [Cost(weight=weight), ListSize(slicing_arguments=["limit"])]


async def named(following: Following, kind: EntityKind, reference: Raw, argument_name: str) -> str | None:
    """The id of what an argument names; None when nothing by that name was there."""
    try:
        name = decode_merchant_reference(kind, reference, (argument_name,))
    except Unknown:
        return None
    context = following.scene.context
    return await context.graph.entity_id(context.principal.institution.id, name, following.scene.moment)


@object_type()
class PassThrough:
    """Money that came in against money that went out."""

    payers: int
    """Different accounts that paid."""
    payees: int
    """Different accounts that were paid."""
    in_to_out: float | None
    """In divided by out; null when nothing went out."""


@object_type()
class BlockedDeviceReached:
    """An account that received the money, and the blocked thing it is used from."""

    account: Any = attribute(of=ACCOUNT)
    """The account reached."""
    distance: int
    """Steps from the account asked about, 1 to 3."""
    device: Any = attribute(of=ENTITY)
    """The blocked device, phone number or IP address."""


@object_type()
class TransferCircle:
    """A circle of three accounts, closed by a third one."""

    third: Any = attribute(of=ACCOUNT)
    """The third account."""
    to_third: TransferTotals
    """From the payee to the third."""
    back: TransferTotals
    """From the third back."""


@object_type()
class PooledWithdrawal:
    """An account that gathered money and sent it on by withdrawal."""

    account: Any = attribute(of=ACCOUNT)
    """The account in the middle."""
    gathered: TransferTotals
    """What it gathered."""
    withdrawn: TransferTotals
    """What it sent here."""


@object_type()
class LoanTurnover:
    """Ratios of borrowed and other money through an account; each null when its divisor is nothing."""

    paid_out_to_repaid: float | None
    """Loan money received divided by repayments made."""
    paid_out_to_sent: float | None
    """Loan money received divided by transfers out."""
    received_to_sent: float | None
    """Transfers in divided by transfers out."""


@object_type()
class AccountFlows:
    """Questions about one account's money (names in brackets: LDBC FinBench)."""

    following: strawberry.Private[Following]

    @field()
    async def received(self) -> TransferTotals:
        """What came in (TSR 2)."""
        found = await self.following.ask(Totals(self.following.id, self.following.scope))
        return self.following.totals(found.received)

    @field()
    async def sent(self) -> TransferTotals:
        """What went out (TSR 2)."""
        found = await self.following.ask(Totals(self.following.id, self.following.scope))
        return self.following.totals(found.sent)

    @field(directives=limited(5))
    async def payers(self, limit: Limit = 20) -> list[CounterpartyTotals]:
        """Who paid it how much, most first (TSR 5)."""
        within("limit", limit, 1, 100)
        return await self.following.counterparties(await self.following.ask(Payers(self.following.id, self.following.scope)), limit)

    @field(directives=limited(5))
    async def payees(self, limit: Limit = 20) -> list[CounterpartyTotals]:
        """Whom it paid how much, most first (TSR 4)."""
        within("limit", limit, 1, 100)
        return await self.following.counterparties(await self.following.ask(Payees(self.following.id, self.following.scope)), limit)

    @field(directives=[Cost(weight=5)])
    async def pass_through(self) -> PassThrough:
        """Does money pass straight through it? (TCR 7)"""
        found = await self.following.ask(Passing(self.following.id, self.following.scope))
        return PassThrough(payers=found.payers, payees=found.payees, in_to_out=number(found.in_to_out))

    @field(directives=[Cost(weight=5)])
    async def blocked_payer_share(self) -> Probability | None:
        """Part of all its incoming transfers that came from blocked accounts in the window; null when it never received any (TSR 3)."""
        return number(await self.following.ask(BlockedPayers(self.following.id, self.following.scope)))

    @field(of=list[ACCOUNT], directives=limited(10))
    async def blocked_accounts_with_same_payers(self, limit: Limit = 20) -> list[Shown]:
        """Blocked accounts that were paid by the same payers (TSR 6)."""
        within("limit", limit, 1, 100)
        found = await self.following.ask(BlockedWithSamePayers(self.following.id, self.following.scope))
        return list((await self.following.show(found[:limit])).values())

    @field(directives=limited(20))
    async def blocked_devices_reached(self, limit: Limit = 20) -> list[BlockedDeviceReached]:
        """Does its money reach, in up to three steps each later than the last, accounts used from a blocked device? (TCR 1)"""
        within("limit", limit, 1, 100)
        found = (await self.following.ask(BlockedDevicesReached(self.following.id, self.following.scope)))[:limit]
        shown = await self.following.show(each for one in found for each in (one.account, one.device))
        return [BlockedDeviceReached(account=shown[one.account], distance=one.distance, device=shown[one.device]) for one in found]

    @field(directives=limited(10))
    async def circles_through(
        self, payee: Annotated[Raw, argument("The account paid first.", of=Reference)], limit: Limit = 20
    ) -> list[TransferCircle]:
        """Circles of three: this account pays `payee`, `payee` pays a third, the third pays this one. By what came back, most first (TCR 4)."""  # noqa: E501
        within("limit", limit, 1, 100)
        following = self.following
        paid = await named(following, EntityKind.ACCOUNT, payee, "payee")
        if paid is None:
            return []
        found = (await following.ask(CycleThroughTransfer(following.id, paid, following.scope)))[:limit]
        shown = await following.show(one.third for one in found)
        return [
            TransferCircle(third=shown[one.third], to_third=following.totals(one.to_third), back=following.totals(one.back))
            for one in found
        ]

    @field(directives=[Cost(weight=50)])
    async def shortest_chain_to(self, account: Annotated[Raw, argument("The account to reach.", of=Reference)]) -> TransferChain | None:
        """Fewest transfers from this account to another; null when no chain of transfers leads there (TCR 3)."""
        to = await named(self.following, EntityKind.ACCOUNT, account, "account")
        found = None if to is None else await self.following.ask(ShortestPath(self.following.id, to, self.following.scope))
        return None if found is None else (await self.following.chains([found]))[0]

    @field(directives=limited(20))
    async def pooled_withdrawals(
        self,
        withdrawn_over: Annotated[
            Raw | None,
            argument("Only withdrawals of more than this; `amountOver` bounds the gathering. Left out: all.", of=MoneyInput | None),
        ] = UNSET,
        gathered_from_over: Annotated[int, argument("Gathered from more than this many transfers.")] = 3,
        limit: Limit = 20,
    ) -> list[PooledWithdrawal]:
        """Pooling, then cash-out: accounts that gathered money from many and sent it here by withdrawal (TCR 6)."""
        within("limit", limit, 1, 100)
        following = self.following
        over = following.over(withdrawn_over, "withdrawnOver")
        found = (await following.ask(PooledWithdrawals(following.id, following.scope, over, gathered_from_over)))[:limit]
        shown = await following.show(one.account for one in found)
        return [
            PooledWithdrawal(account=shown[one.account], gathered=following.totals(one.gathered), withdrawn=following.totals(one.withdrawn))
            for one in found
        ]

    @field(directives=[Cost(weight=10)])
    async def loan_turnover(self) -> LoanTurnover:
        """Is borrowed money turned round here? (TCR 9)"""
        found = await self.following.ask(Turnover(self.following.id, self.following.scope))
        return LoanTurnover(
            paid_out_to_repaid=number(found.paid_out_to_repaid),
            paid_out_to_sent=number(found.paid_out_to_sent),
            received_to_sent=number(found.received_to_sent),
        )
