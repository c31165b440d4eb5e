"""The questions that follow money, answered by trying every chain there is: slow, and close to the words of the definition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise, product

from graph.flows.reader import MoneyReader
from graph.flows.scope import MOVEMENTS, TRANSFERS, Movement, Scope, Way
from graph.model import TieKind, TransferKind

Chain = list[tuple[str, Movement]]
"""Accounts left, each with the movement that left it."""


def chains(
    money: MoneyReader,
    start: str,
    way: Way,
    scope: Scope,
    kinds: frozenset[TransferKind] = TRANSFERS,
    follows: Callable[[Movement, Movement], bool] = lambda before, after: True,
    longest: int = 3,
) -> Iterator[Chain]:
    """Every chain of one to three movements from an account in one direction."""

    def go(account: str, chain: Chain) -> Iterator[Chain]:
        for movement in money.moved([account], way, scope, kinds)[account]:
            if not chain or follows(chain[-1][1], movement):
                longer = [*chain, (account, movement)]
                yield longer
                if len(longer) < longest:
                    yield from go(movement.other, longer)

    yield from go(start, [])


def later(before: Movement, after: Movement) -> bool:
    return after.occurred_at > before.occurred_at


def earlier(before: Movement, after: Movement) -> bool:
    return after.occurred_at < before.occurred_at


def blocked_devices(money: MoneyReader, account: str, scope: Scope) -> set[tuple[int, str, str]]:
    sightings = Scope(scope.window, None, scope.per_step, scope.order)
    return {
        (len(chain), reached, seen.other)
        for chain in chains(money, account, Way.OUT, scope, follows=later)
        for reached in [chain[-1][1].other]
        for kind in (TieKind.USES_DEVICE, TieKind.CONNECTS_FROM, TieKind.REACHED_AT)
        for seen in money.seen([reached], kind, Way.OUT, sightings)[reached]
        if money.blocked([seen.other])
    }


def upstream(money: MoneyReader, person: str, scope: Scope) -> set[str]:
    own = money.tied([person], TieKind.HOLDS, Way.OUT)[person]
    return {chain[-1][1].other for account in own for chain in chains(money, account, Way.IN, scope, follows=earlier)}


def traces(money: MoneyReader, person: str, scope: Scope) -> set[tuple[str, ...]]:
    own = money.tied([person], TieKind.HOLDS, Way.OUT)[person]
    all_ = {
        (account, *(movement.other for _, movement in chain))
        for account in own
        for chain in chains(money, account, Way.OUT, scope, follows=later)
    }
    return {trace for trace in all_ if len(set(trace)) == len(trace)}


def shortest(money: MoneyReader, from_: str, to: str, scope: Scope, accounts: list[str]) -> tuple[str, ...] | None:
    """The first by ids of the shortest, out of all sequences of accounts."""
    if from_ == to:
        return (from_,)
    open_ = Scope(scope.window, scope.over, None)
    pays = {a: {movement.other for movement in money.moved([a], Way.OUT, open_, TRANSFERS)[a]} for a in accounts}
    for between in range(len(accounts)):
        found = [
            chain
            for middle in product(accounts, repeat=between)
            for chain in [(from_, *middle, to)]
            if all(b in pays[a] for a, b in pairwise(chain))
        ]
        if found:
            return min(found)
    return None


def circles(money: MoneyReader, payer: str, payee: str, scope: Scope, accounts: list[str]) -> dict[str, tuple[int, int, int, int]]:
    """By third account: number and sum of what came back, number and sum of what the third got."""

    def between(a: str, b: str) -> list[int]:
        return [m.amount for m in money.moved([a], Way.OUT, Scope(scope.window, scope.over, None), TRANSFERS)[a] if m.other == b]

    found = {}
    for third in accounts:
        back, on = between(third, payer), between(payee, third)
        if third not in (payer, payee) and between(payer, payee) and back and on:
            found[third] = len(back), sum(back), len(on), sum(on)
    return found


def rounded(part: int, whole: int) -> Decimal:
    exact = Fraction(part * 1000, whole)
    return Decimal(int(exact + Fraction(1, 2))) / 1000


def trail(money: MoneyReader, loan: str, amount: int, scope: Scope, share: Decimal) -> dict[str, tuple[Decimal, int]]:
    """By account: ratio and distance. Every chain whose movements all count adds its last movement, once."""

    def counts(account: str, movement: Movement) -> bool:
        into = sum(each.amount for each in money.moved([account], Way.IN, scope, TRANSFERS)[account])
        return Fraction(movement.amount) > Fraction(share) * into

    start = {
        m.other for m in money.seen([loan], TieKind.PAID_OUT_TO, Way.OUT, Scope(scope.window, None, scope.per_step, scope.order))[loan]
    }
    last: set[tuple[str, int]] = set()
    distance: dict[str, int] = {}
    for account in start:
        for chain in chains(money, account, Way.OUT, scope, MOVEMENTS):
            if all(counts(left, movement) for left, movement in chain):
                left, movement = chain[-1]
                same = [each for each in money.moved([left], Way.OUT, scope, MOVEMENTS)[left] if counts(left, each)]
                last |= {(left, index) for index, each in enumerate(same) if each.other == movement.other}
                distance[movement.other] = min(distance.get(movement.other, 9), len(chain) + 1)
    came: dict[str, int] = {}
    for left, index in last:
        movement = [each for each in money.moved([left], Way.OUT, scope, MOVEMENTS)[left] if counts(left, each)][index]
        came[movement.other] = came.get(movement.other, 0) + movement.amount
    return {account: (rounded(came[account], amount), distance[account]) for account in came}


def vouched(money: MoneyReader, person: str, scope: Scope, people: list[str]) -> set[str]:
    """Whoever a chain of guarantees leads to, by adding until nothing is added."""
    sightings = Scope(scope.window, None, scope.per_step, scope.order)
    pairs = {(a, m.other) for a in people for m in money.seen([a], TieKind.GUARANTEES, Way.OUT, sightings)[a] if m.other in people}
    met: set[str] = set()
    while True:
        more = met | {b for a, b in pairs if a == person or a in met}
        if more == met:
            return met
        met = more
