"""The audit chain: whatever is changed, moved, added or taken away is found."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, update

from api import audit
from api.audit import BrokenChain, Event
from api.records import RecordsUnavailable
from api.tables import audit_entries, audit_heads
from tests.api.opened import NOW, SQLITE_ALONE, connected, open_test_records
from tests.settings import EXAMPLES

pytestmark = pytest.mark.usefixtures("each_engine")

LENGTH = 8


def keys(institution: str) -> bytes:
    return institution.encode().ljust(32, b"k")


def event(number: int, institution: str = "rural-bank") -> Event:
    return Event(institution, NOW + number, f"pri_{number}", "loan assessed", (f"dec_{number}", f"loa_{number}"), audit.digest(b"x"))


@pytest.fixture
def connection(tmp_path):
    with connected(tmp_path) as opened:
        for number in range(LENGTH):
            audit.append(opened, keys, event(number))
            audit.append(opened, keys, event(number, "city-bank"))
        yield opened


def verify(connection, *points) -> int:
    return audit.verify(connection, keys, "rural-bank", points)


def mine(sequence: int):
    return (audit_entries.c.institution == "rural-bank") & (audit_entries.c.sequence == sequence)


def test_a_chain_that_nobody_touched_is_whole(connection):
    assert verify(connection) == LENGTH


def test_an_institution_without_entries_has_a_whole_chain_and_a_checkpoint(connection):
    point = audit.checkpoint(connection, keys, "new-bank", NOW)
    assert audit.verify(connection, keys, "new-bank", [point]) == 0


@pytest.mark.parametrize(
    "change",
    [{"at": NOW - 1}, {"principal": "pri_x"}, {"action": "loan refused"}, {"subjects": "dec_x"}, {"digest": "0" * 64}, {"hash": b"0" * 32}],
)
@pytest.mark.parametrize("sequence", [1, 4, LENGTH])
def test_any_change_of_any_column_is_found(connection, change, sequence):
    connection.execute(update(audit_entries).where(mine(sequence)).values(**change))
    with pytest.raises(BrokenChain, match="rural-bank"):
        verify(connection)


@SQLITE_ALONE  # PostgreSQL takes no value of another type
@pytest.mark.parametrize("column", ["at", "principal", "subjects", "digest", "hash"])
@pytest.mark.parametrize("value", ["'text'", "x'ff'", "1.5"])
def test_a_value_of_another_type_is_a_change_and_no_fault(connection, column, value):
    connection.exec_driver_sql(f"UPDATE audit_entries SET {column} = {value} WHERE sequence = 2")
    with pytest.raises(BrokenChain, match="changed"):
        verify(connection)


def test_two_entries_that_changed_places_are_found(connection):
    connection.execute(update(audit_entries).where(mine(3)).values(sequence=100))
    connection.execute(update(audit_entries).where(mine(4)).values(sequence=3))
    connection.execute(update(audit_entries).where(mine(100)).values(sequence=4))
    with pytest.raises(BrokenChain, match="entry 3"):
        verify(connection)


@pytest.mark.parametrize("sequence", [1, 5])
def test_an_entry_that_was_removed_is_found(connection, sequence):
    connection.execute(delete(audit_entries).where(mine(sequence)))
    with pytest.raises(BrokenChain, match=f"entry {sequence} of rural-bank is missing"):
        verify(connection)


def test_an_entry_that_was_added_is_found(connection):
    row = dict(connection.execute(select(audit_entries).where(mine(LENGTH))).one()._mapping)
    connection.execute(insert(audit_entries).values(**{**row, "sequence": LENGTH + 1}))
    with pytest.raises(BrokenChain, match=f"entry {LENGTH + 1}"):
        verify(connection)


def test_an_entry_of_another_institution_does_not_fit(connection):
    other = (audit_entries.c.institution == "city-bank") & (audit_entries.c.sequence == 2)
    row = dict(connection.execute(select(audit_entries).where(other)).one()._mapping)
    connection.execute(update(audit_entries).where(mine(2)).values(hash=row["hash"]))
    with pytest.raises(BrokenChain, match="entry 2"):
        verify(connection)


def cut(connection, left: int) -> None:
    """Cut the tail off as somebody would who knows the tables: the head is moved back with it."""
    connection.execute(delete(audit_entries).where(audit_entries.c.institution == "rural-bank", audit_entries.c.sequence > left))
    last = connection.execute(select(audit_entries.c.hash).where(mine(left))).scalar()
    connection.execute(update(audit_heads).where(audit_heads.c.institution == "rural-bank").values(sequence=left, hash=last))


def test_a_tail_that_was_cut_off_carelessly_is_found_by_the_head(connection):
    connection.execute(delete(audit_entries).where(mine(LENGTH)))
    with pytest.raises(BrokenChain, match="cut off"):
        verify(connection)


def test_a_tail_that_was_cut_off_with_its_head_is_found_by_a_checkpoint(connection):
    point = audit.checkpoint(connection, keys, "rural-bank", NOW)
    cut(connection, 5)
    assert verify(connection) == 5
    with pytest.raises(BrokenChain, match="tail was cut off"):
        verify(connection, point)


def test_a_chain_rewritten_from_the_middle_with_the_key_is_found_by_a_checkpoint(connection):
    point = audit.checkpoint(connection, keys, "rural-bank", NOW)
    cut(connection, 5)
    for number in range(20, 24):
        audit.append(connection, keys, event(number))
    assert verify(connection) == 9
    with pytest.raises(BrokenChain, match="rewritten"):
        verify(connection, point)


def test_a_whole_chain_that_was_removed_is_found_by_a_checkpoint(connection):
    point = audit.checkpoint(connection, keys, "rural-bank", NOW)
    connection.execute(delete(audit_entries).where(audit_entries.c.institution == "rural-bank"))
    connection.execute(delete(audit_heads).where(audit_heads.c.institution == "rural-bank"))
    assert verify(connection) == 0
    with pytest.raises(BrokenChain, match="tail was cut off"):
        verify(connection, point)


def test_a_chain_that_grew_after_the_checkpoint_is_whole(connection):
    point = audit.checkpoint(connection, keys, "rural-bank", NOW)
    audit.append(connection, keys, event(50))
    assert verify(connection, point) == LENGTH + 1


@pytest.mark.parametrize(
    "change", [{"sequence": 3}, {"hash": "00" * 32}, {"at": NOW + 1}, {"institution": "city-bank"}, {"signature": "00" * 32}]
)
def test_a_checkpoint_that_was_changed_is_refused(connection, change):
    point = replace(audit.checkpoint(connection, keys, "rural-bank", NOW), **change)
    with pytest.raises(BrokenChain, match="signature is wrong"):
        verify(connection, point)


def test_a_checkpoint_is_not_given_for_an_end_that_does_not_fit(connection):
    connection.execute(delete(audit_entries).where(mine(LENGTH)))
    with pytest.raises(BrokenChain, match="head names"):
        audit.checkpoint(connection, keys, "rural-bank", NOW)


def test_a_checkpoint_is_one_line_of_json_and_is_read_again(connection):
    point = audit.checkpoint(connection, keys, "rural-bank", NOW)
    written = audit.write_checkpoint(point)
    assert orjson.loads(written)["sequence"] == LENGTH
    assert list(audit.read_checkpoints(written + written)) == [point, point]


@pytest.mark.parametrize("content", [b"{}", b"[1]", b"no json", b'{"institution":1,"sequence":1,"hash":"","at":1,"signature":""}'])
def test_a_file_that_is_no_checkpoint_is_refused_by_a_sentence(content):
    with pytest.raises(BrokenChain, match="holds no checkpoint"):
        audit.read_checkpoints(content)


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(1, LENGTH + 1)))
def test_any_order_but_the_written_one_is_found(connection, order):
    rows = {
        row.sequence: dict(row._mapping)
        for row in connection.execute(select(audit_entries).where(audit_entries.c.institution == "rural-bank"))
    }
    connection.exec_driver_sql("BEGIN")
    connection.execute(delete(audit_entries).where(audit_entries.c.institution == "rural-bank"))
    connection.execute(insert(audit_entries), [{**rows[old], "sequence": new} for new, old in enumerate(order, 1)])
    try:
        if list(order) == sorted(order):
            assert verify(connection) == LENGTH
        else:
            with pytest.raises(BrokenChain):
                verify(connection)
    finally:
        connection.exec_driver_sql("ROLLBACK")


def test_entries_of_many_calls_at_once_make_one_chain(tmp_path):
    async def use() -> int:
        with open_test_records(tmp_path) as records:
            await asyncio.gather(*(audit.note(records, keys, event(number)) for number in range(200)))
            return await records.read(verify, institution="rural-bank")

    assert asyncio.run(use()) == 200


def test_an_entry_that_cannot_be_noted_is_said(tmp_path):
    async def use() -> None:
        with open_test_records(tmp_path) as records:
            records.close()
            with pytest.raises(RecordsUnavailable):
                await audit.note(records, keys, event(1))

    asyncio.run(use())


def test_an_entry_holds_ids_and_hashes_only(connection):
    row = connection.execute(select(audit_entries).where(mine(1))).one()
    assert (row.subjects, row.digest) == ("dec_0 loa_0", audit.digest(b"x"))
