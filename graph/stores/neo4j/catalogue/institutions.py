"""Institutions: the only queries that are of a deployment and not of one institution."""

from __future__ import annotations

from typing import Final

INSTITUTION: Final = """
MATCH (i:Institution {deployment: $deployment, id: $institution_id}) RETURN i.number, i.check_value, i.recorded_at
"""
ENTER_DEPLOYMENT: Final = """
MERGE (d:Deployment {name: $deployment}) ON CREATE SET d.check_value = $check ON MATCH SET d.check_value = coalesce(d.check_value, $check)
RETURN d.check_value
"""
INSTITUTIONS: Final = """
MATCH (i:Institution {deployment: $deployment}) RETURN i.id, i.check_value ORDER BY i.number LIMIT 1000
"""
ENTER_INSTITUTION: Final = """
MERGE (n:Numbers {name: 'institution'}) SET n.last = coalesce(n.last, 0) + 1
WITH n.last AS number
MERGE (i:Institution {deployment: $deployment, id: $institution_id})
ON CREATE SET i.number = number, i.check_value = $check, i.recorded_at = 0, i.last_entity = 0, i.last_fact = 0, i.last_tie = 0
RETURN i.number, i.check_value
"""
