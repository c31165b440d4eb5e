"""Where exactly did this person's money go? (LDBC FinBench, complex read 5)"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from graph.flows.reader import MoneyReader
from graph.flows.scope import STEPS, TRANSFERS, Cut, Scope, Way
from graph.model import Instant, TieKind

Trace = tuple[str, ...]
"""Accounts in order; parallel transfers are one step."""

MAXIMUM_TRACES: Final = 10_000
"""Traces of one length that are followed."""


@dataclass(frozen=True, slots=True)
class MoneyTraces:
    """Chains of one to three transfers out of the person's accounts in the window, each strictly later than the one before, that meet no
    account twice.
    """

    person: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[Trace, ...]:
        """Longest first, then by ids. Of more than 10,000 of one length the first by ids are kept and followed."""
        own = money.tied([self.person], TieKind.HOLDS, Way.OUT).get(self.person, ())
        found: list[Trace] = []
        last: dict[Trace, Instant | None] = {(account,): None for account in own}
        for _ in range(STEPS):
            step = _one_step(money, last, self.scope)
            if len(step) > MAXIMUM_TRACES:
                money.note(Cut.TRACES)
            last = {trace: step[trace] for trace in sorted(step)[:MAXIMUM_TRACES]}
            found += last
        return tuple(sorted(found, key=lambda trace: (-len(trace), trace)))


def _one_step(money: MoneyReader, last: dict[Trace, Instant | None], scope: Scope) -> dict[Trace, Instant]:
    """The traces one transfer longer, each with the earliest moment at which it can end: what can follow a later one can follow it."""
    out = money.moved({trace[-1] for trace in last}, Way.OUT, scope, TRANSFERS)
    step: dict[Trace, Instant] = {}
    for trace, since in last.items():
        for other, _, at in out.get(trace[-1], ()):
            if (since is None or at > since) and other not in trace:
                longer = (*trace, other)
                if at < step.get(longer, at + 1):
                    step[longer] = at
    return step
