"""Money that left the household and came back to it, in time order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from graph.measures.picture import Flows, transfers
from graph.model import Transfer, TransferKind

MAXIMUM_STEPS: Final = 3
"""Further steps after the one that leaves: circles of two to four transfers."""

MAXIMUM_VISITS: Final = 20_000
"""Transfers looked at in one search."""


@dataclass(frozen=True, slots=True)
class Circle:
    """One way that money went round."""

    transfers: tuple[Transfer, ...]
    """Each strictly later than the one before; the first leaves one of the accounts and the last comes back to one of them."""
    amount: int
    """Minor units that went all the way: the least of what these transfers had left to give."""


@dataclass(frozen=True, slots=True)
class ReturnCycle:
    """Money that came back."""

    circles: tuple[Circle, ...]
    """Largest first, at most 20."""
    count: int
    """How many there are."""
    returned: int
    """Minor units that came back, each unit of a transfer counted once."""
    receipts: int
    """Minor units of PAYMENT into the accounts from others, circles or not."""
    explained: int
    """Of these receipts, the part that is such returned money."""
    entities: tuple[str, ...]
    """Accounts of the largest circles, at most 10."""
    complete: bool
    """Whether the search ended before its bound of 20,000 looks."""

    @property
    def share(self) -> float:
        """0 to 1: part of the receipts that is returned money; 0 without receipts."""
        return self.explained / self.receipts if self.receipts else 0.0


def return_cycle(flows: Flows, accounts: Collection[str], *, steps: int = MAXIMUM_STEPS) -> ReturnCycle:
    """Money that left the accounts and came back to them within 1 to `steps` further transfers.

    The accounts are taken together, as one purse: what the owner's card sends to a friend and the friend pays at the shop has come
    back. What moves between them directly is no circle (see `self_payment`). Moments ascend strictly along a circle, no other
    account is met twice, and every unit of a transfer is spent once: transfers that come back are taken oldest first, each
    through the circle that can still carry most (of equal ones the shortest, then the latest to leave).

    Backwards depth-first search from each transfer that comes back, O(n · d^steps) with d the transfers into one account, bounded
    by 20,000 looks. Temporal cycles as in Blanuša, Ienne and Atasu (2022) and in complex read 4 of LDBC FinBench; the least on the
    way is the bottleneck of maximum-flow augmentation, taken greedily.

    >>> from graph.measures.picture import as_flows
    >>> out = Transfer("acc_x", "acc_b", 100, TransferKind.TRANSFER, 1, 1)
    >>> back = Transfer("acc_b", "acc_x", 80, TransferKind.PAYMENT, 2, 2)
    >>> return_cycle(as_flows([out, back]), ["acc_x"]).share
    1.0
    """
    own = frozenset(accounts)
    search = _Search(transfers(flows), own, steps)
    circles: list[Circle] = []
    receipts = explained = 0
    for place, last in enumerate(search.all):
        if last.to_id not in own or last.from_id in own:
            continue
        receipt = last.kind is TransferKind.PAYMENT
        receipts += last.amount if receipt else 0
        while way := search.best(place):
            amount = min(search.left[step] for step in way)
            for step in way:
                search.left[step] -= amount
            circles.append(Circle(tuple(search.all[step] for step in way), amount))
            explained += amount if receipt else 0
    circles.sort(key=lambda c: (-c.amount, len(c.transfers), c.transfers[0].occurred_at, c.transfers[-1].occurred_at))
    shown = dict.fromkeys(t.from_id for circle in circles[:20] for t in circle.transfers)
    return ReturnCycle(
        circles=tuple(circles[:20]),
        count=len(circles),
        returned=sum(circle.amount for circle in circles),
        receipts=receipts,
        explained=explained,
        entities=tuple(shown)[:10],
        complete=search.looks < MAXIMUM_VISITS,
    )


class _Search:
    """Looks for circles backwards in time, over what each transfer still has to give."""

    def __init__(self, all_: tuple[Transfer, ...], own: frozenset[str], steps: int) -> None:
        self.all = all_
        self.own = own
        self.steps = steps
        self.left = [transfer.amount for transfer in all_]
        self.looks = 0
        self.into: dict[str, list[int]] = {}
        for place, transfer in enumerate(all_):
            self.into.setdefault(transfer.to_id, []).append(place)

    def best(self, last: int) -> tuple[int, ...] | None:
        """The circle ending with `last` that can carry most; places in time order."""
        best: tuple[tuple[int, int, int], tuple[int, ...]] | None = None
        stack: list[tuple[int, ...]] = [(last,)] if self.left[last] else []
        while stack and self.looks < MAXIMUM_VISITS:
            way = stack.pop()
            first = self.all[way[0]]
            for place in self.into.get(first.from_id, ()):
                self.looks += 1
                before = self.all[place]
                if before.occurred_at >= first.occurred_at or self.looks >= MAXIMUM_VISITS:
                    break
                if not self.left[place]:
                    continue
                longer = (place, *way)
                if before.from_id in self.own:
                    rank = (min(self.left[step] for step in longer), -len(longer), place)
                    if best is None or rank > best[0]:
                        best = (rank, longer)
                elif len(longer) <= self.steps and all(before.from_id != self.all[step].from_id for step in longer[1:]):
                    stack.append(longer)
        return best[1] if best else None
