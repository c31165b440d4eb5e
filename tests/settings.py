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

NEED_SERVERS: Final = os.environ.get("RINGFENCE_SERVERS") == "1"
"""Whether tests of servers must run, as in CI: without it they are left out on a machine that has none."""
