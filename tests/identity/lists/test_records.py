"""Watchlists, judgements and screenings in the records."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from api.records import Records
from graph.model import Instant
from identity.lists import records
from identity.lists.entries import Entry, ListError, Read
from identity.lists.index import Query
from identity.lists.records import Judgement
from identity.lists.screening import Lists
from identity.names.forms import NameKind
from tests.api.opened import open_test_records

pytestmark = pytest.mark.usefixtures("each_engine")

T = TypeVar("T")
NOW = Instant(1_800_000_000_000)
ENTRIES = [
    Entry("b", NameKind.PERSON, "Vladimir Putin", ("张三丰",), ("sanction",), ("1952",), ("RU",)),
    Entry("a", NameKind.FIRM, "Gazprom"),
]
Do = Callable[[Callable[[Connection], T]], T]


@pytest.fixture
def do(tmp_path) -> Iterator[Callable[[Callable[[Connection], object]], object]]:
    with open_test_records(tmp_path) as opened:
        yield lambda work: run(opened, work)


def run(opened: Records, work: Callable[[Connection], T]) -> T:
    return asyncio.run(opened.write(work, institution="rural-bank"))


def kept(connection: Connection, name: str = "un", content: str = "1", version: str | None = None, entries=ENTRIES, most: int = 100) -> int:
    number = records.begin_import(connection, name, version, content, NOW, "2026-11-24")
    assert number is not None
    records.add_entries(connection, name, number, entries)
    records.finish_import(connection, name, number, Read(len(entries)), NOW, most)
    return number


def the_list(connection: Connection) -> records.Watchlist:
    found = records.watchlist(connection, "un")
    assert found is not None
    return found


def test_an_imported_list_stands_with_its_entries_in_order(do):
    do(kept)
    found = do(the_list)
    assert (found.name, found.number, found.version, found.count) == ("un", 1, "2026-11-24", 2)
    assert do(lambda c: records.entries_page(c, "un", 1)) == (ENTRIES[1], ENTRIES[0])
    assert do(lambda c: records.entries_page(c, "un", 1, after="a")) == (ENTRIES[0],)
    assert do(lambda c: records.entry(c, "un", "b")) == ENTRIES[0]
    assert do(lambda c: records.entry(c, "un", "c")) is None


def test_the_same_file_again_changes_nothing_and_another_is_the_next_version(do):
    do(kept)
    assert do(lambda c: records.begin_import(c, "un", None, "1", NOW, "2026-11-24")) is None
    assert do(partial(kept, content="2", entries=ENTRIES[:1])) == 2
    found = do(the_list)
    assert (found.number, found.version, found.count) == (2, "2026-11-24.2", 1)
    assert do(lambda c: records.entries_page(c, "un", 1)) == ()


def test_a_version_is_not_imported_twice_with_other_content(do):
    do(partial(kept, version="7"))
    with pytest.raises(ListError, match="another --version"):
        do(partial(kept, version="7", content="2"))


def test_an_import_that_was_killed_stands_for_nothing_and_leaves_nothing(do):
    do(kept)
    do(lambda c: records.add_entries(c, "un", records.begin_import(c, "un", None, "2", NOW, "d") or 0, ENTRIES))
    assert do(the_list).number == 1
    do(partial(kept, content="3"))
    assert do(the_list).number == 2
    assert len(do(lambda c: records.entries_page(c, "un", 2))) == 2


def test_an_import_that_was_overtaken_says_so(do):
    number = do(lambda c: records.begin_import(c, "un", None, "2", NOW, "d"))
    do(partial(kept, content="3"))
    with pytest.raises(ListError, match="overtaken"):
        do(lambda c: records.finish_import(c, "un", number + 5, Read(1), NOW))


@pytest.mark.parametrize("name", ["", "x" * 81, "a\nb"])
def test_a_name_that_cannot_be_is_refused(do, name):
    with pytest.raises(ListError, match="1 to 80"):
        do(partial(kept, name=name))


def test_lists_are_bounded(do):
    for number in range(records.MOST_LISTS):
        do(partial(kept, name=f"list-{number}", content=str(number)))
    with pytest.raises(ListError, match="20 watchlists"):
        do(partial(kept, name="one more"))


def judged(same: bool, reason: str = "another birth date", subject: str = "per_1") -> Judgement:
    return Judgement(subject, "un", "b", same, reason, "pri_1", NOW)


def test_a_judgement_is_kept_replaced_and_honoured_in_the_next_screening(do):
    do(kept)
    lists = Lists()
    load = lambda newest: do(lambda c: records.entries_page(c, newest.name, newest.number))  # noqa: E731
    assert [found.name for found in lists.refresh(do(records.all_watchlists), load)] == ["un"]
    assert lists.refresh(do(records.all_watchlists), load) == ()
    assert [match.judged for match in lists.matches(Query("Vladimir Putin"))] == [None]
    for same in (True, False):
        do(lambda c, same=same: records.judge(c, "rural-bank", judged(same)))
        said = do(lambda c: records.judgements(c, "rural-bank", "per_1"))
        assert [(match.key, match.judged) for match in lists.matches(Query("Vladimir Putin"), said)] == [("b", same)]
    do(partial(kept, content="2"))
    assert [found.number for found in lists.refresh(do(records.all_watchlists), load)] == [2]
    assert [match.judged for match in lists.matches(Query("张三丰"), do(lambda c: records.judgements(c, "rural-bank", "per_1")))] == [False]
    assert do(lambda c: records.judgements(c, "rural-bank", "per_2")) == ()
    with pytest.raises(ListError, match="reason"):
        do(lambda c: records.judge(c, "rural-bank", judged(False, " ")))


def test_everybody_is_due_when_a_list_changes_and_progress_is_a_share(do):
    do(kept)
    subjects = [f"per_{number}" for number in range(4)]
    assert do(lambda c: records.rescreened(c, "rural-bank", the_list(c))) == 0.0, "nobody is enrolled, so nobody was compared"
    for subject in subjects:
        do(lambda c, subject=subject: records.enrol(c, "rural-bank", subject, NOW))
    assert do(lambda c: records.due(c, "rural-bank", the_list(c))) == tuple(subjects)
    do(lambda c: records.note_screened(c, "rural-bank", subjects, the_list(c), NOW))
    assert do(lambda c: (records.rescreened(c, "rural-bank", the_list(c)), records.due(c, "rural-bank", the_list(c)))) == (1.0, ())
    before = do(the_list)
    do(partial(kept, content="2"))
    do(lambda c: records.note_screened(c, "rural-bank", subjects[:1], the_list(c), NOW))
    do(lambda c: records.note_screened(c, "rural-bank", subjects[:1], before, NOW))
    assert do(lambda c: records.rescreened(c, "rural-bank", the_list(c))) == 0.25
    assert do(lambda c: records.due(c, "rural-bank", the_list(c), 2)) == ("per_1", "per_2")


def test_a_forgotten_subject_leaves_nothing(do):
    do(kept)
    do(lambda c: records.enrol(c, "rural-bank", "per_1", NOW))
    do(lambda c: records.judge(c, "rural-bank", judged(False)))
    do(lambda c: records.forget_subject(c, "rural-bank", "per_1"))
    assert do(lambda c: (records.judgements(c, "rural-bank", "per_1"), records.due(c, "rural-bank", the_list(c)))) == ((), ())


def test_entries_judged_to_be_somebody_else_do_not_push_out_the_others():
    lists = Lists()
    crowd = [Entry(f"{number:02}", NameKind.PERSON, "Ivan Petrov") for number in range(20)] + [Entry("new", NameKind.PERSON, "Ivan Petrof")]
    lists.refresh([records.Watchlist("un", 1, "1", 21, 0, NOW)], lambda _: crowd)
    said = [Judgement("per_1", "un", f"{number:02}", False, "another", "pri_1", NOW) for number in range(20)]
    found = lists.matches(Query("Ivan Petrov"), said)
    assert (len(found), found[0].key, found[0].judged) == (20, "new", None)


def test_all_lists_together_are_bounded_and_one_too_long_leaves_what_stood(do):
    do(partial(kept, most=3))
    with pytest.raises(ListError, match="With 2 entries of eu all watchlists hold 4, and at most 3 are searched"):
        do(partial(kept, name="eu", most=3))
    do(partial(kept, content="2", most=3))
    assert [(found.name, found.number) for found in do(records.all_watchlists)] == [("un", 2)]
