"""What takes somebody's personal values away."""

from __future__ import annotations

from typing import Final

from graph.stores.neo4j.catalogue.phrases import ALL_TIES

ERASABLE: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.id = $id RETURN e.number, e.subject_key IS NOT NULL
"""
TIED_OUT: Final = f"""
MATCH (e:Entity {{institution: $institution, number: $number}})-[t:{ALL_TIES}]->(:Entity {{institution: $institution}})
RETURN t.kind, t.from_, t.to_
"""
TIED_IN: Final = f"""
MATCH (e:Entity {{institution: $institution, number: $number}})<-[t:{ALL_TIES}]-(:Entity {{institution: $institution}})
RETURN t.kind, t.from_, t.to_
"""
CONTENTS: Final = """
MATCH (f:Fact {institution: $institution})-[:NAMES {institution: $institution}]->(e:Entity {institution: $institution, number: $number})
RETURN DISTINCT f.number, f.kind, f.content
"""
PUT_CONTENT: Final = """
MATCH (f:Fact {institution: $institution, number: $fact}) SET f.content = $content
"""
SAID: Final = """
MATCH (s:Statement {institution: $institution}) WHERE s.entity = $number RETURN s.fact, s.part, s.known_from, s.what, s.value
"""
PUT_SAID: Final = """
MATCH (s:Statement {institution: $institution}) WHERE s.entity = $number AND s.fact = $fact AND s.part = $part AND s.known_from = $known_from
SET s.value = $value
"""
DESCRIBED: Final = """
MATCH (e:Entity {institution: $institution, number: $number}) RETURN e.fields
"""
PUT_DESCRIBED: Final = """
MATCH (e:Entity {institution: $institution, number: $number}) SET e.said = null, e.fields = $fields
"""
PUT_IDENTITY: Final = """
MATCH (e:Entity {institution: $institution, number: $number})
SET e.key = null, e.token = null, e.token_version = null, e.label = $label, e.subject_key = $subject_key,
    e.value = CASE WHEN $subject_key IS NULL THEN e.value ELSE null END
"""
