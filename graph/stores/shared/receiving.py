"""What came into some accounts by PAYMENT."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from graph.model import Instant, Receipts, TransferKind
from graph.stores.sqlite.folding import chunks, marks
from graph.stores.sqlite.reading import STANDS, TRANSFER_KINDS, Snapshot

DAY: Final = 24 * 60 * 60 * 1000
"""Milliseconds."""

NOTHING: Final = Receipts(0, 0, 0, 0, 0, 0, 0, 0, None, None, 0, True)
"""Of a merchant without accounts."""

_PAYMENT: Final = TRANSFER_KINDS.index(TransferKind.PAYMENT)


def receive(snapshot: Snapshot, accounts: Sequence[int], own: Collection[int], *, at: Instant, most: int) -> Receipts:
    """Receipts of the accounts in windows that end at `at`, inclusive: (at - 90 days, at] and likewise 30 and 7 days.

    `own` are the accounts whose payments are self-payments. Beyond `most` receipts (at most 9,000, so that sums fit 64 bits) the newest
    are counted and `complete` is False. One pass over the window's rows in the file's order, grouped by payer.
    """
    if not accounts:
        return NOTHING
    counted = _count(snapshot, accounts, own, at, most + 1, "")
    complete = counted[0] <= most
    if not complete:
        counted = _count(snapshot, accounts, own, at, most, "ORDER BY occurred_at DESC, recorded_at DESC, amount DESC")
    count_90, count_30, amount_90, amount_30, amount_7, payers_90, largest, self_paid = counted
    return Receipts(
        count_30=count_30,
        amount_30=amount_30,
        count_90=count_90,
        amount_90=amount_90,
        payers_90=payers_90,
        largest_payer_90=largest,
        self_paid_90=self_paid,
        amount_7=amount_7,
        first_at=_outermost(snapshot, accounts, at, newest=False),
        last_at=_outermost(snapshot, accounts, at, newest=True),
        counted=count_90,
        complete=complete,
    )


def _count(snapshot: Snapshot, accounts: Sequence[int], own: Collection[int], at: Instant, most: int, order: str) -> tuple[int, ...]:
    """Sums over the first `most` receipts in this order."""
    into, ours = next(chunks(accounts)), next(chunks(own or accounts))
    row: tuple[int, ...] = snapshot.connection.execute(
        f"""SELECT coalesce(sum(times), 0), coalesce(sum(times_30), 0), coalesce(sum(paid), 0), coalesce(sum(paid_30), 0),
            coalesce(sum(paid_7), 0), count(*), coalesce(max(paid), 0), coalesce(sum(paid) FILTER (WHERE other IN ({marks(ours)})), 0)
        FROM (
            SELECT other, count(*) AS times, sum(amount) AS paid,
                sum(occurred_at > ?) AS times_30, coalesce(sum(amount) FILTER (WHERE occurred_at > ?), 0) AS paid_30,
                coalesce(sum(amount) FILTER (WHERE occurred_at > ?), 0) AS paid_7
            FROM (
                SELECT other, amount, occurred_at FROM movement
                WHERE account IN ({marks(into)}) AND incoming = 1 AND occurred_at > ? AND occurred_at <= ? AND kind = ? AND {STANDS}
                {order} LIMIT ?
            ) GROUP BY other
        )""",
        [*ours, at - 30 * DAY, at - 30 * DAY, at - 7 * DAY, *into, at - 90 * DAY, at, _PAYMENT, *snapshot.stands, most],
    ).fetchone()
    return row


def _outermost(snapshot: Snapshot, accounts: Sequence[int], at: Instant, *, newest: bool) -> Instant | None:
    """Moment of the first or the last receipt ever."""
    found: list[Instant] = []
    for account in accounts:
        row = snapshot.connection.execute(
            f"""SELECT occurred_at FROM movement WHERE account = ? AND incoming = 1 AND occurred_at <= ? AND kind = ? AND {STANDS}
            ORDER BY occurred_at {"DESC" if newest else "ASC"} LIMIT 1""",
            (account, at, _PAYMENT, *snapshot.stands),
        ).fetchone()
        found += [] if row is None else [row[0]]
    return (max(found) if newest else min(found)) if found else None
