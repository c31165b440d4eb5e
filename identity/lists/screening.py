"""A subject against all lists: what stands, with what people judged of it before.

The indexes are the worker's or the server's, one for each list's newest version; the rest is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from identity.lists.entries import Entry
from identity.lists.index import Hit, ListIndex, Query
from identity.lists.records import Judgement, Watchlist
from identity.model import ListMatch

THRESHOLD: Final = 0.8
"""Score from which a match is looked at: about one in a thousand ordinary names reaches it (`make bench-identity`)."""

FALSE_POSITIVE_RATE: Final = 0.001
"""Part of ordinary names that reach `THRESHOLD`, as measured on a list of 683 names; it rises with the length of the list."""

MOST_MATCHES: Final = 20

MOST_JUDGED: Final = 200
"""Judgements of one subject for which room is made beside them."""

Held = tuple[Watchlist, ListIndex]
"""A list in memory."""


@dataclass(slots=True)
class Lists:
    """The lists that are in memory, by name. `refresh` brings them to their newest versions."""

    held: dict[str, Held] = field(default_factory=dict)

    def refresh(self, newest: Iterable[Watchlist], entries: Callable[[Watchlist], Iterable[Entry]]) -> tuple[Watchlist, ...]:
        """Load what is newer than what is held, forget what is no more, and give the lists that changed."""
        standing = {found.name: found for found in newest}
        changed = [found for name, found in standing.items() if name not in self.held or self.held[name][0].number != found.number]
        made = {found.name: (found, ListIndex(entries(found))) for found in changed}
        self.held = {name: made.get(name) or self.held[name] for name in standing}
        return tuple(changed)

    def matches(
        self, query: Query, judged: Iterable[Judgement] = (), least: float = THRESHOLD, names: Iterable[str] | None = None
    ) -> tuple[ListMatch, ...]:
        """Entries like the name, best first, at most `MOST_MATCHES`; each with what people judged of it. `names` chooses lists."""
        said: Mapping[tuple[str, str], bool] = {(judgement.list_name, judgement.key): judgement.same for judgement in judged}
        found = [
            ListMatch(of.name, hit.entry.key, hit.name, hit.score, hit.sentence, said.get((of.name, hit.entry.key)))
            for of, hit in self._near(query, least, names, MOST_MATCHES + min(len(said), MOST_JUDGED))
        ]
        # What people judged to be somebody else must not push out what nobody judged yet.
        return tuple(sorted(found, key=lambda match: (match.judged is False, -match.score, match.list_name, match.key))[:MOST_MATCHES])

    def hits(
        self, query: Query, least: float = THRESHOLD, names: Iterable[str] | None = None
    ) -> tuple[tuple[Watchlist, ...], tuple[tuple[Watchlist, Hit], ...]]:
        """The lists that were searched, and entries like the name, best first, at most `MOST_MATCHES`. `names` chooses lists."""
        held = self.held  # a newer version may take its place meanwhile
        searched = tuple(held[name][0] for name in (held if names is None else names) if name in held)
        found = self._near(query, least, [of.name for of in searched], MOST_MATCHES, held)
        return searched, tuple(sorted(found, key=lambda one: (-one[1].score, one[0].name, one[1].entry.key))[:MOST_MATCHES])

    def _near(
        self, query: Query, least: float, names: Iterable[str] | None, most: int, of: Mapping[str, Held] | None = None
    ) -> list[tuple[Watchlist, Hit]]:
        """Entries of each list like the name, at most `most` of one list."""
        held = self.held if of is None else of
        wanted = held if names is None else [name for name in names if name in held]
        return [(held[name][0], hit) for name in wanted for hit in held[name][1].search(query, least, most)]
