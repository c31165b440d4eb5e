"""The composition root: opens what settings name, and puts the web application together. Nothing else chooses a backend.

Commands open stores through `open_records`, `open_graph` and `open_services`; `create_app` serves them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, Engine, exc, select

from api import migrations
from api.breaker import Breaker
from api.context import Services
from api.embedded import embedded_engine
from api.folder import GRAPH_FILE, KEY_FILE, RECORDS_FILE, make_private, open_vault, prepare_folder
from api.limits import Limits
from api.metrics import Metrics
from api.records import Bounds, Records, RecordsUnavailable
from api.ring_finding import RingFinder
from api.screening import ListsInForce
from api.sending import FileSender
from api.settings import Settings
from api.strategies import Strategies, keep_shipped
from api.tables import deployment, institutions
from graph.clock import now
from graph.errors import GraphUnavailable
from graph.pairing import foreign_log, has_foreign_log
from graph.store import BulkStore
from identity.vault import Vault
from identity.worker import ReadingPool
from rules.statements import upsert

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from graph.stores.neo4j.connecting import Address
    from graph.stores.sqlite.checking import Checked

KEY_CHECK: Final = "key file"
"""Name under which the records keep the check value of the key file that they were made with."""


def migrate(settings: Settings) -> bool:
    """Bring the records to this version's tables, and a server's graph to its indexes; whether anything was to be done."""
    done = _migrate_records(settings)
    if settings.graph_url:
        from graph.stores.neo4j.migrating import migrate_server

        done = migrate_server(_graph_address(settings), COMMAND_LOCK_SECONDS) or done
    return done


def _migrate_records(settings: Settings) -> bool:
    if settings.records_url:
        return _migrate_served(settings)
    open_vault(settings)
    _check_log(settings.data / RECORDS_FILE)
    make_private(settings.data / RECORDS_FILE)
    engine = embedded_engine(settings.data / RECORDS_FILE, COMMAND_LOCK_SECONDS)
    try:
        return migrations.upgrade(engine)
    finally:
        engine.dispose()


COMMAND_LOCK_SECONDS: Final = 10.0
"""Longest that a start or a command waits for another process's commit."""


def have_records(settings: Settings) -> bool:
    """Whether records were begun, or are a server's."""
    return bool(settings.records_url) or (settings.data / RECORDS_FILE).exists()


def open_records(settings: Settings, *, patient: bool = False, checked: bool = False, restoring: bool = False) -> tuple[Records, Vault]:
    """Records at this version's tables, and the vault whose keys they were made with.

    A `patient` caller waits ten seconds for a server, and not what a decision may wait; when a server's records were `checked` a
    moment ago, one that is down now is no reason not to open; when `restoring`, a graph without records is none either.

    Raises `VaultError` for a lost or exchanged key file, `CannotMigrate`, `RecordsUnavailable`, `OSError`; each says what to do.
    """
    bounds = Bounds(
        settings.records_queue, settings.records_group, settings.records_readers, settings.records_timeout, settings.records_lock_seconds
    )
    if settings.records_url:
        return _open_served(settings, bounds, patient=patient, checked=checked, restoring=restoring)
    vault = open_vault(settings)
    if not restoring and (settings.data / GRAPH_FILE).exists() and not (settings.data / RECORDS_FILE).exists():
        raise RecordsUnavailable(
            f"{settings.data / RECORDS_FILE} is missing though {GRAPH_FILE} is there: restore it from a backup, or begin in another folder."
        )
    _check_log(settings.data / RECORDS_FILE)
    make_private(settings.data / RECORDS_FILE)
    slow = embedded_engine(settings.data / RECORDS_FILE, COMMAND_LOCK_SECONDS)
    try:
        migrations.upgrade(slow)
        with slow.connect() as connection:
            _check_key_file(connection, vault)
            connection.commit()
    except Exception as error:
        raise _told(error) from error
    finally:
        slow.dispose()
    return Records(embedded_engine(settings.data / RECORDS_FILE, bounds.lock_seconds), bounds), vault


def _check_log(path: Path) -> None:
    """Raise `RecordsUnavailable` when the log beside the records is another file's: SQLite would replay it. Raises `OSError`."""
    if has_foreign_log(path):
        raise RecordsUnavailable(foreign_log(path), "FOREIGN_LOG")


def _told(error: Exception) -> Exception:
    """An error of the database as one sentence; others as they are."""
    from sqlalchemy.exc import SQLAlchemyError

    from api.records import unavailable

    return unavailable(error) if isinstance(error, SQLAlchemyError) or hasattr(error, "sqlstate") else error


def _check_key_file(connection: Connection, vault: Vault) -> None:
    """Compare the key file with the one that the records were made with, or note it at the first start."""
    connection.execute(upsert(deployment).values(name=KEY_CHECK, value=vault.check_value()).on_conflict_do_nothing())
    kept = _key_check(connection)
    assert kept is not None, "it was there or was just noted"
    vault.verify(kept)


def _key_check(connection: Connection) -> bytes | None:
    return connection.execute(select(deployment.c.value).where(deployment.c.name == KEY_CHECK)).scalar()


def _migrate_served(settings: Settings) -> bool:
    """Bring a server's records to this version's tables, as the role that owns them. Raises `CannotMigrate`, `RecordsUnavailable`."""
    from api.postgres import server_engine

    url = settings.records_owner_url or settings.records_url
    secret = settings.records_owner_secret() if settings.records_owner_url else settings.records_secret()
    engine = server_engine(url, secret, COMMAND_LOCK_SECONDS, COMMAND_LOCK_SECONDS, owner=True)
    try:
        return migrations.upgrade(engine)
    except exc.ProgrammingError as error:
        raise migrations.CannotMigrate(
            "The records' role may not make tables: run `ringfence migrate` with RINGFENCE_RECORDS_OWNER_URL, the role that owns them."
        ) from error
    except Exception as error:
        raise _told(error) from error
    finally:
        engine.dispose()


def _open_served(settings: Settings, bounds: Bounds, *, patient: bool, checked: bool, restoring: bool) -> tuple[Records, Vault]:
    """The records of a server, and the vault."""
    from api.postgres import server_engine

    seconds = COMMAND_LOCK_SECONDS if patient else settings.records_silence_seconds
    engine = server_engine(settings.records_url, settings.records_secret(), seconds, bounds.lock_seconds)
    try:
        vault = _match_keys(settings, engine, restoring=restoring)
    except Exception as error:
        told = _told(error)
        if not (checked and isinstance(told, RecordsUnavailable)):
            engine.dispose()
            raise told from error
        vault = open_vault(settings)
    return Records(engine, bounds), vault


def _match_keys(settings: Settings, engine: Engine, *, restoring: bool) -> Vault:
    """The vault that a server's records were made with; its key file is made when neither they nor a graph were begun."""
    if not migrations.check(engine):
        _migrate_served(settings)
    folder = prepare_folder(settings)
    with engine.connect() as connection:
        kept = _key_check(connection)
        if kept is None and (folder / GRAPH_FILE).exists() and not restoring:
            raise RecordsUnavailable(
                f"The records of RINGFENCE_RECORDS_URL are empty though {GRAPH_FILE} is there: name those that belong to it, "
                "restore them from a backup, or begin in another folder."
            )
        vault = Vault.open(folder / KEY_FILE, create=kept is None and not restoring)
        _check_key_file(connection, vault)
    return vault


def open_graph(settings: Settings, vault: Vault, waiting: float = COMMAND_LOCK_SECONDS, *, serving: bool = False) -> BulkStore:
    """The graph store that settings choose; `waiting` is how many seconds a write waits for another process.

    One that is `serving` waits for a server no longer than a decision may, and is opened also while that is down.

    Raises `GraphUnavailable`, `OSError`.
    """
    if settings.graph_url:
        from graph.stores.neo4j.connecting import Limits
        from graph.stores.neo4j.store import Neo4jStore

        limits = Limits.of_silence(settings.graph_silence_seconds if serving else COMMAND_LOCK_SECONDS)
        return Neo4jStore.open(_graph_address(settings), vault.sealer, vault.check_value(), limits=limits, serving=serving)
    from graph.stores.sqlite.store import SqliteStore

    make_private(settings.data / GRAPH_FILE)
    return SqliteStore.open(settings.data / GRAPH_FILE, vault.sealer, vault.check_value(), waiting=waiting)


def open_own_graph(settings: Settings) -> BulkStore:
    """The graph, opened in a process that was started to find rings. Raises `GraphUnavailable`, `OSError`, `VaultError`."""
    return open_graph(settings, open_vault(settings), settings.graph_lock_seconds)


def _graph_address(settings: Settings) -> Address:
    from graph.stores.neo4j.connecting import Address

    return Address(settings.graph_url, settings.graph_user, settings.graph_secret(), settings.graph_deployment)


def demonstration_graph(settings: Settings) -> Settings:
    """The settings for a demonstration, whose graph begins empty: on a server it is a deployment of its own. Raises `GraphUnavailable`."""
    if not settings.graph_url:
        return settings
    from graph.stores.neo4j.emptying import empty_deployment

    own = replace(settings, graph_deployment=f"demonstration {open_vault(settings).check_value().hex()[:16]}")
    empty_deployment(_graph_address(own), COMMAND_LOCK_SECONDS)
    return own


def have_graph(settings: Settings) -> bool:
    """Whether a graph was begun, or is a server's."""
    return bool(settings.graph_url) or (settings.data / GRAPH_FILE).exists()


def check_graph(settings: Settings, vault: Vault, tell: Callable[[int, int], None]) -> Checked:
    """Compare what the graph derived with what its facts make; `tell` is given how many facts are done and how many there are.

    Raises `GraphUnavailable`, and `RingfenceError` when there is no room for copies.
    """
    from graph.stores.sqlite.checking import check_file

    if settings.graph_url:
        from graph.stores.checking import check_server

        return check_server(_graph_address(settings), settings.data, vault.sealer, COMMAND_LOCK_SECONDS, tell)
    return check_file(settings.data / GRAPH_FILE, vault.sealer, tell)


def rebuild_graph(settings: Settings, vault: Vault, tell: Callable[[int, int], None]) -> int:
    """Derive everything of the graph from its facts again; how many these are. Raises `GraphUnavailable`."""
    from graph.stores.sqlite.rebuilding import rebuild_file

    if settings.graph_url:
        raise GraphUnavailable("A graph on Neo4j is not derived again in place: unset RINGFENCE_GRAPH_URL for the embedded one.")
    return rebuild_file(settings.data / GRAPH_FILE, vault.sealer, tell)


def open_services(settings: Settings, *, checked: bool = False) -> Services:
    """Everything that requests work with. What was opened is closed again when something cannot be; `checked`: see `open_records`."""
    records, vault = open_records(settings, checked=checked)
    try:
        graph = open_graph(settings, vault, settings.graph_lock_seconds, serving=checked)
    except BaseException:
        records.close()
        raise
    folder = settings.data
    metrics = Metrics(folder / "metrics", token=settings.metrics_token)
    breaker, asking = (
        Breaker(folder / name, settings.breaker_failures, settings.breaker_seconds, now) for name in ("graph.breaker", "questions.breaker")
    )
    metrics.queue("records", records.waiting)
    metrics.breaker("graph", lambda: breaker.open)
    metrics.breaker("questions", lambda: asking.open)
    records.committed = metrics.records_commit
    return Services(
        settings=settings,
        graph=graph,
        records=records,
        vault=vault,
        sealers=vault.sealer,
        strategies=Strategies(),
        breaker=breaker,
        asking=asking,
        metrics=metrics,
        limits=Limits(folder, settings.staff_cost_minute, settings.service_cost_minute),
        lists=ListsInForce(records),
        sender=FileSender(folder),
        reading=ReadingPool(),
        rings=RingFinder(open_own_graph, settings),
        now=now,
    )


async def close_services(services: Services) -> None:
    """Finish what was begun and let go of everything."""
    services.lists.close()
    services.rings.close()
    await services.reading.close()
    await services.graph.close()
    await asyncio.to_thread(services.records.close)
    for part in (services.limits, services.breaker, services.asking):
        part.close()


def check(settings: Settings) -> None:
    """Open everything once and close it again, so that what is wrong is said before the first server process starts."""
    from rules.strategy import shipped

    shipped()  # a mistake in it is a sentence with file, line and field, before anybody is told that we serve

    async def once() -> None:
        services = open_services(settings)
        try:
            await services.graph.ready()
            await services.records.ready()
            await _keep_shipped(services.records)
        finally:
            await close_services(services)

    asyncio.run(once())


async def _keep_shipped(records: Records) -> None:
    """Keep this program's strategy for institutions that another one made."""
    every = await records.read(lambda connection: connection.execute(select(institutions.c.id)).scalars().all(), COMMAND_LOCK_SECONDS)
    for institution in every:
        await records.write(partial(keep_shipped, institution=institution), COMMAND_LOCK_SECONDS, institution=institution)


def create_app(settings: Settings, supervisor: int | None = None) -> Starlette:
    """The web application; stores are opened here, and closed when the server stops.

    A worker process names its `supervisor`, and ends when that is gone.
    """
    # Late: commands open stores without the web and the schema.
    from starlette.applications import Starlette
    from starlette.middleware import Middleware

    from api import logs
    from api.auth.passwords import PasswordPool
    from api.rehearsing import rehearse
    from api.serving import Masked, routes

    logs.configure(settings.log_level)
    services = open_services(settings, checked=True)
    passwords = PasswordPool(settings.password_threads, settings.password_queue)
    endpoints, close_endpoints = routes(services, passwords)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        from api.erasing import forget_again
        from api.jobs.delivering import deliver
        from api.jobs.working import verify, work
        from api.responsiveness import keep_responsive
        from api.rings.looking import follow
        from api.supervised import follow_parent

        keep_responsive()
        with suppress(RecordsUnavailable):  # then the first caller waits a little longer
            await rehearse(services)
        with suppress(RecordsUnavailable, GraphUnavailable):  # then the next start does it
            await forget_again(services)
        tasks = [asyncio.create_task(services.metrics.run())]
        if supervisor is not None:
            tasks.append(asyncio.create_task(follow_parent(supervisor)))
        if settings.run_jobs:
            tasks += [asyncio.create_task(loop(services)) for loop in (work, verify, follow, deliver)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with suppress(asyncio.CancelledError):
                    await task
            close_endpoints()
            passwords.close()
            await close_services(services)

    app = Starlette(routes=endpoints, lifespan=lifespan, middleware=[Middleware(Masked)])
    app.state.services = services
    return app
