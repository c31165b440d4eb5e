"""Watchlists in the records: functions that take a Connection, to be run in short transactions.

A list is written in many transactions and stands from the last one on: `begin_import`, `add_entries` again and again, `finish_import`. What
a killed import left is removed by the next one of the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson
from sqlalchemy import Connection, delete, func, insert, select, update

from graph.model import Instant
from identity.lists.entries import Entry, ListError, Read
from identity.lists.tables import list_judgements, list_screenings, watchlist_entries, watchlists
from identity.names.forms import NameKind

LONGEST_NAME: Final = 80
"""Characters of a list's name, and of a version."""

LONGEST_REASON: Final = 2_000
MOST_LISTS: Final = 20
MOST_TOGETHER: Final = 500_000
"""Entries of all lists together: each server process holds them in memory, about 1.2 KB an entry of two names."""

MOST_PAGE: Final = 5_000
"""Entries or subjects that are read at once."""


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list's newest version."""

    name: str
    number: int
    version: str
    count: int
    bad: int
    imported_at: Instant


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of a subject and an entry."""

    subject: str
    list_name: str
    key: str
    same: bool
    reason: str
    by: str
    at: Instant


def begin_import(connection: Connection, name: str, version: str | None, content: str, now: Instant, day: str) -> int | None:
    """Begin a version and give its number; None when the newest one has this very content. `content` is the file's SHA-256.

    Without a `version` it is called by the `day` of its import. Raises `ListError` for a name or version that cannot be, one too many
    lists, or a version that was imported before with other content.
    """
    for word, text in (("name", name), ("version", version or day)):
        if not 0 < len(text) <= LONGEST_NAME or not text.isprintable():
            raise ListError(f"A list's {word} has 1 to {LONGEST_NAME} printable characters: give another.")
    newest = watchlist(connection, name)
    if newest is None and len(all_watchlists(connection)) >= MOST_LISTS:
        raise ListError(f"There are {MOST_LISTS} watchlists, the most that are searched: import into one of them.")
    if newest is not None and _content(connection, newest) == content:
        return None
    _remove(connection, name, unfinished=True)
    taken = set(connection.execute(select(watchlists.c.version).where(watchlists.c.list == name)).scalars())
    if version is not None and version in taken:
        raise ListError(f"Version {version} of {name} was imported with other content: give this one another --version.")
    called = version or next(text for text in (day, *(f"{day}.{number}" for number in range(2, 10_000))) if text not in taken)
    number = int(connection.execute(select(func.max(watchlists.c.number)).where(watchlists.c.list == name)).scalar() or 0) + 1
    row = {"list": name, "number": number, "version": called, "content": content, "count": 0, "passed_over": 0, "bad": 0, "begun_at": now}
    connection.execute(insert(watchlists).values(**row))
    return number


def add_entries(connection: Connection, name: str, number: int, entries: Sequence[Entry]) -> None:
    """Write entries of a version that was begun."""
    if entries:
        rows = [{"list": name, "number": number, "key": entry.key, "content": written(entry)} for entry in entries]
        connection.execute(insert(watchlist_entries), rows)


def finish_import(connection: Connection, name: str, number: int, read: Read, now: Instant, most: int = MOST_TOGETHER) -> None:
    """From now on this version is the newest; entries of those before are removed, and every subject is due to be screened again.

    Raises `ListError` when all lists together would hold more than `most` entries, or another import overtook this one.
    """
    others = sum(found.count for found in all_watchlists(connection) if found.name != name)
    if others + read.entries > most:
        raise ListError(
            f"With {read.entries:,} entries of {name} all watchlists hold {others + read.entries:,}, and at most {most:,} are "
            "searched: import a shorter list."
        )
    here = (watchlists.c.list == name) & (watchlists.c.number == number)
    found = {"count": read.entries, "passed_over": read.passed_over, "bad": read.bad, "imported_at": now}
    if connection.execute(update(watchlists).where(here).values(**found)).rowcount != 1:
        raise ListError(f"The import of {name} was overtaken by another one: run it again.")
    connection.execute(delete(watchlist_entries).where(watchlist_entries.c.list == name, watchlist_entries.c.number < number))


def abandon_import(connection: Connection, name: str) -> None:
    """Remove what an import that will not be finished wrote."""
    _remove(connection, name, unfinished=True)


def _remove(connection: Connection, name: str, *, unfinished: bool) -> None:
    assert unfinished, "finished versions are kept: decisions cite them"
    left = select(watchlists.c.number).where(watchlists.c.list == name, watchlists.c.imported_at.is_(None))
    connection.execute(delete(watchlist_entries).where(watchlist_entries.c.list == name, watchlist_entries.c.number.in_(left)))
    connection.execute(delete(watchlists).where(watchlists.c.list == name, watchlists.c.imported_at.is_(None)))


def _content(connection: Connection, found: Watchlist) -> str | None:
    where = (watchlists.c.list == found.name) & (watchlists.c.number == found.number)
    return connection.execute(select(watchlists.c.content).where(where)).scalar()


def all_watchlists(connection: Connection) -> tuple[Watchlist, ...]:
    """The newest version of every list, by name."""
    kept = watchlists.alias()
    newest = select(func.max(kept.c.number)).where(kept.c.list == watchlists.c.list, kept.c.imported_at.is_not(None)).scalar_subquery()
    of = watchlists.c
    wanted = select(of.list, of.number, of.version, of["count"], of.bad, of.imported_at).where(of.number == newest)
    rows = connection.execute(wanted.order_by(watchlists.c.list)).all()
    return tuple(Watchlist(name, number, version, count, bad, Instant(at)) for name, number, version, count, bad, at in rows)


def watchlist(connection: Connection, name: str) -> Watchlist | None:
    """The newest version of a list."""
    return next((found for found in all_watchlists(connection) if found.name == name), None)


def entries_page(connection: Connection, name: str, number: int, after: str = "", most: int = MOST_PAGE) -> tuple[Entry, ...]:
    """Entries of a version in the order of their keys, behind the key `after`, at most `MOST_PAGE`."""
    asked = select(watchlist_entries.c.key, watchlist_entries.c.content).where(
        watchlist_entries.c.list == name, watchlist_entries.c.number == number, watchlist_entries.c.key > after
    )
    rows = connection.execute(asked.order_by(watchlist_entries.c.key).limit(min(most, MOST_PAGE))).all()
    return tuple(read_entry(row.key, row.content) for row in rows)


def entry(connection: Connection, name: str, key: str) -> Entry | None:
    """An entry of a list's newest version."""
    found = watchlist(connection, name)
    if found is None:
        return None
    where = (watchlist_entries.c.list == name) & (watchlist_entries.c.number == found.number) & (watchlist_entries.c.key == key)
    content = connection.execute(select(watchlist_entries.c.content).where(where)).scalar()
    return None if content is None else read_entry(key, content)


def written(entry: Entry) -> bytes:
    """An entry as it is kept, without its key."""
    return orjson.dumps([entry.kind.value, entry.name, entry.aliases, entry.topics, entry.born, entry.countries])


def read_entry(key: str, content: bytes) -> Entry:
    """The entry that `written` made of."""
    kind, name, *others = orjson.loads(content)
    aliases, topics, born, countries = (tuple(values) for values in others)
    return Entry(key, NameKind(kind), name, aliases, topics, born, countries)


def judge(connection: Connection, institution: str, judgement: Judgement) -> None:
    """Keep what a person said; the later one stands. Raises `ListError` for a reason that is missing or too long."""
    if not 0 < len(judgement.reason.strip()) <= LONGEST_REASON:
        raise ListError(f"A judgement has a reason of 1 to {LONGEST_REASON:,} characters: say why.")
    values: dict[str, Any] = {"same": judgement.same, "reason": judgement.reason, "by": judgement.by, "at": judgement.at}
    where = (
        (list_judgements.c.institution == institution)
        & (list_judgements.c.subject == judgement.subject)
        & (list_judgements.c.list == judgement.list_name)
        & (list_judgements.c.key == judgement.key)
    )
    if connection.execute(update(list_judgements).where(where).values(**values)).rowcount == 0:
        own = {"institution": institution, "subject": judgement.subject, "list": judgement.list_name, "key": judgement.key}
        connection.execute(insert(list_judgements).values(**own, **values))


def judgements(connection: Connection, institution: str, subject: str) -> tuple[Judgement, ...]:
    """What people said of a subject."""
    where = (list_judgements.c.institution == institution) & (list_judgements.c.subject == subject)
    rows = connection.execute(select(list_judgements).where(where).order_by(list_judgements.c.list, list_judgements.c.key)).all()
    return tuple(Judgement(row.subject, row.list, row.key, row.same, row.reason, row.by, Instant(row.at)) for row in rows)


def note_screened(connection: Connection, institution: str, subjects: Iterable[str], compared: Watchlist, now: Instant) -> None:
    """These subjects were compared with this version of the list; an older version does not undo a newer one."""
    for subject in subjects:
        where = (
            (list_screenings.c.institution == institution)
            & (list_screenings.c.list == compared.name)
            & (list_screenings.c.subject == subject)
        )
        before = connection.execute(select(list_screenings.c.number).where(where)).scalar()
        if before is None:
            own = {"institution": institution, "list": compared.name, "subject": subject}
            connection.execute(insert(list_screenings).values(**own, number=compared.number, at=now))
        elif before < compared.number:
            connection.execute(update(list_screenings).where(where).values(number=compared.number, at=now))


def due(connection: Connection, institution: str, compared: Watchlist, most: int = MOST_PAGE) -> tuple[str, ...]:
    """Subjects that were never compared with this version but with one before, at most `MOST_PAGE`; those longest ago first."""
    where = (
        (list_screenings.c.institution == institution)
        & (list_screenings.c.list == compared.name)
        & (list_screenings.c.number < compared.number)
    )
    asked = select(list_screenings.c.subject).where(where).order_by(list_screenings.c.number, list_screenings.c.subject)
    return tuple(connection.execute(asked.limit(min(most, MOST_PAGE))).scalars())


def rescreened(connection: Connection, institution: str, compared: Watchlist) -> float:
    """Part of an institution's subjects that were compared with this version, 0 to 1; 0 while none is enrolled: nobody was compared."""
    own = (list_screenings.c.institution == institution) & (list_screenings.c.list == compared.name)
    total = connection.execute(select(func.count()).select_from(list_screenings).where(own)).scalar() or 0
    late = own & (list_screenings.c.number < compared.number)
    waiting = connection.execute(select(func.count()).select_from(list_screenings).where(late)).scalar() or 0
    return 0.0 if total == 0 else 1.0 - waiting / total


def enrol(connection: Connection, institution: str, subject: str, now: Instant) -> None:
    """From now on this subject is compared with every list: those that stand are due."""
    for found in all_watchlists(connection):
        note_screened(connection, institution, (subject,), Watchlist(found.name, 0, "", 0, 0, now), now)


def forget_subject(connection: Connection, institution: str, subject: str) -> None:
    """Remove every judgement and screening of a subject."""
    for table in (list_judgements, list_screenings):
        connection.execute(delete(table).where(table.c.institution == institution, table.c.subject == subject))
