"""By how few transfers can money have got from one account to another? (LDBC FinBench, complex read 3)"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final

from graph.flows.reader import MoneyReader
from graph.flows.scope import TRANSFERS, Cut, Scope, Way

MAXIMUM_ACCOUNTS: Final = 200_000
"""Accounts that one search meets."""


@dataclass(frozen=True, slots=True)
class ShortestPath:
    """A shortest chain of transfers in the window, each in its direction, in whatever order of time. No hub is cut."""

    from_: str
    to: str
    scope: Scope

    def answer(self, money: MoneyReader) -> tuple[str, ...] | None:
        """The accounts in order, one more than transfers; of several shortest chains the first by ids; None when no chain leads there.

        Searched from both ends, the smaller side first. Beyond 200,000 accounts the search is given up and `Cut.ENTITIES` noted: None then
        says only that no chain was found.
        """
        if self.from_ == self.to:
            return (self.from_,)
        scope = replace(self.scope, per_step=None)
        forward, backward = _Side(self.from_, Way.OUT), _Side(self.to, Way.IN)
        while True:
            near, far = (forward, backward) if len(forward.edge) <= len(backward.edge) else (backward, forward)
            near.grow(money, scope)
            if not near.edge:
                return None
            meeting = near.edge & far.met.keys()
            if meeting:
                return _chain(forward, backward, meeting, self.from_)
            if len(near.met) + len(far.met) > MAXIMUM_ACCOUNTS:
                money.note(Cut.ENTITIES)
                return None


@dataclass(slots=True)
class _Side:
    """What was met from one end."""

    start: str
    way: Way
    edge: set[str] = field(default_factory=set)
    met: dict[str, set[str]] = field(default_factory=dict)
    """By account the accounts one step nearer to the start from which it was met."""

    def __post_init__(self) -> None:
        self.edge = {self.start}
        self.met = {self.start: set()}

    def grow(self, money: MoneyReader, scope: Scope) -> None:
        """Meet the accounts one step farther."""
        fresh: dict[str, set[str]] = {}
        for account, movements in money.moved(self.edge, self.way, scope, TRANSFERS).items():
            for movement in movements:
                if movement.other not in self.met:
                    fresh.setdefault(movement.other, set()).add(account)
        self.met |= fresh
        self.edge = set(fresh)


def _chain(forward: _Side, backward: _Side, meeting: set[str], start: str) -> tuple[str, ...]:
    """The first by ids of the shortest chains through the accounts where both sides met: all of these are equally far from either end."""
    on: dict[str, set[str]] = {}
    step = set(meeting)
    while step != {start}:  # back to the start, noting which accounts lead on to the meeting
        nearer: set[str] = set()
        for account in step:
            for before in forward.met[account]:
                on.setdefault(before, set()).add(account)
                nearer.add(before)
        step = nearer
    chain = [start]
    while following := on.get(chain[-1]):
        chain.append(min(following))
    while following := backward.met[chain[-1]]:
        chain.append(min(following))
    return tuple(chain)
