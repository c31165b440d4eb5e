"""What queries ask of the graph, behind a breaker of their own: a graph that is down costs a few questions their time, and not each.

Deciding has another breaker, so that what analysts ask never leaves a loan undecided; while deciding leaves the graph alone, nobody
asks it anything. Facts are recorded and loans judged through `Services.graph` itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from api.breaker import Breaker
from graph.flows.reader import Question
from graph.flows.scope import Way, Window
from graph.model import Entity, EntityName, ListedTransfer, Moment, Neighbourhood, PathSearch, RecordedFact, Tie, TieKind, WalkBounds
from graph.store import Answered, GraphStore, Page, Wanted

T = TypeVar("T")

SLACK: Final = 0.5
"""Seconds that a walk has beyond its deadline, by which it should have given what it had."""


@dataclass(frozen=True, slots=True)
class Questions:
    """The reading side of a `GraphStore`, whose docstrings say what each question means. All raise `GraphUnavailable`."""

    graph: GraphStore
    deciding: Breaker
    """Of the calls that record and judge."""
    asking: Breaker
    """Of these questions."""
    seconds: float
    """Longest that one may take, where it has no deadline of its own."""

    async def now(self, institution: str) -> Moment:
        """See `GraphStore.now`."""
        return await self._ask(lambda: self.graph.now(institution))

    async def entity_id(self, institution: str, name: EntityName, moment: Moment) -> str | None:
        """See `GraphStore.entity_id`."""
        return await self._ask(lambda: self.graph.entity_id(institution, name, moment))

    async def entities(self, institution: str, ids: Sequence[str], moment: Moment) -> dict[str, Entity]:
        """See `GraphStore.entities`."""
        return await self._ask(lambda: self.graph.entities(institution, ids, moment))

    async def find(self, institution: str, wanted: Wanted, *, first: int, after: str | None = None) -> Page[Entity]:
        """See `GraphStore.find`."""
        return await self._ask(lambda: self.graph.find(institution, wanted, first=first, after=after))

    async def tie(self, institution: str, id: str, moment: Moment) -> Tie | None:
        """See `GraphStore.tie`."""
        return await self._ask(lambda: self.graph.tie(institution, id, moment))

    async def ties(
        self,
        institution: str,
        entity: str,
        moment: Moment,
        *,
        first: int,
        after: str | None = None,
        kinds: frozenset[TieKind] | None = None,
    ) -> Page[Tie]:
        """See `GraphStore.ties`."""
        return await self._ask(lambda: self.graph.ties(institution, entity, moment, first=first, after=after, kinds=kinds))

    async def fact(self, institution: str, id: str, moment: Moment) -> RecordedFact | None:
        """See `GraphStore.fact`."""
        return await self._ask(lambda: self.graph.fact(institution, id, moment))

    async def facts(self, institution: str, entity: str, moment: Moment, *, first: int, after: str | None = None) -> Page[RecordedFact]:
        """See `GraphStore.facts`."""
        return await self._ask(lambda: self.graph.facts(institution, entity, moment, first=first, after=after))

    async def loans(self, institution: str, merchant: str, moment: Moment, *, first: int, after: str | None = None) -> Page[Entity]:
        """See `GraphStore.loans`."""
        return await self._ask(lambda: self.graph.loans(institution, merchant, moment, first=first, after=after))

    async def transfers(
        self,
        institution: str,
        account: str,
        moment: Moment,
        *,
        first: int,
        after: str | None = None,
        way: Way | None = None,
        window: Window | None = None,
    ) -> Page[ListedTransfer]:
        """See `GraphStore.transfers`."""
        return await self._ask(lambda: self.graph.transfers(institution, account, moment, first=first, after=after, way=way, window=window))

    async def transfer(self, institution: str, id: str, moment: Moment) -> ListedTransfer | None:
        """See `GraphStore.transfer`."""
        return await self._ask(lambda: self.graph.transfer(institution, id, moment))

    async def neighbourhood(
        self, institution: str, centre: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Neighbourhood | None:
        """See `GraphStore.neighbourhood`."""
        return await self._ask(
            lambda: self.graph.neighbourhood(institution, centre, moment, bounds, deadline=deadline), max(self.seconds, deadline + SLACK)
        )

    async def paths(
        self,
        institution: str,
        from_: str,
        to: str,
        moment: Moment,
        *,
        kinds: frozenset[TieKind] | None,
        maximum_length: int,
        maximum_paths: int,
        deadline: float,
    ) -> PathSearch:
        """See `GraphStore.paths`."""
        bounds = {"maximum_length": maximum_length, "maximum_paths": maximum_paths}
        return await self._ask(
            lambda: self.graph.paths(institution, from_, to, moment, kinds=kinds, deadline=deadline, **bounds),
            max(self.seconds, deadline + SLACK),
        )

    async def ask(self, institution: str, question: Question[T], moment: Moment, *, deadline: float) -> Answered[T]:
        """See `GraphStore.ask`."""
        return await self._ask(
            lambda: self.graph.ask(institution, question, moment, deadline=deadline), max(self.seconds, deadline + SLACK)
        )

    async def _ask(self, question: Callable[[], Awaitable[T]], seconds: float | None = None) -> T:
        self.deciding.look()
        return await self.asking.watch(question, self.seconds if seconds is None else seconds)
