"""Plans made before anybody waits for them: a server plans each query when it comes first, and some take a second.

The queries of a decision are asked as a decision asks them, of an institution that does not exist: nothing is found and nothing written. A
plan is kept for the text and the types of the parameters, in which the length of a list counts: none, one, up to ten, up to a hundred ...
So what is costly to plan is never asked with a list of none or one (`several`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias, TypeVar

from graph.bounds import DECISION_BOUNDS, around_a_loan
from graph.model import Instant, TieKind, TransferKind, WalkBounds
from graph.stores.neo4j.catalogue import asking, every, flowing, foreseeing, institutions, moments, phrases, recording
from graph.stores.shared.snapshot import TRANSFER_KINDS

T = TypeVar("T")

Statement: TypeAlias = tuple[str, dict[str, Any]]

NOBODY: Final = -1
"""No institution and no entity has this number."""

LENGTHS: Final = (2, 11)
"""Of lists: several, and many."""

_ID: Final = "non_" + "a" * 24
_LATER: Final[Instant] = 2**42
_UNWARMED: Final = frozenset(
    {"INSTITUTIONS", "ENTER_DEPLOYMENT", "ENTER_INSTITUTION", "NUMBERS", "REMOVE_INSTITUTION", "REMOVE_DEPLOYMENT"}
)
"""Of a deployment: planned by every opening, or asked of none that serves."""

_LISTS: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("accounts", "receiving", "own", "numbers", "others", "entities", "starts", "ends", "keys", "ties"), NOBODY),
    **dict.fromkeys(("ids", "facts", "described", "ownerless"), _ID),
    "claims": "1:key",
    "pairs": [NOBODY, NOBODY],
    "between": [_ID, _ID, False],
}
_VALUES: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("id", "centre", "deployment", "institution_id"), _ID),
    **dict.fromkeys(("until", "before", "recorded", "last", "after", "after_7", "after_30", "after_90", "at", "known_at"), _LATER),
    **dict.fromkeys(("limit", "most", "followed", "crowded"), 30),
    "kind": TRANSFER_KINDS.index(TransferKind.PAYMENT),
    "rows": {name: [] for name in recording.WRITTEN},
}
"""Whatever else there is are numbers of something, and nobody's."""


def several(values: Sequence[T], filler: T) -> list[T]:
    """At least two values, with what finds nothing in place of those that are not there: one plan then serves up to ten."""
    return [*values, *[filler] * (2 - len(values))]


def of_a_walk(bounds: WalkBounds) -> str | None:
    """The query by which a walk within these bounds is foreseen; None when some distance asks for no ties."""
    kinds = kinds_of_a_walk(bounds)
    if not all(one is None or one for one in kinds):
        return None
    pays = bounds.kinds is None or TieKind.PAYS in bounds.kinds
    return foreseeing.ball(tuple(phrases.types(one) for one in kinds), "reach" if pays else "crowd")


def kinds_of_a_walk(bounds: WalkBounds) -> list[frozenset[TieKind] | None]:
    """The kinds of tie that are followed at each distance."""
    last = bounds.kinds if bounds.last_kinds is None else bounds.last_kinds & (bounds.kinds or bounds.last_kinds)
    return [bounds.kinds] * (bounds.depth - 1) + [last]


def of_each_decision() -> list[Statement]:
    """What every decision asks."""
    walk = of_a_walk(around_a_loan(DECISION_BOUNDS))
    assert walk is not None, "a decision follows ties at each distance"
    return [
        (text, _of_nobody(text, 2)) for text in (institutions.INSTITUTION, walk, foreseeing.MONEY, flowing.HOUSEHOLD, recording.FORESEE)
    ]


def of_a_decision() -> list[Statement]:
    """What a decision asks, first what each one asks."""
    found = [*of_each_decision(), *((text, _of_nobody(text, 2)) for text in (recording.TIES, recording.WRITE))]
    adjacent = asking.adjacent(phrases.types(DECISION_BOUNDS.kinds))
    for length in LENGTHS:
        found += [
            (text, _of_nobody(text, length))
            for text in (recording.FORESEE, recording.TIES, recording.TIES_FOLDED, moments.TOUCHED, adjacent)
        ]
        found += [(text, _of_nobody(text, length)) for text in (moments.STATEMENTS, moments.FOLD_TIES, moments.NAMED, asking.IDENTIFY)]
        found += [(text, _of_nobody(text, length)) for text in (asking.PLACES_WITH_PROFILES, foreseeing.MONEY, flowing.HOUSEHOLD)]
    return found


def of_all_else() -> list[Statement]:
    """Every other query of the catalogue."""
    before = {text for text, _ in of_a_decision()}
    others = [text for name, text in every().items() if name not in _UNWARMED and text not in before]
    return [(text, _of_nobody(text, 2)) for text in others]


def _of_nobody(query: str, length: int) -> dict[str, Any]:
    """What the query asks for, of nobody."""
    found: dict[str, Any] = {"institution": NOBODY}
    for name in set(re.findall(r"\$(\w+)", query)) - {"institution"}:
        found[name] = [_LISTS[name]] * length if name in _LISTS else _VALUES.get(name, NOBODY)
    if query == recording.FORESEE:
        found["entities"] = [_ID] * length
    if query == flowing.HOUSEHOLD:
        found |= {"accounts": [_ID] * length, "people": [_ID] * length, "kinds": [*range(len(TRANSFER_KINDS))], "whole": [0]}
    return found


def of_a_recording() -> Statement:
    """What a decision writes, of nobody: two entities with a fact, a tie and what is said of them. Whoever asks it undoes it."""
    one, other = 16, 32
    rows: dict[str, list[Any]] = {name: [] for name in recording.WRITTEN}
    rows["entities"] = [[number, f"{_ID}{number}", None, "", None, None, None, None, "Person"] for number in (one, other)]
    rows["facts"] = [[1, _ID, _ID, 0, _LATER, _LATER, None, b"", b"", _ID, None, None]]
    rows["mentions"] = [[number, _LATER, _LATER, 1] for number in (one, other)]
    rows["nodes"] = [[number, 1, _LATER, _LATER, _LATER, _LATER, 1, b"", 1] for number in (one, other)]
    rows["ties"] = [[1, 0, one, other, _LATER, _LATER, _LATER, None, 1, None, None, _LATER, _LATER, True, TieKind.OWNS.value, "aaa"]]
    rows["changed"] = [[1, 0, one, other, _LATER, _LATER, _LATER, None, 2, None, None, _LATER, _LATER, True]]
    rows["observations"] = [[1, _LATER, 1, _LATER, None, None, None, False, None, None, None, 0, one, other, None]]
    rows["statements"] = [[one, 1, 0, _LATER, None, _LATER, "", _LATER, 0, b"", None]]
    rows["said"] = [[one, None, None, None, None]]
    return recording.WRITE, {"institution": NOBODY, "rows": rows}
