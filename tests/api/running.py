"""Open services in a folder of a test, with an institution, a service and what it asks; parts may be real subclasses that fail."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from api.app import close_services, open_services
from api.assessing import Assessed, AssessRequest, assess
from api.auth.institutions import create_institution, find_institution
from api.auth.keys import create_key, principal_of_key
from api.context import Principal, Role, Services
from api.folder import GRAPH_FILE
from api.idempotency import IdempotencyInProgress
from api.jobs.working import work_one
from api.records import Bounds, Records, RecordsUnavailable
from api.rehearsing import rehearse
from api.settings import Settings
from graph.errors import GraphUnavailable
from graph.model import EntityKind, Institution
from graph.stores.sqlite.store import SqliteStore
from tests.api.opened import BANK, PATIENT, records_engine, served_settings

KEY = "key-00000001"


def settings_of(folder: Path, **changes: Any) -> Settings:
    """Settings of a test: its folder, and time enough on a busy machine."""
    patient = {"records_timeout": 10.0, "records_silence_seconds": PATIENT, "breaker_failures": 1_000_000}
    return Settings(**{"data": folder / "data", **patient, **served_settings(), **changes})


@asynccontextmanager
async def running(
    folder: Path, store: type[SqliteStore] = SqliteStore, runner: type[Records] = Records, **changes: Any
) -> AsyncIterator[Any]:
    """Open `Services`; `store` and `runner` are the classes of graph and records, and tests reach into them."""
    services = open_services(settings_of(folder, **changes))
    if store is not SqliteStore:
        await services.graph.close()
        vault, waiting = services.vault, services.settings.graph_lock_seconds
        graph = store.open(services.settings.data / GRAPH_FILE, vault.sealer, vault.check_value(), waiting=waiting)
        services = replace(services, graph=graph)
    if runner is not Records:
        services.records.close()
        settings = services.settings
        bounds = Bounds(timeout=settings.records_timeout, lock_seconds=settings.records_lock_seconds)
        services = replace(services, records=runner(records_engine(settings.data, bounds.lock_seconds), bounds))
    await rehearse(services)  # a first call's compiling is no part of what is timed
    try:
        yield services
    finally:
        await close_services(services)


async def service_of(services: Services, institution: Institution = BANK, roles: tuple[Role, ...] = (Role.SERVICE,)) -> Principal:
    """A service of the institution, which is made when absent."""

    def work(connection: Connection) -> Principal:
        now = services.now()
        if find_institution(connection, institution.id) is None:
            create_institution(connection, institution, institution.id, now)
        _, secret = create_key(connection, institution.id, "workflow", roles, now)
        found = principal_of_key(connection, secret)
        assert found is not None
        return found[0]

    return await services.records.write(work, institution=institution.id)


def application(loan: str = "L-1", merchant: str = "M-1", **more: Any) -> dict[str, Any]:
    """A raw application of 5,000 yuan."""
    amount = {"amount": 500_000, "currency": "CNY"}
    return {"key": loan, "merchant": {"key": merchant}, "amount": amount, "termDays": 30, "phone": "+8613800138000", **more}


def request(key: str = KEY, loan: str = "L-1", **more: Any) -> AssessRequest:
    """A request to assess it."""
    return AssessRequest(key, application(loan), **more)


async def counts(services: Services, principal: Principal, loan: str = "L-1") -> dict[str, int]:
    """What is kept of a loan: facts that name it, decisions, audit entries of decisions, answered keys, jobs that wait."""
    institution = principal.institution.id
    id_ = services.sealers(institution).entity_id(EntityKind.LOAN, loan)

    def count(connection: Connection) -> dict[str, int]:
        def one(condition: str) -> int:
            values = {"institution": institution, "loan": id_, "like": f"%{id_}%"}
            statement = text(f"SELECT count(*) FROM {condition} AND institution = :institution")
            return int(connection.execute(statement, {name: values[name] for name in statement._bindparams}).scalar_one())

        return {
            "decisions": one("decisions WHERE loan = :loan"),
            "entries": one("audit_entries WHERE action LIKE 'loan %' AND subjects LIKE :like"),
            "answers": one("idempotency_keys WHERE answer IS NOT NULL"),
            "jobs": one("jobs WHERE done_at IS NULL"),
        }

    found = await services.records.read(count, institution=institution)
    page = await services.graph.facts(institution, id_, await services.graph.now(institution), first=100)
    return {"facts": len(page.items), **found}


class FailingStore(SqliteStore):
    """A store whose questions fail as told: `down` raises, `hangs` answers too late; `asked` counts what it was asked."""

    down = False
    hangs = False
    asked = 0

    async def _fail(self) -> None:
        self.asked += 1
        if self.down:
            raise GraphUnavailable("The graph was taken away by the test.", "UNREACHABLE")
        if self.hangs:
            await asyncio.sleep(30)

    async def record(self, *given: Any, **named: Any) -> Any:
        """As the store, unless it fails."""
        await self._fail()
        return await super().record(*given, **named)

    async def surroundings(self, *given: Any, **named: Any) -> Any:
        """As the store, unless it fails."""
        await self._fail()
        return await super().surroundings(*given, **named)

    async def entities(self, *given: Any, **named: Any) -> Any:
        """As the store, unless it fails."""
        await self._fail()
        return await super().entities(*given, **named)


class LateReading(SqliteStore):
    """A store that records, and answers too late what it is asked."""

    late = True

    async def surroundings(self, *given: Any, **named: Any) -> Any:
        """The answer, after 30 seconds."""
        if self.late:
            await asyncio.sleep(30)
        return await super().surroundings(*given, **named)


class FailingRecords(Records):
    """Records that fail where told, as real ones do: after their time, or at once."""

    down = ""
    hangs = False

    async def _fail(self, what: str, timeout: float | None) -> None:
        if self.down in (what, "all"):
            if self.hangs:
                await asyncio.sleep(timeout or 0)
            raise RecordsUnavailable("The records were taken away by the test.")

    async def read(self, work: Any, timeout: float | None = None, *, institution: str | None = None) -> Any:
        """As the records, unless they fail."""
        await self._fail("read", timeout)
        return await super().read(work, timeout, institution=institution)

    async def write(self, work: Any, timeout: float | None = None, *, institution: str | None = None) -> Any:
        """As the records, unless they fail."""
        await self._fail("write", timeout)
        return await super().write(work, timeout, institution=institution)

    async def claim(self, work: Any, timeout: float | None = None, *, institution: str | None = None) -> Any:
        """As the records, unless they fail."""
        await self._fail("claim", timeout)
        return await super().claim(work, timeout, institution=institution)


async def retried(services: Any, principal: Any) -> Assessed:
    """Send again until the first call's claim has ended."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await assess(services, principal, request())
            except IdempotencyInProgress as error:
                await asyncio.sleep(error.retry_after / 1000)


async def wait_for_jobs(services: Any) -> None:
    """Work until no job waits; a postponed one is due after a second."""
    async with asyncio.timeout(20):
        while await services.records.read(lambda c: c.exec_driver_sql("SELECT count(*) FROM jobs WHERE done_at IS NULL").scalar()):
            await work_one(services)
            await asyncio.sleep(0.05)
