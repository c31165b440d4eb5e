"""Windows and scopes of questions about money: what may be asked, judged in one place."""

from __future__ import annotations

from collections.abc import Iterator

from graph.errors import InvalidInput, Problem
from graph.flows.scope import MAXIMUM_PER_STEP, Scope, Window

Path = tuple[str, ...]


def check_scope(question: object) -> None:
    """Raise `InvalidInput` for a scope or window of the question that is out of bounds; its paths are below the question."""
    scope = getattr(question, "scope", None)
    window = scope.window if isinstance(scope, Scope) else getattr(question, "window", None)
    steps = steps_wrong(scope.per_step) if isinstance(scope, Scope) else ()
    problems = [Problem(("scope", *path), message) for path, message in (*steps, *time_wrong(window, ("window",)))]
    if problems:
        raise InvalidInput(problems)


def steps_wrong(most: int | None) -> Iterator[tuple[Path, str]]:
    """What is wrong with how much of an account is looked at."""
    if most is not None and not 1 <= most <= MAXIMUM_PER_STEP:
        yield ("transfersPerStep",), f"is {most:,}: give 1 to {MAXIMUM_PER_STEP:,}"


def time_wrong(window: Window | None, path: Path) -> Iterator[tuple[Path, str]]:
    """What is wrong with a window."""
    if window is not None and window.before < window.after:
        yield (*path, "before"), "is earlier than `after`: give a later moment, or leave it out for now"
