"""What is kept with an institution so that it is never read or written with other keys.

An id is a keyed hash: with other keys the same customer would become another entity, silently. So what the institution's keys make of a
fixed text is kept with it and compared whenever it is opened.
"""

from __future__ import annotations

from typing import Final

from graph.errors import GraphUnavailable
from graph.sealing import Sealer

_CHECKED: Final = b"ringfence graph check value"


class WrongKeys(GraphUnavailable):
    """The graph's ids and tokens were made with other keys than those given now: nothing is read or written."""


def check_value(sealer: Sealer) -> bytes:
    """What an institution's keys make of a fixed text."""
    return sealer.content_hash(_CHECKED)
