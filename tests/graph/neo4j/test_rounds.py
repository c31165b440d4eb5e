"""How often one decision asks the server: a bound that fails when somebody adds a round trip."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from graph.bounds import DECISION_BOUNDS
from graph.contents import ApplicationMade, Fact
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Moment, TieKind
from graph.store import Recorded
from graph.stores.neo4j.catalogue import recording
from graph.stores.neo4j.connecting import Pool
from graph.stores.neo4j.store import Neo4jStore
from graph.stores.neo4j.transacting import Transaction
from tests.bench.rounds import Asked, asked
from tests.factory import DAY, START, account, described, device, institution, loan, merchant, person, tie, transfer, vault
from tests.graph.stores import PATIENT, server_address

pytestmark = pytest.mark.graph_server
BANK = institution()

RECORDING = 1
"""Questions of recording an application beside the one that goes with COMMIT: what is foreseen under the lock."""

OWNERLESS = 2
"""Of one that names no applicant: the ties of the owner, who is known then only."""

READING = 4
"""Of reading all that the decision looks at: the walk, the money, the household's movements, and whether it was whole."""


def market() -> list[Fact]:
    """Merchants with owners, devices that they share, accounts and payments."""
    facts: list[Fact] = []
    for n in range(4):
        facts += [described(f"d{n}", f"M-{n}"), tie(f"o{n}", person(f"P-{n}"), TieKind.OWNS, merchant(f"M-{n}"))]
        facts += [tie(f"h{n}", merchant(f"M-{n}"), TieKind.HOLDS, account(f"a-{n}"))]
        facts += [tie(f"u{n}", person(f"P-{n}"), TieKind.USES_DEVICE, device())]
        facts += [transfer(f"t{n}-{m}", account(f"a-{m}"), account(f"a-{n}"), 400, START + m) for m in range(4) if m != n]
    return facts


def applied(key: str, applicant: EntityName | None) -> Fact:
    """An application of which only the loan is new."""
    phone = EntityName(EntityKind.PHONE, "+8613800000001")
    content = ApplicationMade(
        loan(key), merchant("M-1"), 500_000, 90, applicant, device=device(), phone=phone, pay_out_account=account("a-1")
    )
    return Fact(f"f-{key}", START + DAY, content)


@pytest.fixture
def noted() -> Iterator[Asked]:
    with asked() as found:
        yield found


def test_a_decision_asks_once_to_record_and_three_times_to_read(tmp_path: Path, noted: Asked):
    async def run() -> None:
        async with AsyncExitStack() as ends:
            sealers = vault(tmp_path).sealer
            store = Neo4jStore(server_address(str(tmp_path)), sealers, limits=PATIENT)
            ends.push_async_callback(store.close)
            await store.record(BANK, "core", market())
            for n, (applicant, most) in enumerate([(person("P-1"), RECORDING), (person("P-1"), RECORDING), (None, OWNERLESS)]):
                noted.times.clear()
                done = await store.record(BANK, "core", [applied(f"L-{n}", applicant)], together=True)
                assert noted.times.total() <= most, noted.times
                noted.times.clear()
                moment = Moment(START + DAY, done.recorded_at)
                id_ = sealers(BANK.id).entity_id(EntityKind.LOAN, f"L-{n}")
                around = await store.surroundings(BANK.id, id_, moment, DECISION_BOUNDS, deadline=20)
                assert around is not None
                assert len(around.accounts) == 1
                assert noted.times.total() <= READING, noted.times

    asyncio.run(run())


def test_what_goes_with_the_commit_is_undone_when_the_server_refuses_it(tmp_path: Path):
    """The last writing is answered together with COMMIT: one that fails commits nothing, and its connection is fit for the next."""

    async def run() -> None:
        async with AsyncExitStack() as ends:
            store = Neo4jStore(server_address(str(tmp_path)), vault(tmp_path).sealer, limits=PATIENT)
            ends.push_async_callback(store.close)
            await store.record(BANK, "core", [described()])
            before = await store.now(BANK.id)

            def refused(transaction: Transaction) -> None:
                number = store._recorder.entered(transaction, BANK.id)
                transaction.ask(recording.LOCK, {"institution": number})
                rows = {name: [] for name in recording.WRITTEN} | {"counters": [{"recorded_at": 2**50}], "facts": [[1]]}
                transaction.tell(recording.WRITE, {"institution": number, "rows": rows})

            with pytest.raises(GraphUnavailable):
                await store._connections.write(Pool.DECIDING, refused, 10)
            assert (await store.now(BANK.id)).known_at == before.known_at
            again = await store.record(BANK, "core", [described("f-2", "M-2")])
            assert again.results == (Recorded(),)

    asyncio.run(run())
