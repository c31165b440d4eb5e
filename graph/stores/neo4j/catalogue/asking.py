"""What is asked of a moment, one primitive a query."""

from __future__ import annotations

from functools import cache
from typing import Final

from graph.model import TieKind
from graph.stores.neo4j.catalogue.phrases import (
    ALL_TIES,
    EXACT,
    FACT_COLUMNS,
    HOLDS,
    KNOWN,
    PLACE_COLUMNS,
    PROFILE_COLUMNS,
    RECEIVED,
    STANDS,
    SUMS,
    TIE_COLUMNS,
)

IDENTIFY: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.id IN $ids RETURN e.id, e.number
"""
PLACES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {PLACE_COLUMNS}
"""
PLACES_WITH_PROFILES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {PLACE_COLUMNS}, {PROFILE_COLUMNS}
"""
PROFILES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN e.number, {PROFILE_COLUMNS}
"""
NAMES: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.number IN $numbers RETURN e.number, e.id, e.label
"""
TIE_BETWEEN: Final = f"""
MATCH (a:Entity {{institution: $institution, number: $from_}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: $to}})
WHERE t.kind = $kind RETURN {TIE_COLUMNS}
"""
TIES_ACROSS: Final = f"""
MATCH (a:Entity {{institution: $institution}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution}})
WHERE a.number IN $starts AND b.number IN $ends RETURN {TIE_COLUMNS}
"""
FACT: Final = f"""
MATCH (f:Fact {{institution: $institution, id: $id}}) WHERE f.recorded_at <= $known_at RETURN {FACT_COLUMNS}
"""
KEPT_AFTER: Final = f"""
MATCH (f:Fact {{institution: $institution}}) WHERE f.number > $after
RETURN {FACT_COLUMNS} ORDER BY f.institution, f.number LIMIT $most
"""
NEWEST_FACT: Final = """
MATCH (f:Fact {institution: $institution}) WHERE f.number > 0
RETURN f.number ORDER BY f.institution DESC, f.number DESC LIMIT 1
"""
HELD_FROM: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.number > $after
WITH e ORDER BY e.institution, e.number LIMIT $most RETURN count(*), max(e.number)
"""
HELD_TIES: Final = f"""
MATCH (a:Entity {{institution: $institution}}) WHERE a.number > $after AND a.number <= $last
MATCH (a)-[t:{ALL_TIES}]->(b:Entity {{institution: $institution}}) WHERE t.kind IN $kinds AND {HOLDS}
RETURN t.kind, a.id, b.id, t.first_at, t.recorded_at ORDER BY a.number, b.number, t.kind
"""
NEWEST_SEEN: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.number > 0 AND e.facts > 0 AND e.last_at > $seen_after AND e.number % 16 IN $kinds
AND coalesce(e.standing, $clear) IN $standings AND coalesce(e.blocked, false) IN $blocked
AND (e.last_at < $below OR (e.last_at = $below AND e.number < $number))
RETURN e.last_at, e.number ORDER BY e.last_at DESC, e.number DESC LIMIT $most
"""
"""One walk of the institution's entities: no index says when they were last seen."""
IDENTITIES: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.number IN $numbers RETURN e.number, e.id, e.key, e.value, e.subject_key
"""
NAMING: Final = f"""
MATCH (f:Fact {{institution: $institution}})-[n:NAMES {{institution: $institution}}]->(:Entity {{institution: $institution}})
USING INDEX n:NAMES(institution, entity, occurred_at)
WHERE n.entity = $number AND n.occurred_at IS NOT NULL
RETURN {FACT_COLUMNS} ORDER BY n.institution, n.entity, n.occurred_at, n.recorded_at, n.fact SKIP $skipped LIMIT $most
"""
_LISTED: Final = """f.recorded_at <= $known_at AND coalesce(f.withdrawn_at, $known_at + 1) > $known_at
    AND (f.occurred_at < $before OR f.recorded_at < $recorded OR (f.recorded_at = $recorded AND f.id < $id))
    RETURN f ORDER BY {0}, f.recorded_at DESC, f.id DESC LIMIT $most"""
_MOVED_FACTS: Final = "\n  UNION\n".join(
    f"""
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = $number AND m.occurred_at <= $until AND {KNOWN.format("m")}
    MATCH (f:Fact {{institution: $institution, number: m.fact}}) WHERE {_LISTED.format(f"m.institution DESC, m.{end} DESC, m.occurred_at DESC")}"""
    for end in ("from_", "to_")
)
LISTED_FACTS: Final = f"""
CALL () {{
    MATCH (f:Fact {{institution: $institution}})-[n:NAMES {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX n:NAMES(institution, entity, occurred_at)
    WHERE n.entity = $number AND n.occurred_at <= $until AND {_LISTED.format("n.institution DESC, n.entity DESC, n.occurred_at DESC")}
  UNION{_MOVED_FACTS}
}}
RETURN {FACT_COLUMNS}
"""
"""`$until` is the earlier of `$at` and `$before`."""
OUTERMOST_RECEIPTS: Final = (
    "UNWIND $accounts AS account"
    + "".join(
        f"""
CALL (account) {{
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, to_, occurred_at)
    WHERE m.to_ = account AND m.kind = $kind AND m.occurred_at <= $until AND {STANDS.format("m")}
    WITH m ORDER BY m.institution {direction}, m.to_ {direction}, m.occurred_at {direction} LIMIT 1
    RETURN collect(m.occurred_at) AS {direction.lower()}_at
}}"""
        for direction in ("ASC", "DESC")
    )
    + """
RETURN asc_at + desc_at
"""
)
RECEIPTS: Final = RECEIVED.removesuffix("[") + SUMS + "\n"


@cache
def adjacent(ties: str) -> str:
    """All ties of these types that hold, of entities that have few."""
    return f"""
MATCH (e:Entity {{institution: $institution}})-[t:{ties}]-(:Entity {{institution: $institution}})
WHERE e.number IN $numbers AND {HOLDS} AND {EXACT}
RETURN e.number, {TIE_COLUMNS}
"""


@cache
def newest(kind: TieKind, incoming: bool) -> str:
    """The newest ties of one kind and direction that hold, of each of some hubs."""
    end = "to_" if incoming else "from_"
    return f"""
UNWIND $numbers AS number
CALL (number) {{
    MATCH (:Entity {{institution: $institution}})-[t:{kind.value} {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX t:{kind.value}(institution, {end}, last_at)
    WHERE t.{end} = number AND t.last_at <= $at AND {HOLDS} AND {EXACT}
    RETURN t ORDER BY t.institution DESC, t.{end} DESC, t.last_at DESC, t.recorded_at DESC, t.id DESC LIMIT $limit
}}
RETURN number, {TIE_COLUMNS}
"""


@cache
def listed_ties(ties: str) -> str:
    """A page of an entity's ties of these types, ended ones and ties with itself included."""
    return f"""
MATCH (e:Entity {{institution: $institution, number: $number}})-[t:{ties}]-(:Entity {{institution: $institution}})
WHERE t.count > 0 AND {EXACT} AND (t.last_at < $last OR (t.last_at = $last
    AND (t.recorded_at < $recorded OR (t.recorded_at = $recorded AND t.id < $id))))
RETURN DISTINCT t.last_at, t.recorded_at, t.id, {TIE_COLUMNS.replace("t.last_at", "t.last_at AS last").replace("t.recorded_at", "t.recorded_at AS recorded")}
ORDER BY t.last_at DESC, t.recorded_at DESC, t.id DESC LIMIT $most
"""


@cache
def moved(incoming: bool, some: bool) -> str:
    """The newest standing transfers of each of some accounts in one direction, with `some` to or from these others alone."""
    end, other = ("to_", "from_") if incoming else ("from_", "to_")
    only = f"AND m.{other} IN $others " if some else ""
    return f"""
UNWIND $accounts AS account
CALL (account) {{
    MATCH (a:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(b:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = account AND m.occurred_at > $after {only}AND {STANDS.format("m")}
    WITH m, {"a" if incoming else "b"} AS other
    RETURN m ORDER BY m.institution DESC, m.{end} DESC, m.occurred_at DESC, m.recorded_at DESC, m.amount DESC, other.id DESC LIMIT $limit
}}
RETURN account, m.fact, m.{other}, m.amount, m.kind, m.occurred_at, m.recorded_at
"""
