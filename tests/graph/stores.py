"""The stores that the contract is held against: a second store is one more line in `STORES`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from graph.model import Instant
from graph.sealing import Sealers
from graph.store import GraphStore
from graph.stores.sqlite.store import SqliteStore

Open = Callable[[Path, Sealers, Callable[[], Instant]], GraphStore]


def sqlite(folder: Path, sealers: Sealers, now: Callable[[], Instant]) -> GraphStore:
    return SqliteStore(folder / "graph.db", sealers, now=now)


STORES: Final[list[Open]] = [sqlite]
