"""One face among many: an exact search over templates in memory, 8 bits a number (faiss). The only module that sees faiss.

Exact on purpose: a graph index missed more than a quarter of the duplicates. A million templates take 160 MB and some 30 ms a search. The
index holds numbers by a key of the caller's and nothing else; the templates come decrypted from whoever keeps them (`Templates`), are
added as they come, and are forgotten when removed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from identity.faces.matching import DIMENSIONS, many_threshold

MOST_TEMPLATES: Final = 2_000_000
MOST_CANDIDATES: Final = 50
LOWEST, HIGHEST = -0.6, 0.6
"""Between these lie the template's numbers; what is beyond is cut off. A step of 8 bits is .005, and moves a distance by less than .02."""


class FullIndex(Exception):
    """As many templates are held as may be; the message says how many."""


@dataclass(frozen=True, slots=True)
class FaceChange:
    """One change to the templates that are kept: its number in order, the subject, and the decrypted template, None when it was erased."""

    number: int
    subject: str
    template: tuple[float, ...] | None


class Templates(Protocol):
    """Where templates are kept, encrypted; numbers of changes only grow."""

    async def changes(self, institution: str, after: int, most: int) -> Sequence[FaceChange]:
        """The first changes of an institution after number `after`, in order, at most `most`; decrypted, for the search alone."""


class FaceIndex:
    """Templates of one institution by subject. Calls may come from several threads: one is served at a time."""

    def __init__(self, most: int = MOST_TEMPLATES) -> None:
        import faiss
        import numpy as np

        self._most = most
        quantizer = faiss.IndexScalarQuantizer(DIMENSIONS, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_L2)
        # The range is fixed, so that a template is the same bytes whenever it was added: two made-up corners train it.
        quantizer.train(np.array([[LOWEST] * DIMENSIONS, [HIGHEST] * DIMENSIONS], dtype=np.float32))
        self._index: Any = faiss.IndexIDMap2(quantizer)
        self._numbers: dict[str, int] = {}
        self._subjects: dict[int, str] = {}
        self._next = 0
        self._seen = 0
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._numbers)

    def add(self, templates: Iterable[tuple[str, Sequence[float]]]) -> None:
        """Hold templates by their subjects; a subject's former one is replaced. Raises `FullIndex` before anything is added."""
        import numpy as np

        new = dict(templates)
        if not new:
            return
        vectors = np.array(list(new.values()), dtype=np.float32)
        if vectors.shape != (len(new), DIMENSIONS) or not np.isfinite(vectors).all():
            raise ValueError(f"a template is {DIMENSIONS} finite numbers")
        with self._lock:
            if len(self._numbers.keys() | new.keys()) > self._most:
                raise FullIndex(f"At most {self._most:,} faces are held: raise the bound, or give the institution a server of its own.")
            self._drop([subject for subject in new if subject in self._numbers])
            numbers = np.arange(self._next, self._next + len(new), dtype=np.int64)
            self._next += len(new)
            self._index.add_with_ids(np.clip(vectors, LOWEST, HIGHEST), numbers)
            for subject, number in zip(new, numbers.tolist(), strict=True):
                self._numbers[subject], self._subjects[number] = number, subject

    def remove(self, subjects: Iterable[str]) -> int:
        """Forget subjects' templates; how many were held."""
        with self._lock:
            return self._drop([subject for subject in subjects if subject in self._numbers])

    def _drop(self, subjects: list[str]) -> int:
        import numpy as np

        numbers = np.array([self._numbers.pop(subject) for subject in subjects], dtype=np.int64)
        for number in numbers.tolist():
            del self._subjects[number]
        return int(self._index.remove_ids(numbers)) if len(numbers) else 0

    def search(
        self, template: Sequence[float], *, rate: float, leave_out: str | None = None, most: int = MOST_CANDIDATES
    ) -> list[tuple[str, float]]:
        """Subjects whose face is so near that a stranger would find anybody here with at most `rate`, the nearest first, with distances.

        `leave_out` is the subject itself; at most `most` (50) are given.
        """
        import numpy as np

        if len(template) != DIMENSIONS:
            raise ValueError(f"a template is {DIMENSIONS} numbers")
        with self._lock:
            if not self._numbers:
                return []
            threshold = many_threshold(rate, len(self._numbers))
            wanted = min(len(self._numbers), min(most, MOST_CANDIDATES) + 1)
            squares, numbers = self._index.search(np.array([template], dtype=np.float32), wanted)
            near = [
                (self._subjects[number], float(square) ** 0.5)
                for square, number in zip(squares[0].tolist(), numbers[0].tolist(), strict=True)
                if number >= 0 and square <= threshold * threshold
            ]
        return [(subject, apart) for subject, apart in near if subject != leave_out][: min(most, MOST_CANDIDATES)]

    @property
    def seen(self) -> int:
        """Number of the last change that was learnt; 0 for a new index."""
        return self._seen

    def learn(self, changes: Sequence[FaceChange]) -> None:
        """Take over changes in order; those that were learnt before are passed over."""
        new = [change for change in changes if change.number > self._seen]
        last = {change.subject: change.template for change in new}
        self.remove([subject for subject, template in last.items() if template is None])
        self.add([(subject, template) for subject, template in last.items() if template is not None])
        self._seen = max([self._seen, *(change.number for change in new)])
