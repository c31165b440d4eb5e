"""The money around some accounts, and its way back to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from graph.model import FlowBounds, Instant, Transfer
from graph.stores.shared.snapshot import TRANSFER_KINDS, Snapshot

DAY: Final = 24 * 60 * 60 * 1000
"""Milliseconds."""


class Movement(NamedTuple):
    """A transfer that stands; accounts are numbers of entities."""

    fact: int
    """Which one: parallel transfers are equal in all else."""
    from_: int
    to: int
    amount: int
    kind: int
    occurred_at: Instant
    recorded_at: Instant


class Flowed(NamedTuple):
    """What was read of the money."""

    transfers: tuple[Transfer, ...] = ()
    """Oldest first."""
    complete: bool = True
    """Whether nothing cut it short."""
    in_time: bool = True
    """Whether the deadline cut nothing."""


def flow(snapshot: Snapshot, accounts: Sequence[int], bounds: FlowBounds, deadline: float | None = None) -> Flowed:
    """Transfers around the accounts in the days before the moment.

    Kept first is what may have gone round: money that left, followed in time order through at most `bounds.steps` other accounts,
    and what these then paid to ours; money that does not come back is not shown beyond its first step. Then what left the
    accounts and what came into them. The newest are kept: at most `transfers_per_account` of an account and direction,
    `followed` other accounts (those that got most), `transfers` in all. Past the deadline, a reading of `time.monotonic()`, the answer
    is what was read so far.
    """
    flowing = _Flowing(snapshot, accounts, bounds, deadline)
    left = flowing.read(accounts, incoming=False)
    came = flowing.read(accounts, incoming=True)
    round_ = flowing.round(left)
    ids = snapshot.ids({end for row in (*left, *came, *round_) for end in (row.from_, row.to)})

    def newest(row: Movement) -> tuple[int, int, int, str, str, int]:
        return -row.occurred_at, -row.recorded_at, -row.amount, ids[row.from_], ids[row.to], row.kind

    rows = list(dict.fromkeys([*sorted(round_, key=newest), *sorted([*left, *came], key=newest)]))
    complete = not flowing.cut and len(rows) <= bounds.transfers
    transfers = [
        Transfer(ids[row.from_], ids[row.to], row.amount, TRANSFER_KINDS[row.kind], row.occurred_at, row.recorded_at)
        for row in rows[: bounds.transfers]
    ]
    transfers.sort(key=lambda t: (t.occurred_at, t.recorded_at, t.from_id, t.to_id, t.amount, t.kind))
    return Flowed(tuple(transfers), complete, flowing.in_time)


class _Flowing:
    """One reading of money under way."""

    def __init__(self, snapshot: Snapshot, accounts: Collection[int], bounds: FlowBounds, deadline: float | None) -> None:
        self.snapshot = snapshot
        self.own = frozenset(accounts)
        self.bounds = bounds
        self.deadline = deadline
        self.begin = snapshot.moment.at - bounds.days * DAY
        self.cut = False
        self.in_time = True

    def read(self, accounts: Iterable[int], *, incoming: bool, others: Collection[int] | None = None) -> list[Movement]:
        """The newest transfers of each account in one direction, from or to `others` alone when they are given."""
        found: list[Movement] = []
        asked, limit = list(accounts), self.bounds.transfers_per_account
        if not asked or (others is not None and not others):
            return found
        moved = self.snapshot.moved(asked, incoming=incoming, after=self.begin, most=limit, others=others, deadline=self.deadline)
        if len(moved) < len(set(asked)):
            self.cut, self.in_time = True, False
        for account in asked:
            rows = moved.get(account, ())
            self.cut |= len(rows) > limit
            for fact, other, *rest in rows[:limit]:
                from_, to = (other, account) if incoming else (account, other)
                found.append(Movement(fact, from_, to, *rest))
        return found

    def round(self, left: Sequence[Movement]) -> list[Movement]:
        """Of what left the accounts and what followed, the part that may have come back."""
        steps = [[row for row in left if row.to not in self.own]]
        reached: set[int] = set()
        followed = 0
        for _ in range(self.bounds.steps - 1):
            got: dict[int, int] = {}
            for row in steps[-1]:
                got[row.to] = got.get(row.to, 0) + row.amount
            ids = self.snapshot.ids(got)
            fresh = sorted(got.keys() - reached, key=lambda account: (-got[account], ids[account]))
            reached.update(got)
            self.cut |= followed + len(fresh) > self.bounds.followed
            fresh = fresh[: self.bounds.followed - followed]
            followed += len(fresh)
            steps.append([row for row in self.read(fresh, incoming=False) if row.to not in self.own])
        reached.update(row.to for row in steps[-1])
        if not reached:
            return []
        back = self.read(sorted(self.own), incoming=True, others=sorted(reached)[:_MOST_PAYERS])
        self.cut |= len(reached) > _MOST_PAYERS
        return _returning(steps[0], [row for step in steps[1:] for row in step], back, self.bounds.steps + 1)


_MOST_PAYERS: Final = 2_000
"""Accounts in one statement."""


def _returning(left: Sequence[Movement], on: Sequence[Movement], back: Sequence[Movement], most: int) -> list[Movement]:
    """Transfers that lie on some way out and back of at most `most` transfers, each later than the one before.

    `arrived[i]` says when money first got to an account by at most i + 1 transfers, `leaves[j]` when it last left one that is
    j + 1 transfers from home; a transfer is on a way where it is later than the first and earlier than the second.
    """
    arrived: list[dict[int, Instant]] = [{}]
    for row in left:
        arrived[0][row.to] = min(arrived[0].get(row.to, row.occurred_at), row.occurred_at)
    leaves: list[dict[int, Instant]] = [{}]
    for row in back:
        leaves[0][row.from_] = max(leaves[0].get(row.from_, row.occurred_at), row.occurred_at)
    for _ in range(most - 2):
        first, last = dict(arrived[-1]), dict(leaves[-1])
        for row in on:
            if row.from_ in arrived[-1] and row.occurred_at > arrived[-1][row.from_]:
                first[row.to] = min(first.get(row.to, row.occurred_at), row.occurred_at)
            if row.to in leaves[-1] and row.occurred_at < leaves[-1][row.to]:
                last[row.from_] = max(last.get(row.from_, row.occurred_at), row.occurred_at)
        arrived.append(first)
        leaves.append(last)

    def between(row: Movement) -> bool:
        return any(
            row.from_ in arrived[i] and row.to in leaves[j] and arrived[i][row.from_] < row.occurred_at < leaves[j][row.to]
            for i in range(most - 2)
            for j in (most - 3 - i,)
        )

    out = [row for row in left if row.to in leaves[-1] and row.occurred_at < leaves[-1][row.to]]
    home = [row for row in back if row.from_ in arrived[-1] and row.occurred_at > arrived[-1][row.from_]]
    return [*out, *(row for row in on if between(row)), *home]
