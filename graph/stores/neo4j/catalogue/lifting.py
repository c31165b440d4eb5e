"""All rows of an institution, a bounded range at a time: what a check compares with what the facts make."""

from __future__ import annotations

from typing import Final

from graph.stores.neo4j.catalogue.phrases import ALL_TIES, NODE_COLUMNS, TIE_COLUMNS

COUNTERS: Final = """
MATCH (i:Institution {number: $institution}) RETURN i.recorded_at, i.last_entity, i.last_fact, i.last_tie
"""
LIFT_FACTS: Final = """
MATCH (f:Fact {institution: $institution}) WHERE f.number > $after AND f.number <= $until
RETURN f.number, f.id, f.source, f.source_id, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content, f.claim, f.ownerless
"""
LIFT_MENTIONS: Final = """
MATCH (f:Fact {institution: $institution})-[n:NAMES {institution: $institution}]->(e:Entity {institution: $institution})
WHERE f.number > $after AND f.number <= $until
RETURN e.number, n.occurred_at, n.recorded_at, f.number
"""
LIFT_TRANSFERS: Final = """
MATCH (a:Entity {institution: $institution})-[m:TRANSFERRED {institution: $institution}]->(b:Entity {institution: $institution})
USING INDEX m:TRANSFERRED(institution, fact, known_from)
WHERE m.fact > $after AND m.fact <= $until AND m.known_from >= 0
RETURN a.number, m.occurred_at, m.recorded_at, m.fact, m.known_from, m.known_until, m.hidden_at, b.number, m.amount, m.kind, m.tie
"""
LIFT_ENTITIES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number > $after AND e.number <= $until
RETURN e.id, e.key, e.label, e.token, e.token_version, e.value, e.subject_key, e.said, e.blocked, e.standing, e.fields, {NODE_COLUMNS}
"""
LIFT_STATEMENTS: Final = """
MATCH (s:Statement {institution: $institution}) WHERE s.entity > $after AND s.entity <= $until
RETURN s.entity, s.fact, s.part, s.known_from, s.known_until, s.occurred_at, s.rank, s.visible_at, s.what, s.value, s.loan
"""
LIFT_TIES: Final = f"""
MATCH (a:Entity {{institution: $institution}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution}})
WHERE a.number > $after AND a.number <= $until
RETURN {TIE_COLUMNS}, t.latest_at, t.changed_at, t.simple
"""
LIFT_OBSERVATIONS: Final = """
MATCH (o:Observation {institution: $institution}) WHERE o.tie > $after AND o.tie <= $until
RETURN o.tie, o.occurred_at, o.fact, o.known_from, o.recorded_at, o.known_until, o.hidden_at, o.ended, o.amount, o.share, o.loan
"""
LIFT_WITHDRAWALS: Final = """
MATCH (w:Withdrawal {institution: $institution}) WHERE w.fact_id > $id
RETURN w.fact_id, w.recorded_at ORDER BY w.fact_id LIMIT $most
"""
