"""How often a proof is repeated: small counts in `make test`, full ones in `make soak`."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Final

SOAK: Final = os.environ.get("RINGFENCE_SOAK") == "1"
"""Whether the full counts were asked for."""

EXAMPLES: Final = 1_000 if SOAK else 25
"""Examples of one hypothesis property."""

STEPS: Final = 60 if SOAK else 20
"""Steps of one run of a state machine."""

RECOVERY: Final = 5.0 if SOAK else 60.0
"""Seconds from a server's return to the first decision that uses it; a machine that does other things too may take longer."""

ANSWER: Final = 1.0 if SOAK else 3.0
"""Seconds within which a decision is answered whatever a server does, likewise."""

MALFORMED_IMAGES: Final = 1_000 if SOAK else 90
"""Broken images that the opener is given, one after another."""

NEED_SERVERS: Final = os.environ.get("RINGFENCE_SERVERS") == "1"
"""Whether tests of servers must run, as in CI: without it they are left out on a machine that has none."""

NO_SERVERS: Final = os.environ.get("RINGFENCE_SERVERS") == "0"
"""Whether they are left out in any case: CI runs them with one Python, and the rest with a second."""


def _graph_server() -> tuple[str, str, str] | None:
    """Where the Neo4j of `make servers` answers (or the one that the environment names), as whom, and the password."""
    url, password = os.environ.get("RINGFENCE_TEST_GRAPH_URL"), os.environ.get("RINGFENCE_TEST_GRAPH_PASSWORD", "")
    folder = Path(__file__).parents[1] / ".servers" / "neo4j"
    if NO_SERVERS:
        return None
    if url is None and (folder / "pid").exists():
        url, password = (folder / "address").read_text().strip(), (folder / "password").read_text().strip()
    if url is None:
        return None
    host, port = url.rsplit("/", 1)[1].split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return None
    return url, "neo4j", password


GRAPH_SERVER: Final = _graph_server()
"""The server of `make servers`: url, user and password; None where it does not run: what needs it is left out."""

assert GRAPH_SERVER or not NEED_SERVERS, "RINGFENCE_SERVERS=1 asks for tests on Neo4j: run `make servers`"
