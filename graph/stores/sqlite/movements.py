"""The money of some accounts, in SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

from graph.model import Instant, Moment, TransferKind
from graph.stores.shared.snapshot import TRANSFER_KINDS, Counted, Moved
from graph.stores.sqlite.folding import chunks, marks

DAY: Final = 24 * 60 * 60 * 1000
"""Milliseconds."""

STANDS: Final = "known_from <= ? AND (known_until IS NULL OR known_until > ?) AND (hidden_at IS NULL OR hidden_at > ?)"
"""That a movement which has occurred stands at a moment; its values are `_stands`."""

_PAYMENT: Final = TRANSFER_KINDS.index(TransferKind.PAYMENT)


def moved(
    connection: sqlite3.Connection, moment: Moment, account: int, incoming: bool, after: Instant, most: int, others: Collection[int] | None
) -> list[Moved]:
    """See `Snapshot.moved`."""
    only = "" if others is None else f"AND m.other IN ({marks(list(others))})"
    rows = connection.execute(
        f"""SELECT m.fact, m.other, m.amount, m.kind, m.occurred_at, m.recorded_at
        FROM movement m CROSS JOIN entity e ON e.number = m.other
        WHERE m.account = ? AND m.incoming = ? AND m.occurred_at > ? AND m.occurred_at <= ? AND {STANDS} {only}
        ORDER BY m.occurred_at DESC, m.recorded_at DESC, m.amount DESC, e.id DESC LIMIT ?""",
        (account, incoming, after, moment.at, *_stands(moment), *(others or ()), most + 1),
    )
    return [Moved(*row) for row in rows]


def receipts(
    connection: sqlite3.Connection, moment: Moment, accounts: Sequence[int], own: Collection[int], at: Instant, most: int, newest: bool
) -> Counted:
    """See `Snapshot.receipts`: one pass over the window's rows in the file's order, grouped by payer."""
    into, ours = next(chunks(accounts)), next(chunks(own or accounts))
    order = "ORDER BY occurred_at DESC, recorded_at DESC, amount DESC" if newest else ""
    row = connection.execute(
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
        [*ours, at - 30 * DAY, at - 30 * DAY, at - 7 * DAY, *into, at - 90 * DAY, at, _PAYMENT, *_stands(moment), most],
    ).fetchone()
    return Counted(*row)


def outermost_receipts(
    connection: sqlite3.Connection, moment: Moment, accounts: Sequence[int], at: Instant
) -> tuple[Instant, Instant] | None:
    """See `Snapshot.outermost_receipts`."""
    found: list[Instant] = []
    for account in accounts:
        for direction in ("ASC", "DESC"):
            row = connection.execute(
                f"""SELECT occurred_at FROM movement WHERE account = ? AND incoming = 1 AND occurred_at <= ? AND kind = ? AND {STANDS}
                ORDER BY occurred_at {direction} LIMIT 1""",
                (account, at, _PAYMENT, *_stands(moment)),
            ).fetchone()
            found += [] if row is None else [row[0]]
    return (min(found), max(found)) if found else None


def _stands(moment: Moment) -> tuple[Instant, Instant, Instant]:
    """What the question marks of `STANDS` stand for."""
    return moment.known_at, moment.known_at, moment.at
