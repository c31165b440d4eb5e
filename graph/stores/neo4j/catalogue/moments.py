"""What rows say as of a moment."""

from __future__ import annotations

from functools import cache
from typing import Final

from graph.stores.neo4j.catalogue.phrases import ALL_TIES, KNOWN, STANDS

_SEEN: Final = """count(o) AS times, min(o.occurred_at) AS first_at, max(o.occurred_at) AS last_at,
    min(coalesce(o.recorded_at, o.known_from)) AS recorded_at, sum(o.amount / 16777216) AS high, sum(o.amount % 16777216) AS low"""
FOLDED: Final = f"""
CALL (tie) {{
    MATCH (o:Observation {{institution: $institution, tie: tie}}) WHERE NOT o.ended AND {STANDS.format("o")}
    RETURN {_SEEN}, collect(DISTINCT CASE WHEN o.share IS NOT NULL THEN [o.occurred_at, o.rank, o.share] END) AS shares
}}
CALL (tie) {{
    MATCH (o:Observation {{institution: $institution, tie: tie}}) WHERE o.ended AND {STANDS.format("o")}
    RETURN collect(DISTINCT o.occurred_at) AS ends
}}"""
"""All rows of `tie`, in columns of `graph.stores.neo4j.folding.Fold`."""
FOLD_TIES: Final = f"""
UNWIND $ties AS tie{FOLDED}
RETURN tie, times, first_at, last_at, recorded_at, high, low, ends, shares
"""
FOLD_MONEY: Final = f"""
UNWIND $ties AS tie
CALL (tie) {{
    MATCH (:Entity {{institution: $institution}})-[o:TRANSFERRED {{institution: $institution, tie: tie}}]->(:Entity {{institution: $institution}})
    USING INDEX o:TRANSFERRED(institution, tie)
    WHERE {STANDS.format("o")}
    RETURN {_SEEN}
}}
RETURN tie, times, first_at, last_at, recorded_at, high, low, [] AS ends, [] AS shares
"""
STATEMENTS: Final = f"""
MATCH (s:Statement {{institution: $institution}}) WHERE s.entity IN $entities AND s.visible_at <= $at AND {KNOWN.format("s")}
RETURN s.entity, s.occurred_at, s.rank, s.what, s.value
"""


def _outermost(direction: str) -> str:
    """The first or the last mention of `number`, and transfer out of and into it."""
    ends = "".join(
        f"""
CALL (number) {{
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = number AND m.occurred_at <= $at AND {KNOWN.format("m")}
    WITH m ORDER BY m.institution {direction}, m.{end} {direction}, m.occurred_at {direction} LIMIT 1 RETURN collect(m.occurred_at) AS {end}{direction.lower()}
}}"""
        for end in ("from_", "to_")
    )
    return f"""
CALL (number) {{
    MATCH (f:Fact {{institution: $institution}})-[n:NAMES {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX n:NAMES(institution, entity, occurred_at)
    WHERE n.entity = number AND n.occurred_at <= $at AND n.recorded_at <= $known_at
        AND coalesce(f.withdrawn_at, $known_at + 1) > $known_at
    WITH n ORDER BY n.institution {direction}, n.entity {direction}, n.occurred_at {direction} LIMIT 1 RETURN collect(n.occurred_at) AS named_{direction.lower()}
}}{ends}"""


NAMED: Final = f"""
UNWIND $numbers AS number{_outermost("ASC")}{_outermost("DESC")}
RETURN number, named_asc + from_asc + to_asc + named_desc + from_desc + to_desc
"""
TOUCHED: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers
CALL (e) {{
    MATCH (e)-[t:{ALL_TIES}]-(:Entity {{institution: $institution}}) WHERE t.latest_at > $at OR t.changed_at > $known_at
    RETURN collect(DISTINCT [t.number, t.kind, t.from_, t.to_, t.count, t.ended_at]) AS ties
}}
RETURN e.number, e.changed_at, ties
"""
TIES_OF_PAIRS: Final = f"""
UNWIND $pairs AS pair
MATCH (a:Entity {{institution: $institution, number: pair[0]}})-[t:{ALL_TIES}]-(b:Entity {{institution: $institution, number: pair[1]}})
RETURN t.number, t.from_, t.to_, t.count, t.ended_at
"""


@cache
def torn(ties: str) -> str:
    """Entities that were exact when they were read, and of which a tie of these types that was known then has changed since."""
    return f"""
MATCH (i:Institution {{number: $institution}}) WHERE i.recorded_at > $known_at
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers AND e.changed_at > $known_at
MATCH (e)-[t:{ties}]-(:Entity {{institution: $institution}}) WHERE t.changed_at > $known_at AND t.recorded_at <= $known_at
RETURN e.number LIMIT 1
"""
