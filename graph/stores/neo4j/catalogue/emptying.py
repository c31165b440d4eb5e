"""What removes an institution, a bounded lot at a time."""

from __future__ import annotations

from typing import Final

_KEPT: Final = {"Fact": "number", "Observation": "tie", "Statement": "entity", "Withdrawal": "fact_id", "Entity": "number"}
"""Labels of what an institution has, each with a property by which an index lists all of it."""

LOTS: Final = tuple(
    f"""
MATCH (x:{label} {{institution: $institution}}) WHERE x.{listed} IS NOT NULL
WITH x LIMIT $most
DETACH DELETE x RETURN count(*)
"""
    for label, listed in _KEPT.items()
)
EMPTY_FACTS, EMPTY_OBSERVATIONS, EMPTY_STATEMENTS, EMPTY_WITHDRAWALS, EMPTY_ENTITIES = LOTS
NUMBERS: Final = """
MATCH (i:Institution {deployment: $deployment}) RETURN i.number ORDER BY i.number LIMIT 1000
"""
REMOVE_INSTITUTION: Final = """
MATCH (i:Institution {number: $institution}) DETACH DELETE i
"""
REMOVE_DEPLOYMENT: Final = """
MATCH (d:Deployment {name: $deployment}) DELETE d
"""
