"""A watchlist in memory: names near a name, found by shared pieces and scored by `identity.names`.

Blocking: each name is filed under pieces of its words (three letters, the sound of a word) and under its Chinese characters, singly and in
pairs. Pieces weigh by how rare they are (the logarithm of one in how many names). Only the `MOST_CANDIDATES` names that share most are
compared in full, so that a screening costs the same for any name.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

from identity.lists.entries import Entry
from identity.names.comparing import Likeness, likeness, sound, weight_of
from identity.names.forms import Name, NameKind

MOST_CANDIDATES: Final = 50
"""Names that are compared in full; more when more than half as many are asked for."""

SHARED: Final = 0.3
"""Least part of the lighter name's weight of pieces that a candidate shares."""

FREQUENT: Final = 0.08
"""Pieces that more than this part of the names have are looked up only where rarer ones are few."""

FEW: Final = 400
"""Names that a piece may always have."""

RARITY: Final = 0.4
"""How much less a word weighs that every name on the list has."""

OTHER_BIRTHDAY: Final = 0.85
"""What a birth date that does not fit leaves of a score; the lists' own dates are often wrong, so it is no proof."""

OTHER_COUNTRY: Final = 0.97
SAME_BIRTHDAY: Final = 0.02
"""What a birth date that fits adds to a score."""


@dataclass(frozen=True, slots=True)
class Query:
    """Who is looked for."""

    name: str
    kind: NameKind | None = None
    """None: persons and firms."""
    born_on: date | None = None
    country: str | None = None
    """ISO 3166-1 alpha-2."""


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry near a name: score 0 to 1, and why in one sentence."""

    entry: Entry
    name: str
    """The entry's name that is nearest."""
    score: float
    sentence: str


class ListIndex:
    """The names of a list's entries, filed by their pieces. Never changes; safe to share between threads."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries: tuple[Entry, ...] = tuple(entries)
        self._names: list[Name] = []
        self._owners: list[int] = []
        words = Counter[str]()
        filed = defaultdict[str, list[int]](list)
        for owner, entry in enumerate(self.entries):
            for text in dict.fromkeys((entry.name, *entry.aliases)):
                name = Name.of(text, entry.kind)
                if not any(name.forms):
                    continue
                number = len(self._names)
                self._names.append(name)
                self._owners.append(owner)
                words.update({word for form in name.forms for word in form})
                for piece in pieces_of(name):
                    filed[piece].append(number)
        self._words = words
        self._scale = math.log(2 + len(self._names))
        total = max(1, len(self._names))
        self._filed: dict[str, tuple[NDArray[np.int32], float]] = {
            piece: (np.asarray(numbers, dtype=np.int32), math.log(1 + total / len(numbers))) for piece, numbers in filed.items()
        }
        self._weights: NDArray[np.float32] = np.zeros(len(self._names), dtype=np.float32)
        for numbers, weight in self._filed.values():
            self._weights[numbers] += weight
        self._frequent = max(FEW, int(FREQUENT * total))
        self._unseen = math.log(1 + total)

    def __len__(self) -> int:
        return len(self.entries)

    def search(self, query: Query, least: float, most: int = 20) -> list[Hit]:
        """Entries whose name scores at least `least`, best first, at most `most`."""
        found = dict[int, Hit]()
        for kind in [query.kind] if query.kind is not None else list(NameKind):
            name = Name.of(query.name, kind)
            for number in self._candidates(name, max(MOST_CANDIDATES, 2 * most)):
                their = self._names[number]
                if their.kind is not kind:
                    continue
                near = likeness(name, their, self._weigh)
                if near.score < least - SAME_BIRTHDAY:
                    continue
                hit = _weighed(query, self.entries[self._owners[number]], their.text, near)
                before = found.get(self._owners[number])
                if hit.score >= least and (before is None or hit.score > before.score):
                    found[self._owners[number]] = hit
        return sorted(found.values(), key=lambda hit: (-hit.score, hit.entry.key))[:most]

    def _weigh(self, word: str) -> float:
        """A word's weight on this list: a word that many names have says less."""
        seen = self._words.get(word, 0)
        return weight_of(word) * (1.0 - RARITY * math.log(1 + seen) / self._scale)

    def _candidates(self, name: Name, most: int) -> list[int]:
        """Numbers of the names that share most with this one, at most `most`."""
        pieces = pieces_of(name)
        wanted = [self._filed[piece] for piece in pieces if piece in self._filed]
        if not wanted:
            return []
        rare = [found for found in wanted if len(found[0]) <= self._frequent]
        used = rare if len(rare) * 2 >= len(wanted) else wanted
        shared = np.zeros(len(self._names), dtype=np.float32)
        for numbers, weight in used:
            shared[numbers] += weight
        own = sum(weight for _, weight in wanted) + self._unseen * 0.25 * (len(pieces) - len(wanted))
        part = shared / np.minimum(self._weights, np.float32(max(own, 1e-6)))
        near = np.flatnonzero(part >= SHARED)
        if len(near) > most:
            near = near[np.argpartition(part[near] + shared[near] * 1e-3, -most)[-most:]]
        return [int(number) for number in near]


def pieces_of(name: Name) -> set[str]:
    """What a name is filed under."""
    pieces = set[str]()
    for form in name.forms:
        for word in form:
            padded = f"<{word}>"
            pieces.update(padded[place : place + 3] for place in range(len(padded) - 2))
            if len(word) > 2:
                pieces.add(f"~{sound(word)}")
        # Where words are run together or torn apart the pieces across the gap are all that is left of the ends.
        joined = "".join(form)
        pieces.update(joined[place : place + 3] for place in range(max(0, len(joined) - 2)))
    for characters in (name.han, name.turned):
        pieces.update(characters)
        pieces.update(characters[place : place + 2] for place in range(len(characters) - 1))
    return pieces


def _weighed(query: Query, entry: Entry, name: str, near: Likeness) -> Hit:
    """A likeness with what birth date and country say of it."""
    score, says = near.score, [near.why]
    if query.born_on is not None and entry.born:
        if any(_fits(query.born_on, text) for text in entry.born):
            score = min(1.0, score + SAME_BIRTHDAY)
            says.append("the date of birth fits")
        elif not any(abs(query.born_on.year - int(text[:4])) <= 1 for text in entry.born):
            score *= OTHER_BIRTHDAY
            says.append("the date of birth is another")
        else:
            says.append("the year of birth is near")
    if query.country is not None and entry.countries:
        if query.country.upper() in entry.countries:
            says.append("the country agrees")
        else:
            score *= OTHER_COUNTRY
            says.append("the country is another")
    sentence = f"{'; '.join(says)}."
    return Hit(entry, name, round(score, 4), sentence[0].upper() + sentence[1:])


def _fits(born: date, text: str) -> bool:
    """Whether a day is in the year, month or day that a list states."""
    return born.isoformat().startswith(text)
