"""Single transfers of an account, newest first, and one by its id."""

from __future__ import annotations

from typing import Final

from graph.flows.scope import Way, Window
from graph.model import FAR_FUTURE, Instant, ListedTransfer
from graph.sealing import Sealer
from graph.store import Page
from graph.stores.shared.listing import Cursors
from graph.stores.shared.snapshot import TRANSFER_KINDS, Position, Reported, Snapshot

_PREFIX: Final = "trf_"
_FACT: Final = "fac_"
ALL_TIME: Final = Window(-FAR_FUTURE, FAR_FUTURE)
"""The window of a list that names none."""


def list_transfers(
    snapshot: Snapshot, sealer: Sealer, account: int, first: int, after: str | None, way: Way | None, window: Window | None
) -> Page[ListedTransfer]:
    """One page of an account's transfers, reversed ones included."""
    own = snapshot.load([account])[account].id
    cursors = Cursors(sealer, f"transfers\n{own}\n{'' if way is None else way.value}")
    at, recorded_at, id_ = cursors.read(after)
    start = (at, recorded_at, id_.replace(_PREFIX, _FACT, 1))
    ways = tuple(Way) if way is None else (way,)
    # One to the account itself is found on both ways.
    found = {one.fact: one for one in snapshot.reported(account, ways, window or ALL_TIME, start, first + 1)}
    placed: list[tuple[Position, ListedTransfer]] = []
    for one in found.values():
        shown = _show(one, snapshot.moment.at)
        placed.append(((shown.occurred_at, shown.recorded_at, shown.id), shown))
    placed.sort(key=lambda item: item[0], reverse=True)
    return cursors.page(placed[: first + 1], first)


def find_transfer(snapshot: Snapshot, id_: str) -> ListedTransfer | None:
    """The transfer with this id, reversed or not; None when nothing that stands reports it."""
    if not id_.startswith(_PREFIX):
        return None
    found = snapshot.report(_FACT + id_.removeprefix(_PREFIX))
    return None if found is None else _show(found, snapshot.moment.at)


def _show(one: Reported, at: Instant) -> ListedTransfer:
    """The transfer as the graph's word."""
    reversed_at = one.hidden_at if one.hidden_at is not None and one.hidden_at <= at else None
    return ListedTransfer(
        _PREFIX + one.fact.removeprefix(_FACT), one.key, one.from_, one.to, one.amount, TRANSFER_KINDS[one.kind],
        one.occurred_at, one.recorded_at, reversed_at,
    )  # fmt: skip
