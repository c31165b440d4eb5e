"""Would this transfer or guarantee complete a pattern that must not be? (LDBC FinBench, read-writes 1 to 3)

A guarded fact is written, looked at together with everything else, and kept when it is harmless; when not, it is taken back and both
sides are blocked. Once one side is blocked, nothing guarded is recorded between the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple, TypeAlias

from graph.contents import Fact, TieObserved, TransferMade
from graph.errors import InvalidInput, Problem
from graph.flows.cycle_through_transfer import CycleThroughTransfer
from graph.flows.guarantee_chain import GuaranteeChain
from graph.flows.pass_through import PassThrough
from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Scope, Window
from graph.model import EntityKind, EntityName, TieKind

MAXIMUM_SHOWN: Final = 100
"""Entities of a pattern that are named, both ends among them."""


@dataclass(frozen=True, slots=True)
class NoCircle:
    """A transfer must not close a circle of three accounts (TRW 1)."""

    window: Window
    """Transfers that may be part of it."""

    def pattern(self, money: MoneyReader, payer: str, payee: str) -> tuple[str, ...]:
        """The circles' third accounts; empty when there is none."""
        circles = CycleThroughTransfer(payer, payee, Scope(self.window)).answer(money)
        return tuple(circle.third for circle in circles)


@dataclass(frozen=True, slots=True)
class NoPassThrough:
    """A transfer must not leave both accounts with money passing straight through (TRW 2)."""

    scope: Scope
    """Transfers looked at."""
    maximum_in_to_out: Decimal
    """Trips when in divided by out is more than this on both sides; an account out of which nothing went has no such ratio."""

    def pattern(self, money: MoneyReader, payer: str, payee: str) -> tuple[str, ...]:
        """Both accounts when they are such; empty otherwise."""
        ratios = [PassThrough(account, self.scope).answer(money).in_to_out for account in (payer, payee)]
        through = all(ratio is not None and ratio > self.maximum_in_to_out for ratio in ratios)
        return (payer, payee) if through else ()


@dataclass(frozen=True, slots=True)
class NoLargeChain:
    """A guarantee must not make a chain that owes too much (TRW 3)."""

    window: Window
    """Guarantees that count."""
    maximum_loan_total: int
    """Minor units: trips when the chain's loans sum to more than this."""

    def pattern(self, money: MoneyReader, guarantor: str, guaranteed: str) -> tuple[str, ...]:
        """The people of the chain from the guarantor on when it owes too much; empty otherwise."""
        chain = GuaranteeChain(guarantor, Scope(self.window, per_step=None)).answer(money)
        return (guaranteed, *chain.people) if chain.total > self.maximum_loan_total else ()


Guard: TypeAlias = NoCircle | NoPassThrough | NoLargeChain


class Looked(NamedTuple):
    """What was seen of a fact that was just written."""

    blocked: bool
    """Whether one of its ends is blocked: then nothing else was looked at."""
    pattern: tuple[str, ...]
    """Entities of the pattern that it completes, both its ends first; empty when it is harmless."""


@dataclass(frozen=True, slots=True)
class Look:
    """The question whether a fact between two entities, which stands already, completes what its guard forbids."""

    guard: Guard
    from_: str
    to: str

    def answer(self, money: MoneyReader) -> Looked:
        """Blocked ends first, then the pattern."""
        ends = (self.from_, self.to)
        if money.blocked(ends):
            return Looked(True, ends)
        others = self.guard.pattern(money, *ends)
        return Looked(False, tuple(dict.fromkeys([*ends, *others]))[:MAXIMUM_SHOWN] if others else ())


def guarded_ends(fact: Fact, guard: Guard) -> tuple[EntityName, EntityName]:
    """The two sides of a fact that this guard may be asked about. Raises `InvalidInput` with the path `content` for any other fact."""
    content = fact.content
    if isinstance(guard, NoLargeChain):
        if isinstance(content, TieObserved) and content.tie_kind is TieKind.GUARANTEES:
            ends = (content.from_, content.to)
            if all(end.kind is EntityKind.PERSON for end in ends):
                return ends
        raise InvalidInput([Problem(("content",), "is no guarantee of a person for a person: give one, or another guard")])
    if isinstance(content, TransferMade) and content.transfer_kind in TRANSFERS:
        return content.from_, content.to
    raise InvalidInput([Problem(("content",), "is no transfer between accounts (withdrawals are none): give one, or another guard")])
