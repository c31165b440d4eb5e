"""What came into some accounts by PAYMENT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from graph.model import Instant, Receipts
from graph.stores.shared.snapshot import Snapshot

NOTHING: Final = Receipts(0, 0, 0, 0, 0, 0, 0, 0, None, None, 0, True)
"""Of a merchant without accounts."""


def receive(snapshot: Snapshot, accounts: Sequence[int], own: Collection[int], *, at: Instant, most: int) -> Receipts:
    """Receipts of the accounts in windows that end at `at`, inclusive: (at - 90 days, at] and likewise 30 and 7 days.

    `own` are the accounts whose payments are self-payments. Beyond `most` receipts (at most 9,000, so that sums fit 64 bits) the newest
    are counted and `complete` is False. One pass over the window's rows in the file's order, grouped by payer.
    """
    if not accounts:
        return NOTHING
    counted = snapshot.receipts(accounts, own, at, most + 1, newest=False)
    complete = counted.count_90 <= most
    if not complete:
        counted = snapshot.receipts(accounts, own, at, most, newest=True)
    first_at, last_at = snapshot.outermost_receipts(accounts, at) or (None, None)
    return Receipts(
        count_30=counted.count_30,
        amount_30=counted.amount_30,
        count_90=counted.count_90,
        amount_90=counted.amount_90,
        payers_90=counted.payers_90,
        largest_payer_90=counted.largest_payer_90,
        self_paid_90=counted.self_paid_90,
        amount_7=counted.amount_7,
        first_at=first_at,
        last_at=last_at,
        counted=counted.count_90,
        complete=complete,
    )
