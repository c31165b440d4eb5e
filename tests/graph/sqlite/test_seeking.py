"""Looking for entities ends at its bound, which the message names."""

from __future__ import annotations

from functools import partial

import pytest

from graph.errors import InvalidInput
from graph.store import Page, Wanted
from graph.stores.shared.rows import EVERYTHING
from graph.stores.shared.seeking import seek
from graph.stores.sqlite.lists import newest_seen
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.store import SqliteStore
from tests.factory import vault
from tests.graph.stores import sqlite
from tests.graph.test_contract_finding import BANK, with_store


def test_who_looks_through_too_many_is_told_to_narrow_it(tmp_path):
    async def scene(store: SqliteStore) -> None:
        async def found(text: str, first: int) -> Page[object]:
            wanted = Wanted(text=text)

            def read(snapshot: SqliteSnapshot) -> Page[object]:
                newest = partial(newest_seen, snapshot.connection, snapshot.number, wanted)
                return seek(snapshot, vault(tmp_path).sealer(BANK.id), wanted, newest, first, None, most=4)  # type: ignore[return-value]

            return await store._read(BANK.id, EVERYTHING, read)

        assert len((await found("9", 1)).items) == 1, "a page that is full needs to look no further"
        with pytest.raises(InvalidInput, match="fits too few of 4 entities: narrow it"):
            await found("nobody", 4)

    with_store(sqlite, tmp_path, scene)  # type: ignore[arg-type]
