"""How often a proof is repeated: small counts in `make test`, full ones in `make soak`."""

from __future__ import annotations

import os
from typing import Final

SOAK: Final = os.environ.get("RINGFENCE_SOAK") == "1"
"""Whether the full counts were asked for."""

EXAMPLES: Final = 1_000 if SOAK else 40
"""Examples of one hypothesis property."""

STEPS: Final = 60 if SOAK else 20
"""Steps of one run of a state machine."""

GRAPH_SERVER: Final = (
    (os.environ["RINGFENCE_TEST_GRAPH_URL"], "neo4j", os.environ["RINGFENCE_TEST_GRAPH_PASSWORD"])
    if "RINGFENCE_TEST_GRAPH_URL" in os.environ
    else None
)
"""The server of `make servers`: url, user and password; None where it does not run."""
