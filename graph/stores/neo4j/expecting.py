"""What a call of recording will want to know beside what `touched` says, so that it can be asked in the same round trip.

Only of small calls, as a decision's is: what a thousand facts touch is asked for in few statements anyhow.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from graph.contents import ApplicationMade, TieEnded, TieObserved
from graph.model import EntityKind
from graph.stores.shared.claims import REVERSAL, SPACES
from graph.stores.shared.deriving import flow_ends
from graph.stores.shared.encoding import FIELD_NAMES, NUMBERS, Prepared
from graph.stores.shared.ledger import may_turn
from graph.stores.shared.rows import entity_number
from graph.stores.shared.saying import SAYING

FEW: Final = 20
"""Facts of a call that is small."""

_APPLICATION: Final = NUMBERS[ApplicationMade]
_OBSERVED: Final = NUMBERS[TieObserved]
_ENDED: Final = NUMBERS[TieEnded]
_APPLIED: Final = ("device", "ip_address", "phone", "email", "place", "pay_out_account", "loan")
"""Fields of an application that are tied to who applies."""


class Expected(NamedTuple):
    """What is wanted, by ids of entities."""

    between: tuple[tuple[str, str, bool], ...]
    """Pairs whose ties will be asked for, in both directions where there can be, and whether all their rows will be folded."""
    described: frozenset[str]
    """Entities of which something will be said."""
    ownerless: frozenset[str]
    """Merchants whose owners count as who applied."""


NOTHING: Final = Expected((), frozenset(), frozenset())


def expect(facts: Sequence[Prepared]) -> Expected:
    """What a call with these facts will want to know; of a call that is not small nothing."""
    if len(facts) > FEW:
        return NOTHING
    between: dict[tuple[str, str], bool] = {}
    described: set[str] = set()
    ownerless: set[str] = set()
    for fact in facts:
        kinds = {id_: name.kind for id_, name in fact.entities.items()}
        if fact.kind in SAYING:
            described.update(kinds)
        for from_, to, folded in _pairs(fact):
            between[from_, to] = folded or between.get((from_, to), False)
            if _turns(kinds[from_], kinds[to]):
                between[to, from_] = folded or between.get((to, from_), False)
        if fact.kind == _APPLICATION and "applicant" not in _values(fact):
            ownerless.add(_values(fact)["merchant"])
    pairs = tuple((from_, to, folded) for (from_, to), folded in sorted(between.items()))
    return Expected(pairs, frozenset(described), frozenset(ownerless))


def _pairs(fact: Prepared) -> list[tuple[str, str, bool]]:
    """Who a fact ties to whom, and whether that tie is folded from all its rows."""
    if fact.kind in (_OBSERVED, _ENDED):
        return [(str(fact.values[0]), str(fact.values[2]), fact.kind == _ENDED or fact.values[3] is not None)]
    if fact.kind in SPACES and fact.kind != REVERSAL:
        from_, to = _flow_ends(fact)
        return [(from_, to, False)]
    if fact.kind == _APPLICATION:
        values = _values(fact)
        merchant = values["merchant"]
        who = values.get("applicant", merchant)
        tied = [(who, values[field], True) for field in _APPLIED if field in values]
        return [*tied, (merchant, values["loan"], True)]
    return []


def _values(fact: Prepared) -> dict[str, str]:
    """Entities that a fact names, by field."""
    return {
        name: str(value)
        for name, value in zip(FIELD_NAMES[fact.kind], fact.values, strict=True)
        if isinstance(value, str) and value in fact.entities
    }


def _flow_ends(fact: Prepared) -> tuple[str, str]:
    """As `flow_ends`, of ids."""
    from_, to = flow_ends(SPACES[fact.kind], (1, 2))
    ends = (str(fact.values[1]), str(fact.values[2]))
    return ends[from_ - 1], ends[to - 1]


def _turns(one: EntityKind, other: EntityKind) -> bool:
    return may_turn(entity_number(0, one), entity_number(0, other))
