"""Windows and scopes of questions about money: what may be asked, read from a caller's input and judged in one place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from graph.errors import InvalidInput, Problem
from graph.fields import Path, Reading
from graph.flows.scope import MAXIMUM_PER_STEP, Order, Scope, Window
from graph.model import Instant


def check_scope(question: object) -> None:
    """Raise `InvalidInput` for a scope or window of the question that is out of bounds; its paths are below the question."""
    scope = getattr(question, "scope", None)
    window = scope.window if isinstance(scope, Scope) else getattr(question, "window", None)
    steps = _steps(scope.per_step) if isinstance(scope, Scope) else ()
    problems = [Problem(("scope", *path), message) for path, message in (*steps, *_time(window, ("window",)))]
    if problems:
        raise InvalidInput(problems)


def read_window(raw: Mapping[str, Any], path: Path, reading: Reading, until: Instant) -> Window:
    """A raw `TimeWindow`; an end that is left out is `until`. What is wrong is noted."""
    before = raw.get("before")
    window = Window(raw["after"], until if before is None else before)
    for below, message in _time(window, ()):
        reading.wrong((*path, *below), message)
    return window


def read_scope(raw: Mapping[str, Any], path: Path, reading: Reading, until: Instant) -> Scope:
    """A raw `FlowScope`; a window's end that is left out is `until`. What is wrong is noted."""
    most = raw["transfersPerStep"]
    for below, message in _steps(most):
        reading.wrong((*path, *below), message)
    over = reading.money(raw, path, "amountOver")
    return Scope(read_window(raw["window"], (*path, "window"), reading, until), over, most, Order(str(raw["order"])))


def _steps(most: int | None) -> Iterator[tuple[Path, str]]:
    """What is wrong with how much of an account is looked at."""
    if most is not None and not 1 <= most <= MAXIMUM_PER_STEP:
        yield ("transfersPerStep",), f"is {most:,}: give 1 to {MAXIMUM_PER_STEP:,}"


def _time(window: Window | None, path: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with a window."""
    if window is not None and window.before < window.after:
        yield (*path, "before"), "is earlier than `after`: give a later moment, or leave it out for now"
