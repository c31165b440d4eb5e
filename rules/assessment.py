"""The use case: gather all that one decision may look at, within a deadline. What fails or is late is unread, and said.

No clock: waiting is measured by the event loop's own time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from graph.bounds import DECISION_BOUNDS
from graph.errors import GraphUnavailable
from graph.model import Institution, Moment, Surroundings, TruncationCause, WalkBounds
from graph.store import GraphStore
from rules.dossier import settle
from rules.model import Application, DecisionSource, DegradedCause, Dossier, History, Unread

T = TypeVar("T")

GRAPH_SHARE: Final = 350 / 900
"""Of the whole deadline, what the graph gets (design §4)."""

_GRACE: Final = 0.05
"""Seconds that a store may take beyond its deadline to come back with what it walked, before it is given up."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """A settled dossier and what gathering it took."""

    dossier: Dossier
    graph_ms: float
    """Wall-clock milliseconds until the graph had answered or was given up."""
    read: int
    """Entities, ties and transfers read."""
    identity_ms: float = 0.0
    """Of reading the records, what the results of identity checks took."""


async def gather(
    application: Application,
    institution: Institution,
    graph: GraphStore,
    history: Callable[[], Awaitable[History]],
    moment: Moment,
    deadline: float,
    bounds: WalkBounds = DECISION_BOUNDS,
) -> Gathered:
    """The dossier of an application, as of a moment, within `deadline` seconds of which the graph gets 350/900.

    Graph and records are read at once. Neither failing nor being late raises: the source is `Unread` in the dossier. A loan
    that the graph does not know is a failure of the graph, which should have recorded it a moment before.
    """
    share = deadline * GRAPH_SHARE
    loop = asyncio.get_running_loop()
    started = loop.time()

    async def walk() -> tuple[Surroundings | None, Unread | None, float]:
        around, cause = await _answer(
            lambda: graph.surroundings(institution.id, application.loan, moment, bounds, deadline=share), share + _GRACE
        )
        waited = round((loop.time() - started) * 1000, 3)
        if cause is None and around is not None:
            cut = around.neighbourhood.truncation
            if cut is None or TruncationCause.DEADLINE not in cut.causes:
                return around, None, waited
            cause = DegradedCause.TRUNCATED
        return around, Unread(DecisionSource.GRAPH, cause or DegradedCause.FAILED, waited), waited

    async def remember() -> tuple[History | None, Unread | None]:
        before, cause = await _answer(history, share)
        waited = round((loop.time() - started) * 1000, 3)
        return before, None if cause is None else Unread(DecisionSource.RECORDS, cause, waited)

    (around, graph_unread, graph_ms), (before, records_unread) = await asyncio.gather(walk(), remember())
    unread = tuple(one for one in (graph_unread, records_unread) if one is not None)
    dossier = settle(Dossier(application, moment.known_at, around, before, unread))
    read = 0 if around is None else len(around.neighbourhood.neighbours) + len(around.neighbourhood.ties) + len(around.flows)
    return Gathered(dossier, graph_ms, read)


async def _answer(ask: Callable[[], Awaitable[T]], seconds: float) -> tuple[T | None, DegradedCause | None]:
    """The answer, or why there is none. Whatever a source raises is its failure and not ours."""
    try:
        return await asyncio.wait_for(ask(), seconds), None
    except TimeoutError:
        return None, DegradedCause.TIMED_OUT
    except GraphUnavailable as error:
        return None, DegradedCause.__members__.get(error.cause, DegradedCause.FAILED)
    except Exception:
        return None, DegradedCause.FAILED
