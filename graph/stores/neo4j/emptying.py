"""Removes all that a deployment keeps on a server: what a demonstration left, before the next one begins."""

from __future__ import annotations

from typing import Final

from graph.stores.neo4j.catalogue import emptying
from graph.stores.neo4j.connecting import Address, Connections, Limits

LOT: Final = 5_000
"""Nodes that are removed in one transaction, with their relationships."""

SECONDS: Final = 120.0
"""Longest that one lot may take."""


def empty_deployment(address: Address, silence: float) -> None:
    """Remove everything of the address's deployment; others on the server stay. Raises `GraphUnavailable`."""
    connections = Connections(address, Limits.of_silence(silence))
    try:
        connections.finish(_empty(connections, address.deployment))
    finally:
        connections.finish_all()


async def _empty(connections: Connections, deployment: str) -> None:
    async def ask(query: str, **parameters: object) -> list[tuple[int, ...]]:
        return (await connections.statements([(query, parameters)], SECONDS))[0]

    for (institution,) in await ask(emptying.NUMBERS, deployment=deployment):
        for query in emptying.LOTS:
            while (await ask(query, institution=institution, most=LOT))[0][0]:
                pass
        await ask(emptying.REMOVE_INSTITUTION, institution=institution)
    await ask(emptying.REMOVE_DEPLOYMENT, deployment=deployment)
