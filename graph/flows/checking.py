"""Whether a question's scope is one that can be asked."""

from __future__ import annotations

from graph.errors import InvalidInput, Problem
from graph.flows.scope import MAXIMUM_PER_STEP, Scope, Window


def check_scope(question: object) -> None:
    """Raise `InvalidInput` for a scope or window of the question that is out of bounds; its paths are below the question."""
    scope = getattr(question, "scope", None)
    window = scope.window if isinstance(scope, Scope) else getattr(question, "window", None)
    problems = []
    if isinstance(scope, Scope) and scope.per_step is not None and not 1 <= scope.per_step <= MAXIMUM_PER_STEP:
        problems.append(Problem(("scope", "transfersPerStep"), f"is {scope.per_step:,}: give 1 to {MAXIMUM_PER_STEP:,}"))
    if isinstance(window, Window) and window.before < window.after:
        problems.append(Problem(("scope", "window", "before"), "is earlier than `after`: give a later moment, or leave it out for now"))
    if problems:
        raise InvalidInput(problems)
