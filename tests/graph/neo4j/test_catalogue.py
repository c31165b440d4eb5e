"""Every query is of one institution, is understood by the server and finds what it seeks through an index."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from graph.model import TieKind
from graph.stores.neo4j import catalogue
from graph.stores.neo4j.catalogue import phrases, recording
from graph.stores.neo4j.store import Neo4jStore
from tests.factory import START, account, institution, person, tie, transfer, vault
from tests.graph.stores import PATIENT, server_address

OF_A_DEPLOYMENT = {"INSTITUTION", "INSTITUTIONS", "ENTER_DEPLOYMENT", "ENTER_INSTITUTION", "NUMBERS", "REMOVE_DEPLOYMENT"}
"""They find institutions; each names its deployment."""

PATTERN = re.compile(r"[(\[](\w*):(\$?\(?[A-Za-z_][\w.|]*\)?)([^)\]]*)[)\]]")
"""A node or relationship with a label or type, and what is said of it inside of the pattern."""

SCOPED = re.compile(r"^\s*\{(institution: \$institution|number: \$institution)\b")


def unscoped(query: str) -> list[str]:
    """Patterns of a query that find or make something without saying of which institution; a tie between two that do says enough."""
    found = []
    for match in PATTERN.finditer(query):
        name, type_, inside = match.groups()
        tie_between = match[0].startswith("[") and set(type_.split("|")) <= set(phrases.ALL_TIES.split("|"))
        set_again = name and re.search(rf"SET {name}:", query[: match.start() + 1][-6:])
        if not (SCOPED.match(inside) or tie_between or set_again):
            found.append(match[0])
    return found


@pytest.mark.parametrize("name", sorted(catalogue.every()))
def test_a_query_is_scoped_to_the_institution(name: str):
    query = catalogue.every()[name]
    if name in OF_A_DEPLOYMENT:
        assert "deployment: $deployment" in query or "{name: $deployment}" in query
    else:
        assert unscoped(query) == [], query
        assert "(:" in query or re.search(r"\(\w+:", query), "something is matched by its label"


def test_the_walk_over_the_catalogue_notices_a_query_that_is_not_scoped():
    assert unscoped("MATCH (e:Entity {number: 1}) RETURN e")
    assert unscoped("MATCH (a:Entity {institution: $institution})-[m:TRANSFERRED]->(b:Entity) RETURN m")
    assert unscoped("MATCH ()-[n:NAMES]->(e:Entity {institution: $institution}) RETURN n")
    assert not unscoped("MATCH (a:Entity {institution: $institution})-[t:OWNS|HOLDS]->(b:Entity {institution: $institution}) RETURN t")


@pytest.mark.parametrize("name", sorted(catalogue.every()))
def test_no_part_of_a_query_is_taken_from_a_value(name: str):
    """What callers give comes as parameters: the text has no quotation but of our own constants."""
    assert set(re.findall(r"'([^']*)'", catalogue.every()[name])) <= {"institution", "tie_"}


EXAMPLES: dict[str, Any] = {
    **dict.fromkeys(
        ("institution", "at", "known_at", "number", "until", "before", "recorded", "last", "limit", "most", "loan", "tie", "fact", "kind",
         "from_", "to", "merchant", "after", "after_7", "after_30", "after_90", "followed", "crowded", "entity",
         "skipped", "step", "over", "what"), 1,
    ),
    **dict.fromkeys(("id", "centre", "deployment", "institution_id"), "x"),
    "check": b"x",
    "rows": {name: [] for name in recording.WRITTEN},
}  # fmt: skip


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Steps of a query's plan: operator and what it uses. In an empty graph a scan is as good as an index: so there are some facts."""
    import neo4j

    folder = tmp_path_factory.mktemp("plans")
    address = server_address(str(folder))
    asyncio.run(fill(Neo4jStore(address, vault(folder).sealer, limits=PATIENT)))
    with neo4j.GraphDatabase.driver(address.url, auth=(address.user, address.password), notifications_min_severity="OFF") as driver:

        def read(query: str) -> list[str]:
            parameters = {name: EXAMPLES.get(name, []) for name in re.findall(r"\$(\w+)", query)}
            plan = driver.execute_query("EXPLAIN " + query, parameters).summary.plan
            return list(flat(plan))

        yield read


async def fill(store: Neo4jStore) -> None:
    """Record transfers between some hundred accounts, and who holds them."""
    facts = [transfer(f"t{n}", account(f"a-{n % 250}"), account(f"a-{n % 249 + 1}"), 5, START + n) for n in range(3_000)]
    facts += [tie(f"h{n}", person(f"P-{n % 50}"), TieKind.HOLDS, account(f"a-{n}")) for n in range(250)]
    try:
        await store.record_bulk(institution(), "core", facts)
    finally:
        await store.close()


def flat(plan: Any) -> Iterator[str]:
    yield f"{plan['operatorType']} {plan['args'].get('Details', '')}"
    for child in plan.get("children", ()):
        yield from flat(child)


@pytest.mark.graph_server
@pytest.mark.parametrize("name", sorted(catalogue.every()))
def test_the_server_understands_a_query_and_scans_nothing(name: str, steps: Any):
    scans = [step for step in steps(catalogue.every()[name]) if "Scan" in step.split(" ", 1)[0]]
    if name in OF_A_DEPLOYMENT:
        scans = [step for step in scans if "Institution" not in step]  # a few of them
    assert scans == []


@pytest.mark.graph_server
def test_the_newest_of_a_hub_are_read_in_the_order_of_the_index(steps: Any):
    for name, query in catalogue.every().items():
        if name.startswith(("moved within", "moved first LARGEST", "moved first SMALLEST")):
            continue  # all of a window, or those that the order of time does not find
        if name.startswith(("newest", "moved")) or name in ("MONEY", "NAMED", "OUTERMOST_RECEIPTS"):
            operators = {step.split("@", 1)[0] for step in steps(query)}
            assert "PartialTop" in operators or "Limit" in operators, name
            assert not {"Top", "Sort"} & operators or name == "MONEY", name
