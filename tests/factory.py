"""Tiny factories with valid defaults: say only what a test is about."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from graph.contents import ApplicationMade, Content, Fact, MerchantDescribed, TieObserved, TransferMade
from graph.model import EntityKind, EntityName, Instant, Institution, Moment, TieKind, TransferKind
from graph.stores.sqlite.store import SqliteStore
from identity.vault import Vault

START: Instant = 1_700_000_000_000
"""2023-11-14T22:13:20Z: when facts of tests occur unless they say otherwise."""

DAY: Instant = 24 * 60 * 60 * 1000


def institution(id_: str = "rural-bank", currency: str = "CNY") -> Institution:
    return Institution(id_, currency, "Asia/Shanghai")


def moment(at: Instant = 2**53, known_at: Instant | None = None) -> Moment:
    """Both clocks at once; without any, after everything."""
    return Moment(at, at if known_at is None else known_at)


def merchant(key: str = "M-1") -> EntityName:
    return EntityName(EntityKind.MERCHANT, key)


def person(key: str = "P-1") -> EntityName:
    return EntityName(EntityKind.PERSON, key)


def account(key: str = "6222020000001") -> EntityName:
    return EntityName(EntityKind.ACCOUNT, key)


def device(key: str = "device-0001") -> EntityName:
    return EntityName(EntityKind.DEVICE, key)


def loan(key: str = "L-1") -> EntityName:
    return EntityName(EntityKind.LOAN, key)


def by_id(kind: EntityKind, id_: str) -> EntityName:
    return EntityName(kind, id=id_)


def fact(id_: str, content: Content, at: Instant = START, recorded_at: Instant | None = None) -> Fact:
    return Fact(id_, at, content, recorded_at=recorded_at)


def described(id_: str = "f-described", key: str = "M-1", name: str = "Noodles", at: Instant = START) -> Fact:
    return fact(id_, MerchantDescribed(merchant(key), name), at)


def tie(
    id_: str,
    from_: EntityName,
    kind: TieKind,
    to: EntityName,
    at: Instant = START,
    *,
    share: float | None = None,
    recorded_at: Instant | None = None,
) -> Fact:
    return fact(id_, TieObserved(from_, kind, to, share), at, recorded_at)


def transfer(
    id_: str, from_: EntityName, to: EntityName, amount: int = 100, at: Instant = START, *, key: str | None = None,
    kind: TransferKind = TransferKind.PAYMENT, recorded_at: Instant | None = None,
) -> Fact:  # fmt: skip
    return fact(id_, TransferMade(key or id_, from_, to, amount, kind), at, recorded_at)


def application(
    id_: str = "f-application",
    key: str = "L-1",
    shop: str = "M-1",
    applicant: EntityName | None = None,
    at: Instant = START,
    amount: int = 500_000,
) -> Fact:
    return fact(id_, ApplicationMade(loan(key), merchant(shop), amount, 90, applicant), at)


@contextmanager
def quick_folder() -> Iterator[Path]:
    """A folder for one example, in memory where the machine has such: a property opens hundreds of stores."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def vault(folder: Path) -> Vault:
    """The vault of a folder, made at the first call."""
    return Vault.open(folder / "keys")


def store(folder: Path, now: Callable[[], Instant] | None = None) -> SqliteStore:
    """The embedded store of a folder with a real vault."""
    sealers = vault(folder).sealer
    return SqliteStore(folder / "graph.db", sealers) if now is None else SqliteStore(folder / "graph.db", sealers, now=now)
