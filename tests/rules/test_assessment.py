from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from graph.bounds import DECISION_BOUNDS
from graph.errors import GraphUnavailable
from graph.model import EntityKind, EntityName, Moment, Surroundings, TruncationCause, WalkBounds
from graph.stores.sqlite.store import SqliteStore
from identity.vault import Vault
from rules.assessment import GRAPH_SHARE, Gathered, gather
from rules.deciding import decide
from rules.dossier import encode
from rules.material import NO_HISTORY
from rules.model import DecisionSource, DegradedCause, History, Verdict
from rules.strategy import DEGRADED, shipped
from tests.rules.drawing import application
from tests.rules.scenarios.story import AT, BANK, Story


class Failing(SqliteStore):
    """A store whose surroundings fail, or come late."""

    fails: Callable[[], Awaitable[None]] | None = None

    async def surroundings(
        self, institution: str, loan: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Surroundings | None:
        if self.fails is not None:
            await self.fails()
        return await super().surroundings(institution, loan, moment, bounds, deadline=deadline)


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault.open(tmp_path / "keys")


@pytest.fixture
def store(tmp_path: Path, vault: Vault) -> Iterator[Failing]:
    found = Failing(tmp_path / "graph.db", vault.sealer)
    yield found
    asyncio.run(found.close())


async def remembered() -> History:
    return NO_HISTORY


async def forgotten() -> History:
    raise ConnectionError("the records are down")


async def slept() -> None:
    await asyncio.sleep(30)


async def slow() -> History:
    await slept()
    return NO_HISTORY


async def unavailable() -> None:
    raise GraphUnavailable("The disk is full.", "UNREACHABLE")


async def surprised() -> None:
    raise ZeroDivisionError


def gathered(
    store: Failing, vault: Vault, *, history: Callable[[], Awaitable[History]] = remembered, deadline: float = 20.0, known: bool = True
) -> tuple[Gathered, float]:
    """An ordinary shop's application, and the seconds that gathering took."""

    async def run() -> tuple[Gathered, float]:
        if known:
            story = Story().shop("noodles").sells("noodles").asks("noodles")
            await store.record(BANK, "story", story.facts)
        sealer = vault.sealer(BANK.id)
        asked = application(
            loan=sealer.entity_id(EntityKind.LOAN, "this loan"),
            merchant=sealer.entity_id(EntityKind.MERCHANT, "noodles"),
            applicant=sealer.entity_id(EntityKind.PERSON, "owner of noodles"),
            amount=2_000_000,
            at=AT,
        )
        moment = Moment(AT, (await store.now(BANK.id)).known_at)
        loop = asyncio.get_running_loop()
        started = loop.time()
        found = await gather(asked, BANK, store, history, moment, deadline)
        return found, loop.time() - started

    return asyncio.run(run())


def test_all_that_is_read_makes_a_dossier_that_can_be_stored(store: Failing, vault: Vault) -> None:
    found, _ = gathered(store, vault)
    assert found.dossier.unread == ()
    assert found.dossier.surroundings is not None
    assert found.dossier.history == NO_HISTORY
    assert found.read > 30
    assert encode(found.dossier)
    assert decide(found.dossier, shipped()).verdict is Verdict.APPROVE


@pytest.mark.parametrize(
    ("fails", "cause"),
    [(unavailable, DegradedCause.UNREACHABLE), (surprised, DegradedCause.FAILED)],
)
def test_a_graph_that_fails_is_unread_and_the_verdict_refers(
    store: Failing, vault: Vault, fails: Callable[[], Awaitable[None]], cause: DegradedCause
) -> None:
    store.fails = fails
    found, _ = gathered(store, vault)
    assert [(one.source, one.cause) for one in found.dossier.unread] == [(DecisionSource.GRAPH, cause)]
    assert found.dossier.surroundings is None and found.read == 0
    judgement = decide(found.dossier, shipped())
    assert judgement.verdict is Verdict.REFER
    assert DEGRADED in {reason.code for reason in judgement.reasons}


def test_a_late_graph_is_waited_for_no_longer_than_its_share(store: Failing, vault: Vault) -> None:
    store.fails = slept
    found, took = gathered(store, vault, deadline=0.45)
    (late,) = found.dossier.unread
    assert (late.source, late.cause) == (DecisionSource.GRAPH, DegradedCause.TIMED_OUT)
    assert late.waited >= 0.45 * GRAPH_SHARE * 1000
    assert took < 5


@pytest.mark.parametrize(("history", "cause"), [(forgotten, DegradedCause.FAILED), (slow, DegradedCause.TIMED_OUT)])
def test_records_that_fail_or_are_late_are_unread(
    store: Failing, vault: Vault, history: Callable[[], Awaitable[History]], cause: DegradedCause
) -> None:
    found, _ = gathered(store, vault, history=history, deadline=2.0)
    assert (DecisionSource.RECORDS, cause) in [(one.source, one.cause) for one in found.dossier.unread]
    assert decide(found.dossier, shipped()).verdict is Verdict.REFER


def test_what_a_deadline_cut_short_is_kept_as_evidence_and_judged_as_unread(store: Failing, vault: Vault) -> None:
    found, _ = gathered(store, vault, deadline=-1.0)
    causes = {one.source: one.cause for one in found.dossier.unread}
    assert causes[DecisionSource.GRAPH] in {DegradedCause.TRUNCATED, DegradedCause.TIMED_OUT}
    judgement = decide(found.dossier, shipped())
    assert judgement.verdict is Verdict.REFER
    assert {one.name for one in shipped().signals if one.source is DecisionSource.GRAPH} <= set(judgement.degraded[DecisionSource.GRAPH])


def test_a_bound_met_by_count_is_ordinary(store: Failing, vault: Vault) -> None:
    async def run() -> Gathered:
        story = Story()
        for place in range(60):
            story.shop(f"stall{place}", address="north market", days=700 - 10 * place)
        await store.record(BANK, "story", story.sells("stall30").asks("stall30").facts)
        sealer = vault.sealer(BANK.id)
        asked = application(
            loan=sealer.entity_id(EntityKind.LOAN, "this loan"),
            merchant=sealer.entity_id(EntityKind.MERCHANT, "stall30"),
            applicant=sealer.entity_id(EntityKind.PERSON, "owner of stall30"),
            at=AT,
        )
        return await gather(asked, BANK, store, remembered, Moment(AT, (await store.now(BANK.id)).known_at), 20.0, DECISION_BOUNDS)

    dossier = asyncio.run(run()).dossier
    assert dossier.surroundings is not None
    cut = dossier.surroundings.neighbourhood.truncation
    assert cut is not None and TruncationCause.TIES_PER_ENTITY in cut.causes
    assert dossier.unread == ()
    assert decide(dossier, shipped()).degraded == {}


def test_a_loan_that_the_graph_does_not_know_is_a_failure_and_no_approval(store: Failing, vault: Vault) -> None:
    found, _ = gathered(store, vault, known=False)
    assert [(one.source, one.cause) for one in found.dossier.unread] == [(DecisionSource.GRAPH, DegradedCause.FAILED)]
    assert asyncio.run(store.entity_id(BANK.id, EntityName(EntityKind.LOAN, "this loan"), Moment(AT, AT))) is None
