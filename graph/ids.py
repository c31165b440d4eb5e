"""Ids of ties, and the numbers by which stores know kinds.

A tie's id is `tie_`, one letter each for its kind and the kinds of its two ends, then the 24 characters of either end's
id: it decodes to both ends, so no store needs an index for it, and ids sort like (kind, from, to) in every store.
"""

from __future__ import annotations

from typing import Final

from graph.model import EntityKind, TieKind

LETTERS: Final = "abcdefghijklmnopqrstuvwxyz234567"
"""Lower-case base32, the alphabet of all ids."""

BODY: Final = 24
"""Characters of an entity's or fact's id after its prefix: 15 bytes in base32."""

ENTITY_NUMBERS: Final[dict[EntityKind, int]] = {
    EntityKind.ACCOUNT: 0,
    EntityKind.DEVICE: 1,
    EntityKind.DOCUMENT: 2,
    EntityKind.EMAIL: 3,
    EntityKind.FACE: 4,
    EntityKind.IP_ADDRESS: 5,
    EntityKind.LOAN: 6,
    EntityKind.MERCHANT: 7,
    EntityKind.PERSON: 8,
    EntityKind.PHONE: 9,
    EntityKind.PLACE: 10,
}
"""For ever, and in the order of the prefixes: a number once given is never used for another kind."""

ENTITY_KINDS: Final = {number: kind for kind, number in ENTITY_NUMBERS.items()}

TIE_NUMBERS: Final[dict[TieKind, int]] = {kind: number for number, kind in enumerate(TieKind)}
"""For ever: new kinds are added at the end of `TieKind`."""

TIE_KINDS: Final = {number: kind for kind, number in TIE_NUMBERS.items()}

_LENGTH: Final = len("tie_") + 3 + 2 * BODY


def tie_id(kind: TieKind, from_id: str, to_id: str) -> str:
    """Id of the tie of this kind between two entities, the same in every store."""
    letters = LETTERS[TIE_NUMBERS[kind]] + LETTERS[_ENTITY_LETTER[from_id[:3]]] + LETTERS[_ENTITY_LETTER[to_id[:3]]]
    return f"tie_{letters}{from_id[4:]}{to_id[4:]}"


def tie_parts(id: str) -> tuple[TieKind, str, str] | None:
    """Kind and the ids of both ends of a tie's id; None when it is not one. Whether the tie exists is the store's to say."""
    if len(id) != _LENGTH or not id.startswith("tie_"):
        return None
    kind, from_, to = (LETTERS.find(letter) for letter in id[4:7])
    if kind not in TIE_KINDS or from_ not in ENTITY_KINDS or to not in ENTITY_KINDS:
        return None
    return TIE_KINDS[kind], f"{ENTITY_KINDS[from_].value}_{id[7 : 7 + BODY]}", f"{ENTITY_KINDS[to].value}_{id[7 + BODY :]}"


_ENTITY_LETTER: Final = {kind.value: number for kind, number in ENTITY_NUMBERS.items()}
