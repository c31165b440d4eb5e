"""What recording reads and writes."""

from __future__ import annotations

from typing import Final

from graph.model import TieKind
from graph.stores.neo4j.catalogue.phrases import ALL_TIES, FACT_COLUMNS, NODE_COLUMNS, TIE_COLUMNS

FORESEE: Final = f"""
MATCH (i:Institution {{number: $institution}}) SET i.locked = true
WITH i
CALL (i) {{
    MATCH (f:Fact {{institution: $institution}}) WHERE f.id IN $facts
    RETURN collect([f.id, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash]) AS facts
}}
CALL (i) {{
    MATCH (w:Withdrawal {{institution: $institution}}) WHERE w.fact_id IN $facts RETURN collect([w.fact_id, w.recorded_at]) AS withdrawals
}}
CALL (i) {{
    MATCH (e:Entity {{institution: $institution}}) WHERE e.id IN $entities RETURN collect([e.id, e.subject_key, {NODE_COLUMNS}]) AS entities
}}
CALL (i) {{
    MATCH (f:Fact {{institution: $institution}}) WHERE f.claim IN $claims
    WITH f ORDER BY f.number
    RETURN collect([f.claim, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content]) AS users
}}
RETURN i.check_value, i.recorded_at, i.last_entity, i.last_fact, i.last_tie, facts, withdrawals, entities, users
"""
"""The first statement of everything that writes: from here to the commit the institution has one writer. What it reads it reads as that one."""

LOCK: Final = """
MATCH (i:Institution {number: $institution}) SET i.locked = true
"""
"""What `FORESEE` begins with, for who only waits for his turn."""

KEPT: Final = f"""
MATCH (f:Fact {{institution: $institution}}) WHERE f.number IN $numbers RETURN {FACT_COLUMNS}
"""
USERS: Final = """
MATCH (f:Fact {institution: $institution}) WHERE f.claim IN $keys
RETURN f.claim, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content ORDER BY f.number
"""
OWNERLESS: Final = """
MATCH (f:Fact {institution: $institution}) WHERE f.ownerless IN $keys
RETURN f.ownerless, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content ORDER BY f.number
"""
IDENTITY: Final = """
MATCH (e:Entity {institution: $institution, number: $number}) RETURN e.id, e.subject_key
"""
NODES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {NODE_COLUMNS}
"""
TIES: Final = f"""
UNWIND $pairs AS pair
MATCH (a:Entity {{institution: $institution, number: pair[0]}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: pair[1]}})
RETURN {TIE_COLUMNS}, t.latest_at, t.changed_at, t.simple
"""
OWNED: Final = f"""
MATCH (m:Entity {{institution: $institution, number: $merchant}})<-[t:{TieKind.OWNS}]-(:Entity {{institution: $institution}})
MATCH (o:Observation {{institution: $institution, tie: t.number}}) WHERE o.occurred_at <= $until
RETURN t.from_, o.occurred_at, o.known_from, o.known_until, o.ended, o.share, o.rank
"""


_WRITES: Final = (
    (
        "withdrawals",
        """
    MERGE (w:Withdrawal {institution: $institution, fact_id: row.fact_id}) ON CREATE SET w.recorded_at = row.recorded_at
    ON MATCH SET w.recorded_at = CASE WHEN row.recorded_at < w.recorded_at THEN row.recorded_at ELSE w.recorded_at END""",
    ),
    (
        "entities",
        """
    CREATE (e:Entity {institution: $institution, number: row.properties.number}) SET e += row.properties SET e:$(row.label)""",
    ),
    (
        "facts",
        """
    CREATE (f:Fact {institution: $institution}) SET f += row""",
    ),
    (
        "mentions",
        """
    MATCH (f:Fact {institution: $institution, number: row.fact})
    MATCH (e:Entity {institution: $institution, number: row.entity})
    CREATE (f)-[n:NAMES {institution: $institution}]->(e) SET n += row""",
    ),
    (
        "transfers",
        """
    MATCH (a:Entity {institution: $institution, number: row.from_})
    MATCH (b:Entity {institution: $institution, number: row.to_})
    CREATE (a)-[m:TRANSFERRED {institution: $institution}]->(b) SET m += row""",
    ),
    (
        "observations",
        """
    CREATE (o:Observation {institution: $institution}) SET o += row""",
    ),
    (
        "statements",
        """
    CREATE (s:Statement {institution: $institution}) SET s += row""",
    ),
    (
        "nodes",
        """
    MATCH (e:Entity {institution: $institution, number: row.number}) SET e += row""",
    ),
    (
        "ties",
        """
    MATCH (a:Entity {institution: $institution, number: row.properties.from_})
    MATCH (b:Entity {institution: $institution, number: row.properties.to_})
    CREATE (a)-[t:$(row.type) {institution: $institution}]->(b)
    SET t += row.properties, t.id = 'tie_' + row.letters + substring(a.id, 4) + substring(b.id, 4)""",
    ),
    (
        "changed",
        f"""
    MATCH (a:Entity {{institution: $institution, number: row.from_}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: row.to_}})
    WHERE t.kind = row.kind
    SET t.first_at = row.first_at, t.last_at = row.last_at, t.recorded_at = row.recorded_at, t.ended_at = row.ended_at, t.count = row.count,
        t.total = row.total, t.share = row.share, t.latest_at = row.latest_at, t.changed_at = row.changed_at, t.simple = row.simple""",
    ),
    (
        "said",
        """
    MATCH (e:Entity {institution: $institution, number: row.entity})
    SET e.said = row.said, e.blocked = row.blocked, e.standing = row.standing, e.fields = row.fields""",
    ),
    (
        "counters",
        """
    MATCH (i:Institution {number: $institution}) SET i += row""",
    ),
)
WRITTEN: Final = tuple(name for name, _ in _WRITES)
"""The lists of rows that `WRITE` takes, in one map: plans are kept by the types of parameters, and lists with rows and without are two."""
WRITE: Final = (
    "".join(
        f"""
CALL () {{
    UNWIND $rows.{name} AS row{text}
}}"""
        for name, text in _WRITES
    )
    + """
FINISH
"""
)
"""Everything that a call writes, in one statement, each list after those that it needs."""
END_FACT: Final = """
MATCH (f:Fact {institution: $institution, number: $number}) SET f.withdrawn_at = $until
"""
END_OBSERVATION: Final = """
MATCH (o:Observation {institution: $institution, tie: $tie}) WHERE o.occurred_at = $at AND o.fact = $fact SET o.known_until = $until
"""
END_STATEMENT: Final = """
MATCH (s:Statement {institution: $institution, entity: $entity}) WHERE s.fact = $fact AND s.part = 0 SET s.known_until = $until
"""
DROP_REPORT: Final = """
MATCH (o:Observation {institution: $institution, tie: $tie}) WHERE o.occurred_at = $at AND o.fact = $fact DELETE o
"""
DROP_TRANSFER: Final = """
MATCH (:Entity {institution: $institution})-[m:TRANSFERRED {institution: $institution, fact: $fact}]->(:Entity {institution: $institution})
USING INDEX m:TRANSFERRED(institution, fact, known_from)
WHERE m.known_from >= 0 DELETE m
"""
FORGET_LOAN: Final = """
CALL () {
    MATCH (o:Observation {institution: $institution, loan: $loan})
    WITH o, [o.tie, o.kind, o.from_, o.to_] AS tie
    DELETE o RETURN collect(DISTINCT tie) AS ties
}
CALL () {
    MATCH (s:Statement {institution: $institution, loan: $loan}) WITH s, s.entity AS entity
    DELETE s RETURN collect(DISTINCT entity) AS entities
}
RETURN ties, entities
"""
