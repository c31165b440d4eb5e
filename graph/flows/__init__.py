"""Questions about where money went, came from and turned round: one file each, named as a fraud analyst would ask them.

A question is a frozen value with the accounts, people or loan that it is about and a `Scope`; `answer(reader)` is a pure function of what
a `MoneyReader` says, which is one snapshot of one institution at one moment. A store hands its own reader in, or answers a
question by a statement of its own: then the same tests hold it to the same answers.

Eighteen are the complex and simple reads of the LDBC FinBench benchmark; each docstring says which one it equals.
To add one: a file here, a line in `QUESTIONS`, a test in `tests/graph/flows`.
"""

from __future__ import annotations

from typing import Final

from graph.flows.account_profile import AccountProfile
from graph.flows.between_members import BetweenMembers
from graph.flows.blocked_devices_reached import BlockedDevicesReached
from graph.flows.blocked_payers import BlockedPayers
from graph.flows.blocked_with_same_payers import BlockedWithSamePayers
from graph.flows.cycle_through_transfer import CycleThroughTransfer
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
from graph.flows.shortest_path import ShortestPath
from graph.flows.transfer_totals import TransferTotals

QUESTIONS: Final = (
    AccountProfile,
    BetweenMembers,
    BlockedDevicesReached,
    BlockedPayers,
    BlockedWithSamePayers,
    CycleThroughTransfer,
    GatheredFromBorrowers,
    GuaranteeChain,
    InvestmentOverlap,
    LoanTrail,
    LoanTurnover,
    MerchantsPaid,
    MoneyTraces,
    PassThrough,
    Payees,
    Payers,
    PooledWithdrawals,
    ShortestPath,
    TransferTotals,
)
"""All there are."""
