"""The published results of LDBC FinBench: which question each line asks, and its answer in FinBench's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final

from graph.flows.account_profile import AccountProfile
from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.blocked_payers import BlockedPayers
from graph.flows.blocked_with_same_payers import BlockedWithSamePayers
from graph.flows.cycle_through_transfer import CycleThroughTransfer
from graph.flows.figures import Totals
from graph.flows.gathered_from_borrowers import GatheredFromBorrowers
from graph.flows.guarantee_chain import GuaranteeChain
from graph.flows.investment_overlap import InvestmentOverlap
from graph.flows.loan_trail import LoanTrail
from graph.flows.loan_turnover import LoanTurnover
from graph.flows.merchants_paid import MerchantsPaid
from graph.flows.money_traces import MoneyTraces
from graph.flows.pass_through import PassThrough
from graph.flows.payees import Payees
from graph.flows.payers import Payers
from graph.flows.pooled_withdrawals import PooledWithdrawals
from graph.flows.reader import Question
from graph.flows.scope import Order, Scope, Window
from graph.flows.shortest_path import ShortestPath
from graph.flows.transfer_totals import TransferTotals

Params = Mapping[str, Any]
Asked = tuple[Question[Any], Callable[[Any], list[dict[str, Any]]]]

ORDERS: Final = {
    "TIMESTAMP_DESCENDING": Order.NEWEST,
    "TIMESTAMP_ASCENDING": Order.OLDEST,
    "AMOUNT_DESCENDING": Order.LARGEST,
    "AMOUNT_ASCENDING": Order.SMALLEST,
}


class Names:
    """Ids of entities by FinBench's numbers, and back."""

    def __init__(self, id_of: Callable[[str, str], str], number_of: Callable[[str], int]) -> None:
        self.id_of = id_of
        """By kind's prefix and number."""
        self.number_of = number_of


def minor(amount: float) -> int:
    """An amount in minor units, exactly."""
    return int(Decimal(str(amount)) * 100)


def money(amount: int | None) -> float:
    """FinBench's: -1 for none."""
    return -1.0 if amount is None else float(Decimal(amount) / 100)


def figure(ratio: Decimal | None) -> float:
    return -1.0 if ratio is None else float(ratio)


def scope_of(params: Params) -> Scope:
    limit = params.get("truncationLimit")
    threshold = params.get("threshold", params.get("threshold1"))
    return Scope(
        Window(params["startTime"], params["endTime"]),
        None if threshold is None else minor(threshold),
        limit,
        ORDERS[params.get("truncationOrder", "TIMESTAMP_DESCENDING")],
    )


def simple_read(query: str, params: Params, names: Names) -> Asked:
    """One of the six simple reads."""
    number = names.number_of
    scope, account = scope_of(params), names.id_of("acc", str(params["id"]))

    def totals(prefix: str, some: Totals) -> dict[str, Any]:
        return {f"sum{prefix}Amount": money(some.total), f"max{prefix}Amount": money(some.largest), f"num{prefix}": some.number}

    match query:
        case "TSR1":
            return AccountProfile(
                account
            ), lambda p: [] if p is None else [{"createTime": p.opened_at, "isBlocked": p.blocked, "type": p.product}]
        case "TSR2":
            return TransferTotals(account, scope), lambda a: [totals("Edge1", a.sent) | totals("Edge2", a.received)]
        case "TSR3":
            return BlockedPayers(account, scope), lambda a: [{"blockRatio": figure(a)}]
        case "TSR4":
            return Payees(account, scope), lambda a: [
                {"dstId": number(c.account), "numEdges": c.totals.number, "sumAmount": money(c.totals.total)} for c in a
            ]
        case "TSR5":
            return Payers(account, scope), lambda a: [
                {"srcId": number(c.account), "numEdges": c.totals.number, "sumAmount": money(c.totals.total)} for c in a
            ]
        case "TSR6":
            return BlockedWithSamePayers(account, scope), lambda a: [{"dstId": number(account)} for account in a]
        case _:
            raise KeyError(query)


def account_read(query: str, params: Params, names: Names) -> Asked:
    """One of the complex reads about accounts."""
    number, scope = names.number_of, scope_of(params)

    def account(name: str = "id") -> str:
        return names.id_of("acc", str(params[name]))

    match query:
        case "TCR1":
            return BlockedDevicesReached(account(), scope), lambda a: [
                {"otherId": number(b.account), "accountDistance": b.distance, "mediumId": number(b.device)} for b in a
            ]
        case "TCR3":
            return ShortestPath(account("id1"), account("id2"), scope), lambda a: [{"shortestPathLength": -1 if a is None else len(a) - 1}]
        case "TCR4":
            return CycleThroughTransfer(account("id1"), account("id2"), scope), lambda a: [
                {
                    "otherId": number(c.third),
                    "numEdge2": c.back.number, "sumEdge2Amount": money(c.back.total), "maxEdge2Amount": money(c.back.largest),
                    "numEdge3": c.to_third.number, "sumEdge3Amount": money(c.to_third.total), "maxEdge3Amount": money(c.to_third.largest),
                }
                for c in a
            ]  # fmt: skip
        case "TCR6":
            return PooledWithdrawals(account(), scope, minor(params["threshold2"])), lambda a: [
                {"midId": number(p.account), "sumEdge1Amount": money(p.gathered.total), "sumEdge2Amount": money(p.withdrawn.total)}
                for p in a
            ]
        case "TCR7":
            return PassThrough(account(), scope), lambda a: [{"numSrc": a.payers, "numDst": a.payees, "inOutRatio": figure(a.in_to_out)}]
        case "TCR9":
            return LoanTurnover(account(), scope), lambda a: [
                {
                    "ratioRepay": figure(a.paid_out_to_repaid),
                    "ratioDeposit": figure(a.paid_out_to_sent),
                    "ratioTransfer": figure(a.received_to_sent),
                }
            ]
        case _:
            raise KeyError(query)


def party_read(query: str, params: Params, names: Names) -> Asked:
    """One of the complex reads about people and loans."""
    number, scope = names.number_of, scope_of(params)

    def person(name: str = "id") -> str:
        return names.id_of("per", str(params[name]))

    match query:
        case "TCR2":
            return GatheredFromBorrowers(person(), scope), lambda a: [
                {"otherId": number(s.account), "sumLoanAmount": money(s.lent), "sumLoanBalance": money(s.balance)} for s in a
            ]
        case "TCR5":
            return MoneyTraces(person(), scope), lambda a: [{"path": [number(account) for account in trace]} for trace in a]
        case "TCR8":
            loan = names.id_of("loa", str(params["id"]))
            asked = LoanTrail(loan, Scope(scope.window, None, scope.per_step, scope.order), Decimal(str(params["threshold"])))
            return asked, lambda a: [{"dstId": number(s.account), "ratio": figure(s.ratio), "minDistanceFromLoan": s.distance} for s in a]
        case "TCR10":
            return InvestmentOverlap(person("pid1"), person("pid2"), scope.window), lambda a: [{"jaccardSimilarity": figure(a)}]
        case "TCR11":
            return GuaranteeChain(person(), scope), lambda a: [{"sumLoanAmount": money(a.total), "numLoans": a.loans}]
        case "TCR12":
            return MerchantsPaid(person(), scope), lambda a: [
                {"compAccountId": number(c.account), "sumEdge2Amount": money(c.totals.total)} for c in a
            ]
        case _:
            raise KeyError(query)


def asked(query: str, params: Params, names: Names) -> Asked:
    """The question of a line, and what turns its answer into FinBench's rows."""
    if query.startswith("TSR"):
        return simple_read(query, params, names)
    return (account_read if query in {"TCR1", "TCR3", "TCR4", "TCR6", "TCR7", "TCR9"} else party_read)(query, params, names)


def equal(query: str, got: list[dict[str, Any]], expected: list[dict[str, Any]]) -> bool:
    """Whether rows are equal, in order; TCR5 has none. The type of a medium is no result of ours: it is a field of the device."""
    if query == "TCR5":
        return sorted(map(str, got)) == sorted(map(str, expected))
    return got == [{name: value for name, value in row.items() if name != "mediumType"} for row in expected]
