"""What questions about money read, one primitive a query; entities are named by their ids."""

from __future__ import annotations

from functools import cache
from typing import Final

from graph.flows.scope import Order
from graph.model import TieKind
from graph.stores.neo4j.catalogue.phrases import EXACT, KNOWN, STANDS

_MOVED: Final = """
    MATCH (a:Entity {{institution: $institution}})-[m:TRANSFERRED {{institution: $institution}}]->(b:Entity {{institution: $institution}})
    USING INDEX m:TRANSFERRED(institution, {end}, occurred_at)
    WHERE m.{end} = e.number AND m.kind IN $kinds AND """ + STANDS.format("m")
_NEWEST: Final = "m.institution {0}, m.{{end}} {0}, m.occurred_at {0}, m.amount DESC, {{other}}.id"
_RANKS: Final = {
    Order.NEWEST: _NEWEST.format("DESC"),
    Order.OLDEST: _NEWEST.format("ASC"),
    Order.LARGEST: "m.amount DESC, m.occurred_at DESC, {other}.id",
    Order.SMALLEST: "m.amount, m.occurred_at DESC, {other}.id",
}
"""`Scope.choose` in Cypher; in time's order the index is read in its own."""


def _ends(incoming: bool) -> dict[str, str]:
    return {"end": "to_", "other": "a"} if incoming else {"end": "from_", "other": "b"}


@cache
def moved_within(incoming: bool) -> str:
    """All standing movements of each account in one direction, in a window and over an amount; `$most` at most in all."""
    ends = _ends(incoming)
    return f"""
UNWIND $accounts AS account
MATCH (e:Entity {{institution: $institution, id: account}})
CALL (e) {{{_MOVED.format(**ends)} AND m.occurred_at > $after AND m.occurred_at < $before AND m.amount > $over
    RETURN {ends["other"]}.id AS other, m.amount AS amount, m.occurred_at AS occurred_at
}}
RETURN account, false, other, amount, occurred_at LIMIT $most
"""


@cache
def moved_first(incoming: bool, order: Order) -> str:
    """Of each account the `$step` movements in one direction that come first, and of these those in a window and over an amount; whether
    there are more; `$most` rows at most in all. An account of which none is left has one row that says so when there were more.
    """
    ends = _ends(incoming)
    return f"""
UNWIND $accounts AS account
MATCH (e:Entity {{institution: $institution, id: account}})
CALL (e) {{{_MOVED.format(**ends)}
    WITH m, a, b ORDER BY {_RANKS[order].format(**ends)} LIMIT $step + 1
    RETURN collect([{ends["other"]}.id, m.amount, m.occurred_at]) AS rows
}}
WITH account, size(rows) > $step AS crowded, [row IN rows[0..$step] WHERE row[1] > $over AND $after < row[2] < $before] AS rows
UNWIND CASE WHEN crowded AND size(rows) = 0 THEN [[]] ELSE rows END AS row
RETURN account, crowded, row[0], row[1], row[2] LIMIT $most
"""


@cache
def ties_from(kind: TieKind, incoming: bool) -> str:
    """An entity's ties of one kind and direction, holding or not, and whether their rows are exact."""
    to, from_ = ("<-", "-") if incoming else ("-", "->")
    return f"""
UNWIND $entities AS entity
MATCH (e:Entity {{institution: $institution, id: entity}}){to}[t:{kind.value}]{from_}(o:Entity {{institution: $institution}})
RETURN entity, t.number, o.id, t.kind, t.from_, t.to_, t.count > 0 AND t.ended_at IS NULL, {EXACT} LIMIT $most
"""


SIGHTINGS: Final = f"""
UNWIND $ties AS tie
MATCH (s:Observation {{institution: $institution, tie: tie}})
WHERE NOT s.ended AND s.occurred_at > $after AND s.occurred_at < $before AND {STANDS.format("s")}
RETURN tie, coalesce(s.amount, 0), s.occurred_at LIMIT $most
"""
BLOCKS: Final = f"""
UNWIND $entities AS entity
MATCH (e:Entity {{institution: $institution, id: entity}})
MATCH (s:Statement {{institution: $institution, entity: e.number}})
WHERE s.what = $what AND s.visible_at <= $at AND {KNOWN.format("s")}
RETURN entity, s.occurred_at, s.rank, s.value
"""
HOUSEHOLD: Final = (
    "".join(
        f"""
CALL () {{
    UNWIND $accounts AS account
    MATCH (e:Entity {{institution: $institution, id: account}})
    CALL (e, account) {{{_MOVED.format(**_ends(incoming))} AND m.occurred_at > $after AND m.occurred_at < $before
            AND (m.amount > $over OR m.kind IN $whole)
        RETURN [account, {_ends(incoming)["other"]}.id, m.amount, m.occurred_at, m.kind] AS row
    }}
    WITH row LIMIT $most
    RETURN collect(row) AS {name}
}}"""
        for name, incoming in (("out", False), ("into", True))
    )
    + f"""
CALL () {{
    UNWIND $people AS person
    MATCH (e:Entity {{institution: $institution, id: person}})-[t:{TieKind.GUARANTEES.value}]->(o:Entity {{institution: $institution}})
    WITH person, t, o LIMIT $most
    RETURN collect([person, t.number, o.id, t.kind, t.from_, t.to_, t.count > 0 AND t.ended_at IS NULL, {EXACT}]) AS guarantees
}}
RETURN out, into, guarantees
"""
)
"""What a decision's questions ask first of a household, in one round trip: its movements in a window and over an amount (of `$whole` kinds
whatever they amount to), and whom its people vouch for.
"""
