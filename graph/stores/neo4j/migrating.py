"""Constraints and indexes of the server store, by versioned migration.

Each version is a list of statements that may be run again (`IF NOT EXISTS`), so that two processes that start at once, or one that died in
the middle, leave the same. `(:Migration {version})` says which were run. An older program refuses a newer schema; a newer one runs beside
an older until the last migration that the older knows of is taken back, which none here does.

An index of several properties is used only where a query says something of each of them: so there is one for each question.
"""

from __future__ import annotations

from typing import Final

from graph.errors import GraphUnavailable
from graph.model import TieKind
from graph.stores.neo4j.connecting import Address, Connections, Limits


def _unique(label: str, *properties: str) -> str:
    name = f"{label.lower()}_{'_'.join(properties)}".strip("_")
    columns = ", ".join(f"x.{one}" for one in properties)
    return f"CREATE CONSTRAINT {name} IF NOT EXISTS FOR (x:{label}) REQUIRE ({columns}) IS UNIQUE"


def _unique_tie(type_: str, *properties: str) -> str:
    columns = ", ".join(f"x.{one}" for one in properties)
    return f"CREATE CONSTRAINT {type_.lower()}_once IF NOT EXISTS FOR ()-[x:{type_}]-() REQUIRE ({columns}) IS UNIQUE"


def _index(label: str, *properties: str) -> str:
    name = f"{label.lower()}_by_{'_'.join(properties[1:])}"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR (x:{label}) ON ({', '.join(f'x.{one}' for one in properties)})"


def _relationship_index(type_: str, *properties: str) -> str:
    name = f"{type_.lower()}_by_{'_'.join(properties[1:])}"
    return f"CREATE INDEX {name} IF NOT EXISTS FOR ()-[x:{type_}]-() ON ({', '.join(f'x.{one}' for one in properties)})"


MIGRATIONS: Final[tuple[tuple[int, tuple[str, ...]], ...]] = (
    (
        1,
        (
            _unique("Deployment", "name"),
            _unique("Numbers", "name"),
            _unique("Institution", "deployment", "id"),
            _unique("Institution", "number"),
            _unique("Entity", "institution", "number"),
            _unique("Entity", "institution", "id"),
            _unique("Fact", "institution", "number"),
            _unique("Fact", "institution", "id"),
            _unique("Withdrawal", "institution", "fact_id"),
            _index("Fact", "institution", "claim"),
            _index("Fact", "institution", "ownerless"),
            _index("Observation", "institution", "tie"),
            _index("Observation", "institution", "loan"),
            _index("Statement", "institution", "entity"),
            _index("Statement", "institution", "loan"),
            *(_unique_tie(kind.value, "institution", "from_", "to_") for kind in TieKind),
            *(_relationship_index(kind.value, "institution", "from_", "last_at") for kind in TieKind),
            *(_relationship_index(kind.value, "institution", "to_", "last_at") for kind in TieKind),
            _unique_tie("TRANSFERRED", "institution", "fact", "known_from"),
            _relationship_index("TRANSFERRED", "institution", "tie"),
            _relationship_index("TRANSFERRED", "institution", "from_", "occurred_at"),
            _relationship_index("TRANSFERRED", "institution", "to_", "occurred_at"),
            _relationship_index("NAMES", "institution", "entity", "occurred_at"),
        ),
    ),
)
"""Every migration, oldest first. One that was released is never changed: what is new is a version more."""

VERSION: Final = MIGRATIONS[-1][0]
"""Of the schema that this program reads and writes."""

APPLIED: Final = "MATCH (m:Migration) RETURN coalesce(max(m.version), 0)"
NOTE: Final = "MERGE (m:Migration {version: $version})"
AWAIT: Final = "CALL db.awaitIndexes(60)"


async def bring(connections: Connections) -> bool:
    """Bring a server's schema to this program's version; whether there was anything to do. Raises `GraphUnavailable`."""
    ((found,),) = (await connections.statements([(APPLIED, {})], 60.0))[0]
    if found > VERSION:
        message = f"The graph's schema has version {found}, this program reads {VERSION}: use the program that made it."
        raise GraphUnavailable(message, "FAILED")
    for version, statements in MIGRATIONS:
        if version > found:
            await connections.statements([(text, {}) for text in statements], 120.0)
            await connections.statements([(AWAIT, {}), (NOTE, {"version": version})], 70.0)
    return bool(found < VERSION)


def migrate_server(address: Address, silence: float) -> bool:
    """Bring a server's schema to this program's version, for a command; whether anything was to be done. Raises `GraphUnavailable`."""
    connections = Connections(address, Limits.of_silence(silence))
    try:
        return connections.finish(bring(connections))
    finally:
        connections.finish_all()
