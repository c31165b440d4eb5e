"""Lists of single transfers."""

from __future__ import annotations

from functools import cache
from typing import Final

from graph.stores.neo4j.catalogue.phrases import KNOWN

_COLUMNS: Final = "f.id, f.content, a.id, b.id, m.amount, m.kind, m.occurred_at, m.recorded_at, m.hidden_at"
_MOVED: Final = """
MATCH (a:Entity {institution: $institution})-[m:TRANSFERRED {institution: $institution}]->(b:Entity {institution: $institution})
"""


@cache
def reported(incoming: bool) -> str:
    """An account's transfers in one direction and a time, newest first, behind a place; `$until` is the latest moment among them."""
    end = "to_" if incoming else "from_"
    return f"""{_MOVED}USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
WHERE m.{end} = $account AND m.occurred_at > $after AND m.occurred_at <= $until AND {KNOWN.format("m")}
MATCH (f:Fact {{institution: $institution, number: m.fact}})
WHERE m.occurred_at < $last OR m.recorded_at < $recorded OR (m.recorded_at = $recorded AND f.id < $id)
WITH f, a, b, m ORDER BY m.institution DESC, m.{end} DESC, m.occurred_at DESC, m.recorded_at DESC, f.id DESC LIMIT $most
RETURN {_COLUMNS}
"""


REPORTED_BY: Final = """
MATCH (f:Fact {institution: $institution, id: $fact}) RETURN f.number
"""
REPORT: Final = f"""
MATCH (a:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution, fact: $number}}]->(b:Entity {{institution: $institution}})
USING INDEX m:TRANSFERRED(institution, fact, known_from)
WHERE m.known_from >= 0 AND m.occurred_at <= $at AND {KNOWN.format("m")}
MATCH (f:Fact {{institution: $institution, number: $number}})
RETURN {_COLUMNS}
"""
