"""What a walk or a decision will ask, in one round trip."""

from __future__ import annotations

from functools import cache
from typing import Final

from graph.stores.neo4j.catalogue.asking import OUTERMOST_RECEIPTS
from graph.stores.neo4j.catalogue.phrases import EXACT, HOLDS, PLACE_COLUMNS, PROFILE_COLUMNS, RECEIVED, STANDS, SUMS, TIE_COLUMNS


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
        MATCH (e)-[t:{types_}]-(o:Entity {{institution: $institution}}) WHERE {HOLDS} AND {EXACT}
        WITH t, o ORDER BY t.last_at DESC, t.recorded_at DESC, t.id DESC LIMIT $limit
        RETURN collect([{TIE_COLUMNS}]) AS rows, collect(o) AS others
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
    place = ", ".join(f"{column}" for column in (PLACE_COLUMNS + ", " + PROFILE_COLUMNS).split(", "))
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
        WHERE m.{end} = account AND m.occurred_at > $after AND {STANDS.format("m")}
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
    {RECEIVED.replace("$accounts", "$receiving").replace("m.occurred_at > $after AND", "m.occurred_at > $after_90 AND").strip()}{SUMS}] AS sums
}}
CALL () {{
    {OUTERMOST_RECEIPTS.replace("$accounts", "$receiving").replace("RETURN asc_at + desc_at", "RETURN collect(asc_at + desc_at) AS outermost").strip()}
}}
CALL () {{ MATCH (i:Institution {{number: $institution}}) RETURN i.recorded_at AS newest }}
RETURN out + on_first + on_second, into, sums, outermost, newest
"""
)
"""The money around some accounts and two steps on, and the receipts of some of them, in one round trip."""
