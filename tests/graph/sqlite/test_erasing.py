"""What the embedded store's files hold of somebody who was forgotten: nothing; and what is derived is what facts make."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from graph.model import EntityKind
from graph.stores.sqlite.checking import check_file
from graph.stores.sqlite.rebuilding import rebuild_file
from graph.stores.sqlite.store import SqliteStore
from tests.factory import vault
from tests.graph.stores import sqlite
from tests.graph.test_contract_erasing import BANK, seen, with_store


def sealed_of(path: Path) -> list[bytes]:
    """Every key and ciphertext in a file."""
    found: list[bytes] = []
    with closing(sqlite3.connect(path)) as connection:
        for row in connection.execute("SELECT subject_key, value FROM entity"):
            found += [one for one in row if one]
        found += [row[0] for row in connection.execute("SELECT fields FROM description WHERE instr(fields, x'5b')")]
    return found


def test_no_byte_of_key_or_ciphertext_is_left_in_any_file(tmp_path):
    async def scene(store: SqliteStore) -> None:
        id_, _ = await seen(store, BANK.id)
        before = sealed_of(tmp_path / "graph.db")
        await store.erase(BANK.id, id_)
        after = set(sealed_of(tmp_path / "graph.db"))
        gone = [one for one in before if one not in after]
        assert len(gone) >= 12, "six keys, four identifiers or more, and what was said of person and place"
        bytes_ = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.name.startswith("graph.db"))
        assert [one for one in gone if one in bytes_] == []

    with_store(sqlite, tmp_path, scene)


def test_what_is_derived_of_erased_facts_is_what_was_left(tmp_path):
    async def scene(store: SqliteStore) -> None:
        id_, _ = await seen(store, BANK.id)
        await store.erase(BANK.id, id_)
        _, texts = await seen(store, BANK.id)
        await store.close()
        path = tmp_path / "graph.db"
        assert not check_file(path, vault(tmp_path).sealer, lambda _done, _all: None).differences
        rebuild_file(path, vault(tmp_path).sealer)
        again = SqliteStore(path, vault(tmp_path).sealer)
        assert (await seen(again, BANK.id))[1] == texts
        await again.close()

    with_store(sqlite, tmp_path, scene)


def test_one_who_looked_before_sees_nothing_personal_after(tmp_path):
    """Readers remember entities by their revision."""

    async def scene(store: SqliteStore) -> None:
        reader = SqliteStore(tmp_path / "graph.db", vault(tmp_path).sealer)
        id_, _ = await seen(reader, BANK.id)
        await store.erase(BANK.id, id_)
        moment = await reader.now(BANK.id)
        found = (await reader.entities(BANK.id, [id_], moment))[id_]
        assert (found.kind, found.key, found.fields.get("name")) == (EntityKind.PERSON, None, None)
        await reader.close()

    with_store(sqlite, tmp_path, scene)
