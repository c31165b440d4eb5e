"""What recording reads and writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from graph.ids import TIE_NUMBERS
from graph.model import TieKind
from graph.stores.neo4j.catalogue.moments import FOLDED
from graph.stores.neo4j.catalogue.phrases import ALL_TIES, FACT_COLUMNS, KNOWN, NODE_COLUMNS, TIE_COLUMNS

_TIES_OF_PAIR: Final = f"""
    CALL (a, b, folded) {{
        MATCH (a)-[t:{ALL_TIES}]->(b)
        CALL (t, folded) {{
            WITH t, folded WHERE t.kind <> {TIE_NUMBERS[TieKind.PAYS]} AND (folded OR NOT t.simple)
            WITH t.number AS tie{FOLDED}
            RETURN collect([times, first_at, last_at, recorded_at, high, low, ends, shares]) AS fold
        }}
        RETURN collect([{TIE_COLUMNS}, t.latest_at, t.changed_at, t.simple, fold[0]]) AS found
    }}"""
"""The ties from `a` to `b`, those that are no plain sum with what all their rows say."""
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
CALL (i) {{
    UNWIND $between AS pair
    MATCH (a:Entity {{institution: $institution, id: pair[0]}}) MATCH (b:Entity {{institution: $institution, id: pair[1]}})
    WITH a, b, pair[2] AS folded{_TIES_OF_PAIR}
    RETURN collect(found) AS ties
}}
CALL (i) {{
    MATCH (e:Entity {{institution: $institution}}) WHERE e.id IN $described
    MATCH (s:Statement {{institution: $institution, entity: e.number}}) WHERE s.visible_at <= $at AND {KNOWN.format("s")}
    RETURN collect([s.entity, s.occurred_at, s.rank, s.what, s.value]) AS said
}}
CALL (i) {{
    MATCH (m:Entity {{institution: $institution}}) WHERE m.id IN $ownerless
    MATCH (m)<-[t:{TieKind.OWNS}]-(e:Entity {{institution: $institution}})
    CALL (t) {{
        MATCH (o:Observation {{institution: $institution, tie: t.number}})
        RETURN collect([o.occurred_at, o.known_from, o.known_until, o.ended, o.share, o.rank]) AS rows
    }}
    RETURN collect([m.number, e.id, e.subject_key, {NODE_COLUMNS}, rows]) AS owners
}}
RETURN i.check_value, i.recorded_at, i.last_entity, i.last_fact, i.last_tie, facts, withdrawals, entities, users, ties, said, owners
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
TIES_FOLDED: Final = f"""
UNWIND $pairs AS pair
MATCH (a:Entity {{institution: $institution, number: pair[0]}}) MATCH (b:Entity {{institution: $institution, number: pair[1]}})
WITH a, b, true AS folded{_TIES_OF_PAIR}
RETURN found
"""
OWNED: Final = f"""
MATCH (m:Entity {{institution: $institution, number: $merchant}})<-[t:{TieKind.OWNS}]-(:Entity {{institution: $institution}})
MATCH (o:Observation {{institution: $institution, tie: t.number}}) WHERE o.occurred_at <= $until
RETURN t.from_, o.occurred_at, o.known_from, o.known_until, o.ended, o.share, o.rank
"""


ENTITY: Final = ("number", "id", "key", "label", "token", "token_version", "value", "subject_key")
NODE: Final = ("facts", "first_at", "last_at", "latest_at", "changed_at", "reach", "degrees", "crowd")
TIE: Final = (
    "number", "kind", "from_", "to_", "first_at", "last_at", "recorded_at", "ended_at", "count", "total", "share",
    "latest_at", "changed_at", "simple",
)  # fmt: skip
FACT: Final = (
    "number", "id", "source_id", "kind", "occurred_at", "recorded_at", "withdrawn_at", "hash", "content", "source", "claim", "ownerless",
)  # fmt: skip
MENTION: Final = ("entity", "occurred_at", "recorded_at", "fact")
TRANSFER: Final = (
    "from_", "occurred_at", "recorded_at", "fact", "known_from", "known_until", "hidden_at", "to_", "amount", "kind", "tie",
)  # fmt: skip
OBSERVATION: Final = (
    "tie", "occurred_at", "fact", "known_from", "recorded_at", "known_until", "hidden_at", "ended", "amount", "share", "loan",
    "kind", "from_", "to_", "rank",
)  # fmt: skip
STATEMENT: Final = (
    "entity", "fact", "part", "known_from", "known_until", "occurred_at", "rank", "visible_at", "what", "value", "loan",
)  # fmt: skip
DESCRIPTION: Final = ("entity", "said", "blocked", "standing", "fields")
"""What stands at each place of a row. Rows are lists and not maps: three times as much is written while names are packed with each value."""


def _made(columns: Sequence[str], start: int = 0) -> str:
    """The properties of something that is made of a row, the institution's number first."""
    said = ", ".join(f"{column}: row[{place}]" for place, column in enumerate(columns, start))
    return f"{{institution: $institution, {said}}}"


def _set(name: str, columns: Sequence[str], start: int) -> str:
    """Those of something that is there."""
    return ", ".join(f"{name}.{column} = row[{place}]" for place, column in enumerate(columns, start))


_WRITES: Final = (
    (
        "withdrawals",
        """
    MERGE (w:Withdrawal {institution: $institution, fact_id: row[0]}) ON CREATE SET w.recorded_at = row[1]
    ON MATCH SET w.recorded_at = CASE WHEN row[1] < w.recorded_at THEN row[1] ELSE w.recorded_at END""",
    ),
    (
        "entities",
        f"""
    CREATE (e:Entity {_made(ENTITY)}) SET e:$(row[{len(ENTITY)}])""",
    ),
    (
        "facts",
        f"""
    CREATE (f:Fact {_made(FACT)})""",
    ),
    (
        "mentions",
        f"""
    MATCH (f:Fact {{institution: $institution, number: row[{MENTION.index("fact")}]}})
    MATCH (e:Entity {{institution: $institution, number: row[{MENTION.index("entity")}]}})
    CREATE (f)-[n:NAMES {_made(MENTION)}]->(e)""",
    ),
    (
        "transfers",
        f"""
    MATCH (a:Entity {{institution: $institution, number: row[{TRANSFER.index("from_")}]}})
    MATCH (b:Entity {{institution: $institution, number: row[{TRANSFER.index("to_")}]}})
    CREATE (a)-[m:TRANSFERRED {_made(TRANSFER)}]->(b)""",
    ),
    (
        "observations",
        f"""
    CREATE (o:Observation {_made(OBSERVATION)})""",
    ),
    (
        "statements",
        f"""
    CREATE (s:Statement {_made(STATEMENT)})""",
    ),
    (
        "nodes",
        f"""
    MATCH (e:Entity {{institution: $institution, number: row[0]}}) SET {_set("e", NODE, 1)}""",
    ),
    (
        "ties",
        f"""
    WITH row, row[{len(TIE)}] AS type
    MATCH (a:Entity {{institution: $institution, number: row[{TIE.index("from_")}]}})
    MATCH (b:Entity {{institution: $institution, number: row[{TIE.index("to_")}]}})
    CREATE (a)-[t:$(type) {_made(TIE)}]->(b)
    SET t.id = 'tie_' + row[{len(TIE) + 1}] + substring(a.id, 4) + substring(b.id, 4)""",
    ),
    (
        "changed",
        f"""
    MATCH (a:Entity {{institution: $institution, number: row[{TIE.index("from_")}]}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: row[{TIE.index("to_")}]}})
    WHERE t.kind = row[{TIE.index("kind")}]
    SET {_set("t", TIE[4:], 4)}""",
    ),
    (
        "said",
        f"""
    MATCH (e:Entity {{institution: $institution, number: row[0]}}) SET {_set("e", DESCRIPTION[1:], 1)}""",
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
