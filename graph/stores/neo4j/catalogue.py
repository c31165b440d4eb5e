"""Every query that is ever sent to the server, by name. Each is of one institution: each pattern that finds or makes something says so.

Rows come as lists of maps and are taken apart by `UNWIND`. A map's null sets nothing. What `{ties}` stands for are the types of all
kinds of tie, or of those asked for: relationships of other types, money among them, are then not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from graph.model import TieKind

ALL_TIES: Final = "|".join(kind.value for kind in TieKind)
TIE: Final = "t.number, t.kind, t.from_, t.to_, t.first_at, t.last_at, t.recorded_at, t.ended_at, t.count, t.total, t.share"
"""A `TieRow`'s columns."""
_FACT: Final = "f.number, f.id, f.source, f.source_id, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.content"
_NODE: Final = "e.number, e.facts, e.first_at, e.last_at, e.latest_at, e.changed_at, e.reach, e.degrees"
_PLACE: Final = "e.number, e.id, e.facts, e.first_at, e.last_at, e.reach, e.degrees, e.latest_at, e.changed_at"
_PROFILE: Final = "e.key, e.label, e.value, e.subject_key, e.said, e.blocked, e.standing, e.fields"
_KNOWN: Final = "{0}.known_from <= $known_at AND coalesce({0}.known_until, $known_at + 1) > $known_at"
_STANDS: Final = f"{{0}}.occurred_at <= $at AND {_KNOWN} AND coalesce({{0}}.hidden_at, $at + 1) > $at"
_EXACT: Final = "t.latest_at <= $at AND t.changed_at <= $known_at"
_HOLDS: Final = "t.count > 0 AND t.ended_at IS NULL AND t.from_ <> t.to_"


def types(kinds: Iterable[TieKind] | None) -> str:
    """The types of these kinds of tie, in one order, for `{ties}`."""
    return ALL_TIES if kinds is None else "|".join(sorted(kind.value for kind in kinds))


# -- Institutions

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

# -- Recording: what is read

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
    MATCH (e:Entity {{institution: $institution}}) WHERE e.id IN $entities RETURN collect([e.id, e.subject_key, {_NODE}]) AS entities
}}
CALL (i) {{
    MATCH (f:Fact {{institution: $institution}}) WHERE f.claim IN $claims
    WITH f ORDER BY f.number
    RETURN collect([f.claim, f.number, f.kind, f.occurred_at, f.recorded_at, f.withdrawn_at, f.hash, f.content]) AS users
}}
RETURN i.check_value, i.recorded_at, i.last_entity, i.last_fact, i.last_tie, facts, withdrawals, entities, users
"""
"""The first statement of everything that writes: from here to the commit the institution has one writer. What it reads it reads as that one."""

KEPT: Final = f"""
MATCH (f:Fact {{institution: $institution}}) WHERE f.number IN $numbers RETURN {_FACT}
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
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {_NODE}
"""
TIES: Final = f"""
UNWIND $pairs AS pair
MATCH (a:Entity {{institution: $institution, number: pair[0]}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: pair[1]}})
RETURN {TIE}, t.latest_at, t.changed_at, t.simple
"""
OWNED: Final = f"""
MATCH (m:Entity {{institution: $institution, number: $merchant}})<-[t:{TieKind.OWNS}]-(:Entity {{institution: $institution}})
MATCH (o:Observation {{institution: $institution, tie: t.number}}) WHERE o.occurred_at <= $until
RETURN t.from_, o.occurred_at, o.known_from, o.known_until, o.ended, o.share, o.rank
"""

# -- Recording: what is written

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


# -- Moments

_SEEN: Final = """count(o) AS times, min(o.occurred_at) AS first_at, max(o.occurred_at) AS last_at,
    min(coalesce(o.recorded_at, o.known_from)) AS recorded_at, sum(o.amount / 16777216) AS high, sum(o.amount % 16777216) AS low"""
FOLD_TIES: Final = f"""
UNWIND $ties AS tie
CALL (tie) {{
    MATCH (o:Observation {{institution: $institution, tie: tie}}) WHERE NOT o.ended AND {_STANDS.format("o")}
    RETURN {_SEEN}, collect(DISTINCT CASE WHEN o.share IS NOT NULL THEN [o.occurred_at, o.rank, o.share] END) AS shares
}}
CALL (tie) {{
    MATCH (o:Observation {{institution: $institution, tie: tie}}) WHERE o.ended AND {_STANDS.format("o")}
    RETURN collect(DISTINCT o.occurred_at) AS ends
}}
RETURN tie, times, first_at, last_at, recorded_at, high, low, ends, shares
"""
FOLD_MONEY: Final = f"""
UNWIND $ties AS tie
CALL (tie) {{
    MATCH (:Entity {{institution: $institution}})-[o:TRANSFERRED {{institution: $institution, tie: tie}}]->(:Entity {{institution: $institution}})
    USING INDEX o:TRANSFERRED(institution, tie)
    WHERE {_STANDS.format("o")}
    RETURN {_SEEN}
}}
RETURN tie, times, first_at, last_at, recorded_at, high, low, [] AS ends, [] AS shares
"""
STATEMENTS: Final = f"""
MATCH (s:Statement {{institution: $institution}}) WHERE s.entity IN $entities AND s.visible_at <= $at AND {_KNOWN.format("s")}
RETURN s.entity, s.occurred_at, s.rank, s.what, s.value
"""


def _outermost(direction: str) -> str:
    """The first or the last mention of `number`, and transfer out of and into it."""
    ends = "".join(
        f"""
CALL (number) {{
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = number AND m.occurred_at <= $at AND {_KNOWN.format("m")}
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
MATCH (e:Entity {{institution: $institution}})-[t:{ALL_TIES}]-(:Entity {{institution: $institution}})
WHERE e.number IN $numbers AND (t.latest_at > $at OR t.changed_at > $known_at)
RETURN DISTINCT t.number, t.kind, t.from_, t.to_, t.count, t.ended_at
"""
TIES_OF_PAIRS: Final = f"""
UNWIND $pairs AS pair
MATCH (a:Entity {{institution: $institution, number: pair[0]}})-[t:{ALL_TIES}]-(b:Entity {{institution: $institution, number: pair[1]}})
RETURN t.number, t.from_, t.to_, t.count, t.ended_at
"""

# -- Asking

IDENTIFY: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.id IN $ids RETURN e.id, e.number
"""
PLACES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {_PLACE}
"""
PLACES_WITH_PROFILES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN {_PLACE}, {_PROFILE}
"""
PROFILES: Final = f"""
MATCH (e:Entity {{institution: $institution}}) WHERE e.number IN $numbers RETURN e.number, {_PROFILE}
"""
NAMES: Final = """
MATCH (e:Entity {institution: $institution}) WHERE e.number IN $numbers RETURN e.number, e.id, e.label
"""
TIE_BETWEEN: Final = f"""
MATCH (a:Entity {{institution: $institution, number: $from_}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution, number: $to}})
WHERE t.kind = $kind RETURN {TIE}
"""
TIES_ACROSS: Final = f"""
MATCH (a:Entity {{institution: $institution}})-[t:{ALL_TIES}]->(b:Entity {{institution: $institution}})
WHERE a.number IN $starts AND b.number IN $ends RETURN {TIE}
"""
FACT: Final = f"""
MATCH (f:Fact {{institution: $institution, id: $id}}) WHERE f.recorded_at <= $known_at RETURN {_FACT}
"""
_LISTED: Final = """f.recorded_at <= $known_at AND coalesce(f.withdrawn_at, $known_at + 1) > $known_at
    AND (f.occurred_at < $before OR f.recorded_at < $recorded OR (f.recorded_at = $recorded AND f.id < $id))
    RETURN f ORDER BY {0}, f.recorded_at DESC, f.id DESC LIMIT $most"""
_MOVED_FACTS: Final = "\n  UNION\n".join(
    f"""
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = $number AND m.occurred_at <= $until AND {_KNOWN.format("m")}
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
RETURN {_FACT}
"""
"""`$until` is the earlier of `$at` and `$before`."""
OUTERMOST_RECEIPTS: Final = (
    "UNWIND $accounts AS account"
    + "".join(
        f"""
CALL (account) {{
    MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, to_, occurred_at)
    WHERE m.to_ = account AND m.kind = $kind AND m.occurred_at <= $until AND {_STANDS.format("m")}
    WITH m ORDER BY m.institution {direction}, m.to_ {direction}, m.occurred_at {direction} LIMIT 1
    RETURN collect(m.occurred_at) AS {direction.lower()}_at
}}"""
        for direction in ("ASC", "DESC")
    )
    + """
RETURN asc_at + desc_at
"""
)
_RECEIPTS: Final = f"""
MATCH (:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(:Entity {{institution: $institution}})
USING INDEX m:TRANSFERRED(institution, to_, occurred_at)
WHERE m.to_ IN $accounts AND m.kind = $kind AND m.occurred_at > $after AND m.occurred_at <= $until AND {_STANDS.format("m")}
WITH m ORDER BY m.occurred_at DESC, m.recorded_at DESC, m.amount DESC LIMIT $most
WITH m.from_ AS payer, count(m) AS times, sum(m.amount) AS paid,
    sum(CASE WHEN m.occurred_at > $after_30 THEN 1 ELSE 0 END) AS times_30,
    sum(CASE WHEN m.occurred_at > $after_30 THEN m.amount ELSE 0 END) AS paid_30,
    sum(CASE WHEN m.occurred_at > $after_7 THEN m.amount ELSE 0 END) AS paid_7
RETURN ["""
_SUMS: Final = """coalesce(sum(times), 0), coalesce(sum(times_30), 0), coalesce(sum(paid), 0), coalesce(sum(paid_30), 0), coalesce(sum(paid_7), 0),
    count(payer), coalesce(max(paid), 0), coalesce(sum(CASE WHEN payer IN $own THEN paid ELSE 0 END), 0)"""
RECEIPTS: Final = _RECEIPTS.removesuffix("[") + _SUMS + "\n"


@cache
def adjacent(ties: str) -> str:
    """All ties of these types that hold, of entities that have few."""
    return f"""
MATCH (e:Entity {{institution: $institution}})-[t:{ties}]-(:Entity {{institution: $institution}})
WHERE e.number IN $numbers AND {_HOLDS} AND {_EXACT}
RETURN e.number, {TIE}
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
    WHERE t.{end} = number AND t.last_at <= $at AND {_HOLDS} AND {_EXACT}
    RETURN t ORDER BY t.institution DESC, t.{end} DESC, t.last_at DESC, t.recorded_at DESC, t.id DESC LIMIT $limit
}}
RETURN number, {TIE}
"""


@cache
def listed_ties(ties: str) -> str:
    """A page of an entity's ties of these types, ended ones and ties with itself included."""
    return f"""
MATCH (e:Entity {{institution: $institution, number: $number}})-[t:{ties}]-(:Entity {{institution: $institution}})
WHERE t.count > 0 AND {_EXACT} AND (t.last_at < $last OR (t.last_at = $last
    AND (t.recorded_at < $recorded OR (t.recorded_at = $recorded AND t.id < $id))))
RETURN DISTINCT t.last_at, t.recorded_at, t.id, {TIE.replace("t.last_at", "t.last_at AS last").replace("t.recorded_at", "t.recorded_at AS recorded")}
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
    WHERE m.{end} = account AND m.occurred_at > $after {only}AND {_STANDS.format("m")}
    WITH m, {"a" if incoming else "b"} AS other
    RETURN m ORDER BY m.institution DESC, m.{end} DESC, m.occurred_at DESC, m.recorded_at DESC, m.amount DESC, other.id DESC LIMIT $limit
}}
RETURN account, m.fact, m.{other}, m.amount, m.kind, m.occurred_at, m.recorded_at
"""


@cache
def ball(levels: tuple[str, ...], crowd: str) -> str:
    """Everything that a walk around an entity is likely to read, in one round trip: types of tie for each distance.

    Of each entity of a distance its newest `$limit` ties, unless it has more than `$crowded` of them (`crowd` names the property that
    says so): a hub is read through an index, when the walk comes to it. At most `$most` entities of a distance are looked at. What is not in the
    answer is read by the walk itself.
    """
    steps = "".join(
        f"""
CALL (level{n}) {{
    UNWIND level{n} AS e
    WITH e WHERE e.{crowd} <= $crowded
    CALL (e) {{
        MATCH (e)-[t:{types_}]-(o:Entity {{institution: $institution}}) WHERE {_HOLDS} AND {_EXACT}
        WITH t, o ORDER BY t.last_at DESC, t.recorded_at DESC, t.id DESC LIMIT $limit
        RETURN collect([{TIE}]) AS rows, collect(o) AS others
    }}
    RETURN collect([e.number, rows]) AS found{n}, reduce(all = [], some IN collect(others) | all + some) AS reached{n}
}}
CALL (reached{n}, met{n}) {{
    UNWIND reached{n} AS o
    WITH DISTINCT o WHERE NOT o IN met{n}
    RETURN collect(o)[0..$most] AS level{n + 1}
}}
WITH *, met{n} + level{n + 1} AS met{n + 1}"""
        for n, types_ in enumerate(levels)
    )
    found = ", ".join(f"found{n}" for n in range(len(levels)))
    place = ", ".join(f"{column}" for column in (_PLACE + ", " + _PROFILE).split(", "))
    return f"""
MATCH (c:Entity {{institution: $institution, id: $centre}})
WITH [c] AS level0, [c] AS met0{steps}
RETURN [{found}], [e IN met{len(levels)} | [{place}]]
"""


def _step(name: str, end: str, accounts: str) -> str:
    """The newest standing transfers of each account of a list in one direction, as account, fact, other, amount, kind and both moments."""
    other = "from_" if end == "to_" else "to_"
    return f"""
CALL ({accounts}) {{
    UNWIND {accounts} AS account
    CALL (account) {{
        MATCH (a:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(b:Entity {{institution: $institution}})
        USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
        WHERE m.{end} = account AND m.occurred_at > $after AND {_STANDS.format("m")}
        WITH m, {"a" if end == "to_" else "b"} AS other
        ORDER BY m.institution DESC, m.{end} DESC, m.occurred_at DESC, m.recorded_at DESC, m.amount DESC, other.id DESC LIMIT $limit
        RETURN collect([m.fact, m.{other}, m.amount, m.kind, m.occurred_at, m.recorded_at, other.id]) AS rows
    }}
    RETURN collect([account, rows]) AS {name}
}}"""


def _onward(name: str, of: str) -> str:
    """The accounts that got most in these transfers and are not ours."""
    return f"""
CALL ({of}) {{
    UNWIND {of} AS one UNWIND one[1] AS row
    WITH row WHERE NOT row[1] IN $accounts
    WITH row[1] AS other, sum(row[2]) AS got ORDER BY got DESC LIMIT $followed
    RETURN collect(other) AS {name}
}}"""


MONEY: Final = (
    "WITH $accounts AS own"
    + _step("out", "from_", "own")
    + _step("into", "to_", "own")
    + _onward("first", "out")
    + _step("on_first", "from_", "first")
    + _onward("second", "on_first")
    + _step("on_second", "from_", "second")
    + f"""
CALL () {{
    {_RECEIPTS.replace("$accounts", "$receiving").replace("m.occurred_at > $after AND", "m.occurred_at > $after_90 AND").strip()}{_SUMS}] AS sums
}}
CALL () {{
    {OUTERMOST_RECEIPTS.replace("$accounts", "$receiving").replace("RETURN asc_at + desc_at", "RETURN collect(asc_at + desc_at) AS outermost").strip()}
}}
RETURN out + on_first + on_second, into, sums, outermost
"""
)
"""The money around some accounts and two steps on, and the receipts of some of them, in one round trip."""


def every() -> dict[str, str]:
    """Every query that can be sent, by name: those above, and what the functions make of each kind and direction."""
    found = {
        name: text for name, text in globals().items() if name.isupper() and not name.startswith("_") and name not in ("ALL_TIES", "TIE")
    }
    found.pop("WRITTEN")
    some = types(frozenset({TieKind.OWNS, TieKind.HOLDS}))
    found |= {f"newest {kind} {way}": newest(kind, incoming) for kind in TieKind for way, incoming in (("in", True), ("out", False))}
    found |= {f"{of.__name__} {ties}": of(ties) for of in (adjacent, listed_ties) for ties in (ALL_TIES, some)}
    found |= {f"moved {incoming} {only}": moved(incoming, only) for incoming in (True, False) for only in (True, False)}
    return found | {f"ball {depth} {crowd}": ball((ALL_TIES,) * depth, crowd) for depth in range(1, 5) for crowd in ("reach", "crowd")}
