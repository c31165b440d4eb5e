"""Compares subjects with the watchlists: in a verification, and again when a list has a newer version. What is found is work for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection

from api import work
from api.context import Services
from api.ids import new_id
from api.once import Done, note
from api.verifying.changing import DAY
from api.verifying.declaring import declared
from api.verifying.looking import Looked, declaration, look
from identity import hits, records
from identity.lists import records as lists
from identity.lists.index import Query
from identity.lists.records import Watchlist
from identity.model import Declared, ListMatch
from identity.names.forms import NameKind

SECONDS: Final = 5.0
HIT_DAYS: Final = 2
"""Days until a possible match should be judged."""

AT_ONCE: Final = 200
"""Subjects of one list that are screened again before others have their turn."""

Screened = tuple[Sequence[Watchlist], tuple[ListMatch, ...]]
"""The lists that were searched, and what they hold of the name."""


async def screen(services: Services, institution: str, looked: Looked, said: Declared) -> Screened | None:
    """Compare a subject's declared name with every list, and keep new possible matches as work; None when no name was declared."""
    if said.name is None:
        return None
    kind, subject = NameKind.PERSON if looked.kept.kind == "PERSON" else NameKind.FIRM, looked.kept.subject
    searched, found = await services.lists.search(Query(said.name, kind, said.born_on, said.document_country))
    judged = await services.records.read(
        lambda connection: lists.judgements(connection, institution, subject), SECONDS, institution=institution
    )
    same = {(one.list_name, one.key): one.same for one in judged}
    matches = tuple(
        ListMatch(of.name, hit.entry.key, hit.name, hit.score, hit.sentence, same.get((of.name, hit.entry.key))) for of, hit in found
    )
    await _open_hits(services, institution, looked, searched, matches)
    return searched, matches


async def _open_hits(
    services: Services, institution: str, looked: Looked, searched: Sequence[Watchlist], matches: Sequence[ListMatch]
) -> None:
    """Keep possible matches that nobody judged yet as work, and that the subject was compared."""
    subject, cipher, now = looked.kept.subject, looked.cipher, services.now()

    def keep(connection: Connection) -> None:
        for compared in searched:
            lists.note_screened(connection, institution, [subject], compared, now)
        for match in matches:
            entry = lists.entry(connection, match.list_name, match.key)
            if match.judged is not None or entry is None:
                continue
            id_, due = new_id("hit"), now + HIT_DAYS * DAY
            kept = hits.KeptHit(
                id_, subject, match.list_name, match.key, lists.written(entry), match.score, cipher.seal(f"hit {id_}", match.sentence),
                1, now, due,
            )  # fmt: skip
            if hits.open_hit(connection, institution, kept):
                work.open_item(connection, institution, id_, work.WorkKind.SCREENING_HIT, now, due)

    await services.records.write(keep, SECONDS, institution=institution)


async def screen_again(services: Services, institution: str) -> int:
    """Compare subjects with the newest versions of lists that they were not compared with yet; how many were."""
    done = 0
    for compared in await services.lists.newest():

        def late(connection: Connection, of: Watchlist = compared) -> tuple[str, ...]:
            return lists.due(connection, institution, of, AT_ONCE)

        for subject in await services.records.read(late, SECONDS, institution=institution):
            await _screen_subject(services, institution, subject, compared)
            done += 1
    return done


async def _screen_subject(services: Services, institution: str, subject: str, compared: Watchlist) -> None:
    def newest(connection: Connection) -> Looked | None:
        kept = records.newest_of(connection, institution, [subject]).get(subject)
        return None if kept is None else look(connection, services, institution, kept.id, images=False)

    looked = await services.records.read(newest, SECONDS, institution=institution)
    if looked is not None and not looked.cipher.erased:
        await screen(services, institution, looked, declared(declaration(looked)))

    def keep(connection: Connection) -> None:
        lists.note_screened(connection, institution, [subject], compared, services.now())
        note(connection, services, institution, "system", Done({}, "subject screened again", (subject,)))

    await services.records.write(keep, SECONDS, institution=institution)
