"""How much of what comes in goes straight out again, and how fast."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass

from graph.measures.picture import DAY, Flows, transfers
from graph.model import Instant


@dataclass(frozen=True, slots=True)
class PassThrough:
    """Money that the accounts handed on."""

    received: int
    """Minor units that came in from others."""
    passed: int
    """Of these, the part that left to others within the window after it came."""
    sent: int
    """All that left to others."""
    typical: Instant | None
    """Milliseconds that the middle unit of what was passed stayed (median by amount); None when nothing passed."""
    entities: tuple[str, ...]
    """The accounts that passed most, then those that got most of it, at most 10."""

    @property
    def ratio(self) -> float:
        """0 to 1: part of the received that was passed; 0 when nothing came in."""
        return self.passed / self.received if self.received else 0.0


def pass_through(flows: Flows, accounts: Collection[str], *, window: Instant = DAY) -> PassThrough:
    """How much of what came into the accounts left them again within `window` milliseconds, and how fast.

    The accounts are taken together: what moves between them neither comes nor leaves. First in, first out: each amount that
    leaves is taken from the oldest received that is still there and no older than the window. Of equal moments receipts come
    first. O(n log n). A mule's account shows a ratio near 1 within hours; a shop's pays suppliers later and in part.

    >>> from graph.measures.picture import as_flows
    >>> from graph.model import Transfer, TransferKind
    >>> came = Transfer("acc_a", "acc_x", 100, TransferKind.TRANSFER, 0, 0)
    >>> left = Transfer("acc_x", "acc_b", 90, TransferKind.TRANSFER, 60_000, 0)
    >>> pass_through(as_flows([came, left]), ["acc_x"]).ratio
    0.9
    """
    own = frozenset(accounts)
    moved = [t for t in transfers(flows) if (t.from_id in own) != (t.to_id in own)]
    moved.sort(key=lambda t: (t.occurred_at, t.from_id in own))
    waiting: deque[tuple[Instant, int, str]] = deque()
    stays: list[tuple[Instant, int]] = []
    by_account: dict[str, int] = {}
    by_target: dict[str, int] = {}
    received = sent = 0
    for transfer in moved:
        if transfer.to_id in own:
            received += transfer.amount
            waiting.append((transfer.occurred_at, transfer.amount, transfer.to_id))
            continue
        sent += transfer.amount
        while waiting and waiting[0][0] < transfer.occurred_at - window:
            waiting.popleft()
        left = transfer.amount
        while left and waiting:
            came, amount, account = waiting.popleft()
            used = min(left, amount)
            left -= used
            if amount > used:
                waiting.appendleft((came, amount - used, account))
            stays.append((transfer.occurred_at - came, used))
            by_account[transfer.from_id] = by_account.get(transfer.from_id, 0) + used
            by_target[transfer.to_id] = by_target.get(transfer.to_id, 0) + used
    shown = [*_largest(by_account)[:5], *_largest(by_target)[:5]]
    return PassThrough(received, sum(used for _, used in stays), sent, _median(stays), tuple(shown))


def _median(stays: list[tuple[Instant, int]]) -> Instant | None:
    """The stay of the middle unit of money."""
    half, so_far = sum(used for _, used in stays), 0
    for stay, used in sorted(stays):
        so_far += 2 * used
        if so_far >= half:
            return stay
    return None


def _largest(amounts: dict[str, int]) -> list[str]:
    return sorted(amounts, key=lambda account: (-amounts[account], account))
