"""How far a command is: a bar with the time left on a terminal, a short line now and then where the output is a file or a log."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

EVERY: Final = 10.0
"""Seconds between two lines."""


class Tell(Protocol):
    """What the work calls: how much of the total is done, and what else is worth knowing (`12,000 facts`)."""

    def __call__(self, done: float, detail: str = "") -> None:
        """Say so; quick enough to be called often."""
        ...


@contextmanager
def progress(words: str, total: float, console: Console | None = None, *, announced: bool = False) -> Iterator[Tell]:
    """Show how far work is that is called `words`, on standard error unless a console is given.

    With `announced` a line says that it begins, and the bar stays when it is done; otherwise what is over in seconds leaves no trace.
    """
    shown = console or Console(stderr=True, soft_wrap=True)
    if not shown.is_terminal:
        if announced:
            shown.print(f"{words} ...", highlight=False)
        yield Lines(words, total, lambda line: shown.print(line, highlight=False))
        return
    columns = (
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"), TextColumn("{task.fields[detail]}"),
        TimeRemainingColumn(),
    )  # fmt: skip
    with Progress(*columns, console=shown, transient=not announced) as bar:
        task = bar.add_task(words, total=max(total, 1e-9), detail="")

        def tell(done: float, detail: str = "") -> None:
            bar.update(task, completed=done, detail=detail)

        yield tell
        bar.update(task, completed=total)


class Lines:
    """A `Tell` for what is no terminal: at most a line every few seconds, with the share that is done and the time left."""

    def __init__(self, words: str, total: float, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._words = words
        self._total = total
        self._write = write
        self._clock = clock
        self._begun = self._last = clock()

    def __call__(self, done: float, detail: str = "") -> None:
        """Write a line when one is due."""
        now = self._clock()
        if now - self._last < EVERY or self._total <= 0:
            return
        self._last = now
        share = min(1.0, done / self._total)
        left = f", about {(now - self._begun) * (1 - share) / share:.0f} s left" if share > 0 else ""
        self._write(f"{self._words}: {share:.0%}{f', {detail}' if detail else ''}{left}")
