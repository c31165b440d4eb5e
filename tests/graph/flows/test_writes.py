"""The writes of LDBC FinBench as facts: what each adds, removes or blocks is seen by the questions, on every store.

Persons, companies and media are entities that a fact names; an edge is a tie or a movement. An account is deleted by
withdrawing every fact of it: as if it had never been, with its edges; the loans that paid out to it likewise.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph import contents as c
from graph.contents import Content, Fact
from graph.model import Entity, Moment, TieKind, TransferKind
from graph.store import GraphStore, Recorded
from tests.factory import vault
from tests.graph.flows.story import BANK, NOW, NamingSealer, id_, named
from tests.graph.stores import STORES, Open

LATER = Moment(2 * NOW, 2 * NOW)
P, Q, M, N = "per_p", "per_q", "mer_m", "mer_n"
A, B, CARD, LOAN, DEVICE = "acc_a", "acc_b", "acc_card", "loa_l", "dev_d"


def observed(from_: str, kind: TieKind, to: str, share: float | None = None) -> Content:
    return c.TieObserved(named(from_), kind, named(to), share)


def moved(key: str, from_: str, to: str, kind: TransferKind) -> Content:
    return c.TransferMade(key, named(from_), named(to), 100, kind)


WRITES: dict[str, tuple[Content, str, TieKind | None]] = {
    "TW1 a person": (c.PersonDescribed(named(P), "Zhang"), P, None),
    "TW2 a company": (c.MerchantDescribed(named(M), "Noodles"), M, None),
    "TW3 a medium": (c.DeviceDescribed(named(DEVICE), "PHONE"), DEVICE, None),
    "TW4 a person's account": (observed(P, TieKind.HOLDS, A), A, TieKind.HOLDS),
    "TW5 a company's account": (observed(M, TieKind.HOLDS, A), A, TieKind.HOLDS),
    "TW6 a person's loan": (observed(P, TieKind.APPLIED_FOR, LOAN), LOAN, TieKind.APPLIED_FOR),
    "TW7 a company's loan": (observed(M, TieKind.APPLIED_FOR, LOAN), LOAN, TieKind.APPLIED_FOR),
    "TW8 a person invests": (observed(P, TieKind.INVESTS_IN, M, 0.5), M, TieKind.INVESTS_IN),
    "TW9 a company invests": (observed(N, TieKind.INVESTS_IN, M, 0.5), M, TieKind.INVESTS_IN),
    "TW10 a person guarantees": (observed(P, TieKind.GUARANTEES, Q), Q, TieKind.GUARANTEES),
    "TW11 a company guarantees": (observed(N, TieKind.GUARANTEES, M), M, TieKind.GUARANTEES),
    "TW12 a transfer": (moved("k", A, B, TransferKind.TRANSFER), B, TieKind.PAYS),
    "TW13 a withdrawal": (moved("k", A, CARD, TransferKind.WITHDRAWAL), CARD, TieKind.PAYS),
    "TW14 a repayment": (c.LoanRepaid("k", named(LOAN), named(A), 100), LOAN, TieKind.REPAYS),
    "TW15 a deposit": (c.LoanPaidOut("k", named(LOAN), named(A), 100), A, TieKind.PAID_OUT_TO),
    "TW16 a sign-in": (observed(A, TieKind.USES_DEVICE, DEVICE), DEVICE, TieKind.USES_DEVICE),
    "TW18 an account is blocked": (c.BlockChanged(named(A), True, "suspicion"), A, None),
    "TW19 a person is blocked": (c.BlockChanged(named(P), True, "suspicion"), P, None),
}


async def record(store: GraphStore, *contents: Content) -> None:
    facts = [Fact(f"f{n}", 10, content) for n, content in enumerate(contents)]
    assert (await store.record(BANK, "core", facts)).results == (Recorded(),) * len(facts)


async def known(store: GraphStore, *names: str) -> dict[str, Entity]:
    found = await store.entities(BANK.id, [id_(name) for name in names], LATER)
    return {name: found[id_(name)] for name in names if id_(name) in found}


async def kinds(store: GraphStore, name: str) -> list[TieKind]:
    return [tie.kind for tie in (await store.ties(BANK.id, id_(name), LATER, first=20)).items if tie.ended_at is None]


def with_store(open_: Open, folder: Path, work: Any) -> None:
    async def run() -> None:
        sealers = vault(folder).sealer
        store = open_(folder, lambda institution: NamingSealer(sealers(institution)), lambda: NOW)
        try:
            await work(store)
        finally:
            await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("open_", STORES)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_is_a_fact_that_is_seen(open_: Open, tmp_path: Path, write: str):
    content, about, kind = WRITES[write]

    async def work(store: GraphStore) -> None:
        await record(store, content)
        entity = (await known(store, about))[about]
        assert await kinds(store, about) == ([] if kind is None else [kind])
        assert entity.blocked is isinstance(content, c.BlockChanged)

    with_store(open_, tmp_path, work)


@pytest.mark.parametrize("open_", STORES)
def test_a_deleted_account_goes_with_its_edges_and_its_loans(open_: Open, tmp_path: Path):
    """TW17: what names the account, and what names the loans that paid out to it, is withdrawn; what names others stays."""

    async def work(store: GraphStore) -> None:
        await record(
            store, observed(P, TieKind.HOLDS, A), moved("t", A, B, TransferKind.TRANSFER), moved("w", A, CARD, TransferKind.WITHDRAWAL),
            c.LoanPaidOut("d", named(LOAN), named(A), 100), observed(P, TieKind.APPLIED_FOR, LOAN),
            observed(A, TieKind.USES_DEVICE, DEVICE),
            moved("o", B, CARD, TransferKind.TRANSFER), c.PersonDescribed(named(P), "Zhang"),
        )  # fmt: skip
        assert set(await known(store, A, LOAN, DEVICE)) == {A, LOAN, DEVICE}
        lists = [(await store.facts(BANK.id, id_(name), LATER, first=100)).items for name in (A, LOAN)]
        named_by = {fact.source_id for facts in lists for fact in facts}
        assert named_by == {"f0", "f1", "f2", "f3", "f4", "f5"}
        gone = [Fact(f"x{name}", 20, c.FactWithdrawn(name, "deleted")) for name in sorted(named_by)]
        await store.record(BANK, "core", gone)
        assert set(await known(store, A, LOAN, DEVICE, P, B, CARD)) == {P, B, CARD}
        assert await kinds(store, B) == [TieKind.PAYS] and await kinds(store, P) == []

    with_store(open_, tmp_path, work)
