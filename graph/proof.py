"""Proof that a file can be written: somebody just did.

Who is asked often whether a part is ready must not write each time. A commit that succeeded a moment ago says as much as one made for the
question, and one that is under way holds the write lock, so that no other process keeps it from us.
"""

from __future__ import annotations

import math
import time
from typing import Final

FRESH_SECONDS: Final = 0.5
"""How long a commit is proof; so no more than two a second are made for it."""

LONG_SECONDS: Final = 2.0
"""How long a commit that is under way is taken for one that will succeed."""


class Proof:
    """What one writing thread knows; others may ask at any time."""

    def __init__(self) -> None:
        self._begun = math.inf
        self._succeeded = -math.inf

    def begun(self) -> None:
        """The write lock is ours."""
        self._begun = time.monotonic()

    def succeeded(self) -> None:
        """Something was committed."""
        self._succeeded = time.monotonic()

    def failed(self) -> None:
        """Nothing could be committed: what succeeded before proves nothing any more."""
        self._succeeded = -math.inf

    def ended(self) -> None:
        """The write lock is not ours any more."""
        self._begun = math.inf

    def stands(self) -> bool:
        """Whether it need not be tried again."""
        now = time.monotonic()
        return now - self._succeeded < FRESH_SECONDS or 0 <= now - self._begun < LONG_SECONDS
