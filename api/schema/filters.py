"""From a raw `DecisionFilter` to the question that the records answer."""

from __future__ import annotations

from typing import Any, Final

from api.context import Context
from graph.decoding import decode_merchant_reference
from graph.errors import InvalidInput, Problem, Unknown
from graph.model import EntityKind
from rules.model import Verdict
from rules.records import DecisionQuery

NOBODY: Final = "none"
"""In place of an id that nothing can have: no decision is on it."""
LONGEST_CODE: Final = 100


def decision_query(context: Context, first: int, raw: dict[str, Any]) -> DecisionQuery:
    """The question that a filter asks. Raises `InvalidInput` for a key or code that none can be."""
    code = raw.get("reasonCode")
    if code is not None and not (0 < len(code) <= LONGEST_CODE and code.isprintable()):
        message = f"`reasonCode` has 1 to {LONGEST_CODE} printable characters; give the code of a reason."
        raise InvalidInput([Problem(("filter", "reasonCode"), message)])
    verdicts = raw.get("verdicts")
    return DecisionQuery(
        first=first,
        loan=_entity(context, EntityKind.LOAN, raw, "loan"),
        merchant=_entity(context, EntityKind.MERCHANT, raw, "merchant"),
        verdicts=None if verdicts is None else frozenset(Verdict(verdict) for verdict in verdicts),
        reason_code=code,
        degraded=raw.get("degraded"),
        decided_after=raw.get("decidedAfter"),
        decided_before=raw.get("decidedBefore"),
    )


def _entity(context: Context, kind: EntityKind, raw: dict[str, Any], name: str) -> str | None:
    """Id of the entity that a filter names, without asking the graph: decisions outlive what it knows."""
    reference = raw.get(name)
    if reference is None:
        return None
    try:
        found = decode_merchant_reference(kind, reference, ("filter", name))
    except Unknown:
        return NOBODY
    if found.id is not None:
        return found.id
    assert found.key is not None, "a reference has an id or a key"
    return context.services.sealers(context.principal.institution.id).entity_id(kind, found.key)
