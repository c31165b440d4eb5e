"""Forgetting somebody: what is personal of a person, and of what nobody else is tied to, is destroyed; facts and ties stay.

Ciphertexts, tokens, masked labels and own keys go, from facts and from all that is derived of them, and the keys that would open copies of
them are replaced by fresh ones: who comes back is sealed under these. What a fact's hash says stays, so that a repeated report is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Protocol

import orjson

from graph.contents import PersonDescribed
from graph.ids import TIE_NUMBERS
from graph.model import MONEY_TIES, EntityKind, FieldValue, Sealed, TieKind
from graph.sealing import Sealer
from graph.standing_in import LEFT_OUT
from graph.store import Erased
from graph.stores.shared.encoding import NUMBERS, PLANS
from graph.stores.shared.folding import APPLICATION, FIELDS
from graph.stores.shared.rows import kind_of, pack_fields, unpack_fields
from graph.stores.shared.tables import Row

LABEL: Final = "erased"
"""What is shown instead of a name or a masked value."""

_OWNS: Final = TIE_NUMBERS[TieKind.OWNS]
_MONEY: Final = frozenset(TIE_NUMBERS[kind] for kind in MONEY_TIES)
_UNSEALED: Final = frozenset({EntityKind.MERCHANT, EntityKind.LOAN, EntityKind.DOCUMENT})
_PERSON: Final = NUMBERS[PersonDescribed]
_REASONED: Final = {plan.number: plan.names.index("reason") for plan in PLANS.values() if "reason" in plan.names}
"""Where a fact's free text stands."""

_PERSONAL: Final = frozenset({"label", "latitude", "longitude"})
"""Described fields that are personal of a person or place, beside what is sealed."""


class ErasableRows(Protocol):
    """The rows of one institution that hold something personal, within one transaction that writes."""

    def identity(self, id: str) -> tuple[int, bool] | None:
        """An entity's number, and whether it has a key of its own; None when there is none."""
        ...

    def tied(self, number: int) -> Iterable[tuple[int, int, int]]:
        """Kind and ends of all ties of an entity that something says or said."""
        ...

    def naming(self, number: int) -> Iterable[tuple[int, int, bytes]]:
        """Number, kind and content of the facts that name it themselves."""
        ...

    def put_content(self, fact: int, content: bytes) -> None:
        """Keep another content of a fact."""
        ...

    def statements(self, number: int) -> Iterable[Row]:
        """What is said of it: fact, part, known_from, what, value."""
        ...

    def put_statement(self, number: int, row: Row) -> None:
        """Keep another value of a row that `statements` gave."""
        ...

    def description(self, number: int) -> bytes | None:
        """The fields of its cached description; None without one."""
        ...

    def put_description(self, number: int, fields: bytes) -> None:
        """Keep other fields, and no label."""
        ...

    def put_identity(self, number: int, label: str, subject_key: bytes | None) -> None:
        """Keep neither its own key nor its value nor a token, and this label and key; readers who remember it read it again."""
        ...


def erase(rows: ErasableRows, sealer: Sealer, id: str) -> Erased | None:
    """Forget a person; None when there is none by this id."""
    found = rows.identity(id)
    if found is None:
        return None
    subject, _ = found
    keys = items = 0
    for number in (subject, *_own(rows, subject)):
        items += _facts(rows, number)
        _leave_said(rows, number)
        sealed = kind_of(number) not in _UNSEALED
        keys += sealed
        items += sealed and number != subject
        rows.put_identity(number, LABEL, sealer.new_subject_key() if sealed else None)
    return Erased(keys, items)


def _own(rows: ErasableRows, subject: int) -> list[int]:
    """Accounts, devices, contacts, places, faces and documents of the subject, and of nobody else but companies that it owns alone."""
    ends = {to for kind, from_, to in rows.tied(subject) if from_ == subject and kind not in _MONEY}
    things = sorted(end for end in ends if kind_of(end) not in {EntityKind.MERCHANT, EntityKind.LOAN, EntityKind.PERSON})
    shops = [end for end in sorted(ends) if kind_of(end) is EntityKind.MERCHANT]
    selves = {subject, *(shop for shop in shops if _tied_to(rows, shop, _OWNS) == {subject})}
    return [thing for thing in things if _tied_to(rows, thing) <= selves]


def _tied_to(rows: ErasableRows, number: int, only: int | None = None) -> set[int]:
    """Who is tied to an entity, money apart."""
    return {from_ for kind, from_, to in rows.tied(number) if to == number and kind not in _MONEY and only in {None, kind}}


def _facts(rows: ErasableRows, number: int) -> int:
    """Take what is personal of an entity out of the facts that name it; how many values these were."""
    items = 0
    for fact, kind, content in list(rows.naming(number)):
        parts: list[Any] = orjson.loads(content)
        gone = _values(parts, kind, number) + _places(parts, number)
        if gone:
            rows.put_content(fact, orjson.dumps(parts))
            items += gone
    return items


def _values(parts: list[Any], kind: int, number: int) -> int:
    """A person's name and birth date, and why somebody's standing or block changed."""
    values, gone = parts[0], 0
    if kind == _PERSON and values[0] == number:
        for place, value in enumerate(values):
            if isinstance(value, list):
                values[place] = None
                gone += 1
        if len(parts) > 2:
            parts[2] = None
    reason = _REASONED.get(kind)
    if reason is not None and values[reason] not in {None, LEFT_OUT}:
        values[reason] = LEFT_OUT
        gone += 1
    return gone


def _places(parts: list[Any], number: int) -> int:
    """A place's address and coordinates."""
    gone = 0
    for place in parts[1] if len(parts) > 1 else []:
        if place[0] == number and place[1] is not None:
            place[1] = place[3] = place[4] = None
            gone += 1
    return gone


def _leave_said(rows: ErasableRows, number: int) -> None:
    """Take what is personal out of what is derived of facts; these are copies, so none is counted."""
    for row in list(rows.statements(number)):
        if row[3] in {FIELDS, APPLICATION}:
            fields = unpack_fields(row[4])
            if (left := _left(fields)) != fields:
                rows.put_statement(number, (*row[:4], pack_fields(left)))
    described = rows.description(number)
    if described is not None:
        rows.put_description(number, pack_fields(_left(unpack_fields(described))))


def _left(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    """What is not personal."""
    return {name: value for name, value in fields.items() if not isinstance(value, Sealed) and name not in _PERSONAL}
