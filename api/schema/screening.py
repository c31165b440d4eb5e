"""Names compared with watchlists, and the lists."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import orjson
import strawberry
from strawberry import UNSET

from api import audit
from api.context import Context
from api.schema.costs import at_most
from api.schema.declaring import attribute, field, input_type, object_type, renamed
from api.schema.kinds import EntityKind
from api.schema.scalars import CountryCode, Date, DateTime, Probability
from api.schema.scenes import Info
from api.screening import Searched
from graph.errors import InvalidInput, Problem
from identity.lists import records
from identity.lists.entries import Entry
from identity.lists.index import Query
from identity.lists.screening import FALSE_POSITIVE_RATE, THRESHOLD
from identity.names.forms import NameKind

LONGEST_NAME: Final = 200
"""Characters of a name that is compared."""

MOST_ALIASES: Final = 20

SCREENED: Final = "name screened"
"""What the audit chain calls it."""

KINDS: Final = {"PERSON": NameKind.PERSON, "MERCHANT": NameKind.FIRM}
"""Whose name it may be, by `EntityKind`."""


@object_type()
class Watchlist:
    """A list that names are compared with."""

    name: str
    """Its name."""
    version: str
    """Its newest version: the date or tag of its source."""
    count: int
    """Entries."""
    imported_at: DateTime
    """When it was imported."""
    found: strawberry.Private[records.Watchlist]

    @field()
    async def rescreened(self, info: Info) -> Probability:
        """Part of the subjects screened against this version; 1 when done."""
        institution, found = info.context.principal.institution.id, self.found
        return await info.context.services.records.read(
            lambda connection: records.rescreened(connection, institution, found), institution=institution
        )


@object_type()
class WatchlistEntry:
    """An entry of a list."""

    key: str
    """Its id in the list."""
    list_: str = renamed("list")
    """The list's name."""
    name: str
    """Main name."""
    aliases: list[str]
    """Other names, at most 20."""
    topics: list[str]
    """Why it is listed: `sanction`, `role.pep` ... in FollowTheMoney's terms."""
    born: list[str]
    """Dates of birth as listed, perhaps only years."""
    countries: list[CountryCode]
    """Countries as listed."""


@input_type()
class ScreenNameInput:
    """A name to be compared with the lists."""

    name: str
    """The name in any script, 1 to 200 characters."""
    kind: EntityKind | None = UNSET
    """Person or merchant; left out: both."""
    born_on: Date | None = UNSET
    """Date of birth, to tell namesakes apart."""
    country: CountryCode | None = UNSET
    """Country, likewise."""
    lists: list[str] | None = UNSET
    """Names of lists; left out: all."""
    minimum_score: Probability | None = UNSET
    """Only matches of at least this score; left out: the score calibrated to the false-positive rate in force."""


@object_type()
class ScreeningMatch:
    """An entry that a name matches."""

    entry: WatchlistEntry
    """The entry."""
    score: Probability
    """How well it matches."""
    sentence: str
    """What matched and what did not, in one sentence."""


@object_type()
class ScreeningResult:
    """What the lists hold of a name."""

    matches: list[ScreeningMatch] = attribute(directives=at_most(20))
    """Matches, best first, at most 20."""
    minimum_score: Probability
    """The score in force."""
    false_positive_rate: Probability
    """Part of ordinary names that reach this score, as measured."""
    lists: list[Watchlist] = attribute(directives=at_most(10))
    """The lists searched."""


async def show_watchlists(context: Context) -> list[Watchlist]:
    """The lists in force, by name. Raises `RecordsUnavailable`."""
    return [show_watchlist(found) for found in await context.services.lists.newest()]


def show_watchlist(found: records.Watchlist) -> Watchlist:
    """A list as the schema shows it."""
    return Watchlist(name=found.name, version=found.version, count=found.count, imported_at=found.imported_at, found=found)


async def screen_name(context: Context, given: dict[str, Any]) -> ScreeningResult:
    """Compare a name; the answer is given once the audit chain says who asked. Raises `InvalidInput`, `RecordsUnavailable`."""
    query, least = read_query(given), given.get("minimumScore")
    names = await _chosen(context, given.get("lists"))
    searched = await context.services.lists.search(query, THRESHOLD if least is None else least, names)
    await _note(context, searched)
    lists, hits = searched
    return ScreeningResult(
        matches=[ScreeningMatch(entry=show_entry(of.name, hit.entry), score=hit.score, sentence=hit.sentence) for of, hit in hits],
        minimum_score=THRESHOLD,
        false_positive_rate=FALSE_POSITIVE_RATE,
        lists=[show_watchlist(one) for one in lists],
    )


def read_query(given: dict[str, Any]) -> Query:
    """Who is looked for, as a caller says it. Raises `InvalidInput`."""
    name, kind, born_on = given["name"], given.get("kind"), given.get("bornOn")
    if not 0 < len(name) <= LONGEST_NAME or not any(sign.isalnum() for sign in name):
        raise _refused("name", f"`input.name` has 1 to {LONGEST_NAME} characters and a letter or digit among them; give the whole name.")
    if kind is not None and str(kind) not in KINDS:
        raise _refused("kind", "`input.kind` is PERSON or MERCHANT: others have no name that lists know; leave it out for both.")
    born = None if born_on is None else date.fromisoformat(born_on)
    return Query(name, None if kind is None else KINDS[str(kind)], born, given.get("country"))


async def _chosen(context: Context, names: list[str] | None) -> list[str] | None:
    """The lists that a caller names, each once; None for all. Raises `InvalidInput` for one that is not in force, and for none."""
    if names is None:
        return None
    if not 0 < len(names) <= records.MOST_LISTS:
        raise _refused("lists", f"`input.lists` names 1 to {records.MOST_LISTS} lists; leave it out for all.")
    known = {found.name for found in await context.services.lists.newest()}
    if not known.issuperset(names):
        raise _refused("lists", "`input.lists` names a list that is not in force; `watchlists` tells those that are.")
    return list(dict.fromkeys(names))


async def _note(context: Context, searched: Searched) -> None:
    """The audit entry: lists, versions and what was found, as a hash. The name is in none of it."""
    services, principal = context.services, context.principal
    lists, hits = searched
    content = orjson.dumps(
        [[[found.name, found.number] for found in lists], [[of.name, hit.entry.key, hit.score] for of, hit in hits]],
    )
    event = audit.Event(principal.institution.id, services.now(), principal.id, SCREENED, digest=audit.digest(content))
    await audit.note(services.records, services.vault.audit_key, event)


def show_entry(list_name: str, entry: Entry) -> WatchlistEntry:
    """An entry of a list as the schema shows it."""
    return WatchlistEntry(
        key=entry.key,
        list_=list_name,
        name=entry.name,
        aliases=[*entry.aliases[:MOST_ALIASES]],
        topics=[*entry.topics],
        born=[*entry.born],
        countries=[*entry.countries],
    )


def _refused(part: str, message: str) -> InvalidInput:
    return InvalidInput([Problem(("input", part), message)])
