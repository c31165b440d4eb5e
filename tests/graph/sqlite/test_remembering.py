"""What a process remembers of entities is what it would read, whoever wrote in between."""

from __future__ import annotations

import asyncio
from contextlib import closing
from itertools import groupby
from pathlib import Path

from hypothesis import given

from graph.contents import Fact, TieObserved
from graph.model import EntityKind, Moment, Neighbourhood, TieKind, WalkBounds
from graph.recent import Recent
from graph.stores.shared.walking import walk
from graph.stores.sqlite.reading import SqliteSnapshot
from graph.stores.sqlite.rebuilding import rebuild
from graph.stores.sqlite.remembering import Memory
from graph.stores.sqlite.tables import open_reader, open_writer
from tests.factory import institution, quick_folder, store, vault
from tests.graph.adversaries import histories, moments, name

BANK, OTHER = institution(), institution("other-bank")
BOUNDS = WalkBounds(depth=3, ties_per_entity=3, entities=20, ties=40)
NOW = Moment(2**53, 2**53)


def look(folder: Path, moment: Moment, memory: Memory | None, bank: str = BANK.id) -> list[Neighbourhood]:
    """The neighbourhood of everybody, as a fresh snapshot or one that remembers says."""
    with closing(open_reader(folder / "graph.db")) as connection, SqliteSnapshot(connection, bank, moment, None, memory) as snapshot:
        numbers = [row[0] for row in connection.execute("SELECT number FROM entity WHERE institution = ? ORDER BY id", (snapshot.number,))]
        return [walk(snapshot, number, BOUNDS) for number in numbers if snapshot.load([number])]


@given(history=histories(), past=moments)
def test_snapshots_that_remember_answer_like_fresh_ones_after_every_write(history, past):
    remembered, fresh = asyncio.run(write_and_look(history, Moment(*past)))
    assert remembered == fresh


async def write_and_look(history: list[tuple[str, Fact]], past: Moment) -> tuple[list[list[Neighbourhood]], list[list[Neighbourhood]]]:
    """What snapshots that remember and fresh ones say after each write, of now, of the past and of now again."""
    memory, remembered, fresh = Memory(), list[list[Neighbourhood]](), list[list[Neighbourhood]]()
    with quick_folder() as folder:
        graph = store(folder, lambda: 1_000)
        for source, group in groupby(history, key=lambda said: said[0]):
            await graph.record(BANK, source, [fact for _, fact in group])
            for moment in (NOW, past, NOW):
                remembered.append(look(folder, moment, memory))
                fresh.append(look(folder, moment, None))
        await graph.close()
    return remembered, fresh


def seen(number: int, device: int = 0) -> Fact:
    """A person on a device, each at a moment of its own."""
    content = TieObserved(name(EntityKind.PERSON, number), TieKind.USES_DEVICE, name(EntityKind.DEVICE, device))
    return Fact(f"f{number}-{device}", number, content, recorded_at=number)


def test_another_institution_is_told_nothing_of_what_is_remembered(tmp_path):
    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [seen(1), seen(2)])
        await graph.record(OTHER, "core", [seen(5, 3)])
        await graph.close()

    asyncio.run(run())
    memory = Memory()
    look(tmp_path, NOW, memory)
    with closing(open_reader(tmp_path / "graph.db")) as connection, SqliteSnapshot(connection, OTHER.id, NOW, None, memory) as snapshot:
        theirs = [row[0] for row in connection.execute("SELECT number FROM entity WHERE institution <> ?", (snapshot.number,))]
        assert len(theirs) == 3
        assert snapshot.load(theirs) == {}


def test_what_was_built_again_is_read_again(tmp_path):
    async def run() -> None:
        graph = store(tmp_path)
        await graph.record(BANK, "core", [seen(1), seen(2)])
        await graph.close()

    asyncio.run(run())
    memory = Memory()
    with closing(open_writer(tmp_path / "graph.db")) as writer:
        writer.execute("UPDATE node SET reach = 77")
        assert {one.entity.reach for around in look(tmp_path, NOW, memory) for one in around.neighbours} == {77}
        rebuild(writer, vault(tmp_path).sealer)
    assert look(tmp_path, NOW, memory) == look(tmp_path, NOW, None)


def test_a_memory_forgets_what_was_not_used_for_long():
    recent: Recent[int, str] = Recent(2)
    for number in range(6):
        recent.put(number, f"value {number}")
        assert recent.get(0) == "value 0"
    assert recent.get(5) == "value 5"
    assert recent.get(1) is None
