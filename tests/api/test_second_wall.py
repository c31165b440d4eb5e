"""Row-level security: the app's role sees its transaction's institution and no other, whatever a statement forgets or tries."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import Connection, select

from api import audit, idempotency, migrations, postgres, queue
from api.auth.institutions import all_institutions, create_institution
from api.auth.keys import create_key, keys_of, principal_of_key
from api.auth.sessions import open_session
from api.context import Role
from api.idempotency import Intent
from api.postgres import server_engine
from api.records import Bounds, Records, RecordsUnavailable
from rules.model import Verdict
from rules.records import save_decision
from rules.tables import decisions
from tests.api.opened import BANK, NOW, OTHER, POSTGRES_ALONE, make_institutions, open_test_records
from tests.rules.test_records import decided
from tests.servers import APP, OWNER, SUPERUSER, Database

pytestmark = [pytest.mark.usefixtures("each_engine"), POSTGRES_ALONE]

LENDING = (
    "audit_entries", "audit_heads", "decision_reasons", "decisions", "deliveries", "events", "idempotency_keys", "list_judgements",
    "list_screenings", "live_strategies", "strategies", "webhooks", "evidence", "face_templates", "identity_keys", "identity_tickets",
    "screening_hits", "verifications", "work_items", "proposals", "pair_judgements", "ring_events", "ring_looks", "ring_members", "rings",
    "erasures",
)  # fmt: skip
ACCESS = ("institutions", "principals", "api_keys", "links", "sessions", "jobs")


def keys(institution: str) -> bytes:
    return institution.encode().ljust(32, b"k")


def fill(connection: Connection, institution: str) -> None:
    """Something in most tables."""
    number = 1 if institution == BANK.id else 2
    save_decision(connection, decided(number, institution=institution, verdict=Verdict.DECLINE, codes=("FARM",)))
    idempotency.claim(connection, Intent(institution, "assessLoan", "key-00000001", b"x"), NOW, lease=1_000, days=30)
    queue.put(connection, institution, "decide again", b"sealed", NOW, 10)
    _, secret = create_key(connection, institution, "workflow", [Role.SERVICE], NOW)
    found = principal_of_key(connection, secret)
    assert found is not None
    open_session(connection, found[0].id, NOW, 1)
    audit.append(connection, keys, audit.Event(institution, NOW, "pri_1", "loan assessed"))


async def filled(records: Records) -> None:
    for institution in (BANK.id, OTHER.id):
        for work in (make_one, fill):
            await records.write(partial(work, institution=institution), institution=institution)


def make_one(connection: Connection, institution: str) -> None:
    create_institution(connection, BANK if institution == BANK.id else OTHER, institution, NOW)


@pytest.fixture
def app(tmp_path, database: Database) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection as the app's role, over records of two institutions."""
    with open_test_records(tmp_path) as records:
        asyncio.run(filled(records))
    with database.connect(APP) as connection:
        yield connection


def enter(connection: psycopg.Connection[tuple[object, ...]], institution: str) -> None:
    connection.execute("SELECT set_config('ringfence.institution', %s, false)", (institution,))


def count(connection: psycopg.Connection[tuple[object, ...]], table: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(str(row[0]))


def test_every_table_of_an_institution_has_a_policy_and_every_other_is_known_to_need_none(database):
    with database.connect(SUPERUSER) as connection:
        rows = connection.execute(
            "SELECT relname, relrowsecurity FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
    walled = {name for name, secured in rows if secured}
    assert walled == {*LENDING, *ACCESS}
    open_to_all = {"alembic_version", "deployment", "sign_in_tries", "watchlist_entries", "watchlists"}
    assert {name for name, secured in rows if not secured} == open_to_all
    tables = [table for metadata in migrations.METADATA for table in metadata.sorted_tables]
    assert {table.name for table in tables if "institution" in table.c} <= walled


def test_the_role_owns_nothing_and_has_no_right_to_pass(app):
    role = app.execute("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user").fetchone()
    assert role == (False, False, False, False)
    assert app.execute("SELECT count(*) FROM pg_class WHERE pg_has_role(relowner, 'MEMBER')").fetchone() == (0,)


def test_without_an_institution_nothing_of_lending_is_seen(app):
    assert {table: count(app, table) for table in LENDING} == dict.fromkeys(LENDING, 0)
    assert count(app, "institutions") == 2, "who may ask is seen: that is how a caller is found"


def test_with_an_institution_its_own_rows_are_seen_and_no_others(app):
    enter(app, BANK.id)
    for table in ("audit_entries", "audit_heads", "decision_reasons", "decisions", "idempotency_keys", *ACCESS):
        if table != "links":
            assert count(app, table) == 1, table
    assert app.execute("SELECT count(*) FROM decisions WHERE institution = %s", (OTHER.id,)).fetchone() == (0,)


@pytest.mark.parametrize("table", ["audit_heads", "decisions", "idempotency_keys", "jobs", "principals", "institutions"])
def test_nothing_of_another_institution_is_changed(app, database, table):
    enter(app, BANK.id)
    column, value = {
        "audit_heads": ("sequence", "0"),
        "decisions": ("replaced_by", "'dec_x'"),
        "idempotency_keys": ("answer", "'{}'"),
        "jobs": ("done_at", "1"),
        "principals": ("disabled_at", "1"),
        "institutions": ("suspended_at", "1"),
    }[table]
    assert app.execute(f"UPDATE {table} SET {column} = {value}".encode()).rowcount == 1, "its own alone"
    with database.connect(OWNER) as owner:
        assert owner.execute(f"SELECT count(*) FROM {table} WHERE {column} = {value}".encode()).fetchone() == (1,)


def test_no_row_is_written_in_another_institutions_name(app):
    enter(app, BANK.id)
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("INSERT INTO live_strategies VALUES (%s, 'str_x')", (OTHER.id,))
    with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
        app.execute("UPDATE idempotency_keys SET institution = %s", (OTHER.id,))


@pytest.mark.parametrize(
    "trying",
    [
        "SET row_security = off; SELECT count(*) FROM decisions",
        "ALTER TABLE decisions DISABLE ROW LEVEL SECURITY",
        "DROP POLICY own_institution ON decisions",
        "ALTER POLICY own_institution ON decisions USING (true)",
        "CREATE POLICY all_of_it ON decisions USING (true)",
        "ALTER ROLE ringfence BYPASSRLS",
        "ALTER ROLE ringfence SUPERUSER",
        "SET ROLE ringfence_owner",
        "SET ROLE postgres",
        "SET SESSION AUTHORIZATION postgres",
        "GRANT ringfence_owner TO ringfence",
        "ALTER TABLE decisions OWNER TO ringfence",
        "TRUNCATE decisions",
        "COPY decisions TO PROGRAM 'cat'",
        "CREATE TABLE copied AS SELECT * FROM decisions",
        "CREATE FUNCTION public.all_of_it() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM decisions'",
    ],
)
def test_the_role_cannot_bypass_the_wall(app, trying):
    enter(app, BANK.id)
    with pytest.raises((errors.InsufficientPrivilege, errors.InvalidParameterValue)):
        app.execute(trying.encode())


@pytest.mark.parametrize(
    "forbidden",
    [
        "UPDATE audit_entries SET digest = 'x'",
        "DELETE FROM audit_entries",
        "DELETE FROM audit_heads",
        "UPDATE decisions SET verdict = 'APPROVE'",
        "DELETE FROM decisions",
        "DELETE FROM decision_reasons",
        "UPDATE strategies SET content = 'x'",
        "DELETE FROM strategies",
        "UPDATE deployment SET value = 'x'",
        "DELETE FROM institutions",
        "UPDATE events SET subject = 'x'",
    ],
)
def test_what_is_never_changed_the_role_may_not_change(app, forbidden):
    enter(app, BANK.id)
    with pytest.raises(errors.InsufficientPrivilege, match="permission denied"):
        app.execute(forbidden.encode())


def test_work_that_forgets_its_condition_sees_its_own_institution_alone(tmp_path):
    async def use() -> list[list[str]]:
        with open_test_records(tmp_path) as records:
            await filled(records)

            def forgetful(connection: Connection) -> list[str]:
                return list(connection.execute(select(decisions.c.institution)).scalars())

            return [
                await records.read(forgetful, institution=BANK.id),
                await records.write(forgetful, institution=OTHER.id),
                await records.claim(forgetful, institution=OTHER.id),
                await records.read(forgetful),
            ]

    assert asyncio.run(use()) == [[BANK.id], [OTHER.id], [OTHER.id], []]


def test_pieces_of_one_commit_and_one_that_failed_leave_no_institution_to_the_next(tmp_path):
    def seen(connection: Connection) -> list[str]:
        return sorted(tenant.institution.id for tenant in all_institutions(connection))

    def failing(connection: Connection) -> None:
        seen(connection)
        raise ValueError("undone")

    async def use() -> list[object]:
        with open_test_records(tmp_path) as records:
            await records.write(make_institutions)
            names = [BANK.id, OTHER.id, None] * 20
            found: list[Any] = []
            for _ in range(3):
                works = [records.write(failing if number % 5 == 4 else seen, institution=name) for number, name in enumerate(names)]
                found += await asyncio.gather(*works, return_exceptions=True)
            wanted: list[Any] = [[name] if name else [OTHER.id, BANK.id] for name in names] * 3
            return [got == want for got, want in zip(found, wanted, strict=True) if not isinstance(got, ValueError)]

    found = asyncio.run(use())
    assert found == [True] * 144


def test_keys_of_another_institution_are_not_listed(tmp_path):
    async def use() -> tuple[int, int]:
        with open_test_records(tmp_path) as records:
            await filled(records)
            own = await records.read(lambda c: keys_of(c, BANK.id), institution=BANK.id)
            others = await records.read(lambda c: keys_of(c, OTHER.id), institution=BANK.id)
            return len(own), len(others)

    assert asyncio.run(use()) == (1, 0)


def test_a_piece_that_nobody_waits_for_any_more_leaves_its_institution_to_no_other(tmp_path, database):
    release = threading.Event()

    async def use() -> tuple[object, object]:
        with open_test_records(tmp_path, Bounds(timeout=10, lock_seconds=0.2)) as records, database.connect(SUPERUSER) as other:
            await filled(records)
            other.execute("SELECT pg_advisory_lock(%s, %s)", (postgres.LOCKS, postgres._lock_number(BANK.id)))
            busy = asyncio.ensure_future(records.write(lambda c: release.wait(5)))
            await asyncio.sleep(0.1)
            whole = select(decisions.c.institution)
            expired = asyncio.ensure_future(records.write(lambda c: list(c.execute(whole).scalars()), 0.6, institution=BANK.id))
            waits = asyncio.ensure_future(records.write(lambda c: list(c.execute(whole).scalars()), institution=OTHER.id))
            await asyncio.sleep(0)
            release.set()  # both are one group, which waits for the first one's lock
            found = (await asyncio.gather(expired, return_exceptions=True))[0]
            other.execute("SELECT pg_advisory_unlock_all()")
            await busy
            return type(found), await waits

    assert asyncio.run(use()) == (RecordsUnavailable, [OTHER.id])


@pytest.mark.parametrize("role", [OWNER, SUPERUSER])
def test_a_role_that_could_pass_by_the_wall_works_as_one_that_cannot(tmp_path, database, role):
    async def use() -> tuple[object, object]:
        with open_test_records(tmp_path) as first:
            await filled(first)
        records = Records(server_engine(database.url(role), database.server.secret(role), 10, 10))
        try:
            whole = select(decisions.c.institution)
            seen = await records.read(lambda c: list(c.execute(whole).scalars()), institution=BANK.id)
            return seen, await records.read(lambda c: c.exec_driver_sql("SELECT current_user").scalar())
        finally:
            records.close()

    assert asyncio.run(use()) == ([BANK.id], "ringfence_app")
