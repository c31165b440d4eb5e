"""What both stores answer alike: single ties, facts and transfers, and pages of lists, each from one snapshot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeVar

from graph.errors import InvalidInput, Problem
from graph.flows.scope import Way, Window
from graph.ids import tie_parts
from graph.model import Entity, ListedTransfer, Moment, RecordedFact, Tie, TieKind
from graph.sealing import Sealer
from graph.store import Page
from graph.stores.shared.listing import find_fact, find_tie, list_facts, list_loans, list_ties
from graph.stores.shared.snapshot import Snapshot
from graph.stores.shared.transfers import find_transfer, list_transfers

T = TypeVar("T")


class Paging(ABC):
    """The listing side of a `graph.store.GraphStore`, whose docstrings say what each question means."""

    @abstractmethod
    async def look(self, institution: str, moment: Moment, work: Callable[[Snapshot], T]) -> T:
        """Do the work in a snapshot of its own. Raises `GraphUnavailable`."""

    @abstractmethod
    def sealer(self, institution: str) -> Sealer:
        """The institution's keys."""

    async def tie(self, institution: str, id: str, moment: Moment) -> Tie | None:
        """One tie, ended or not; see `GraphStore.tie`."""
        parts = tie_parts(id)
        return None if parts is None else await self.look(institution, moment, lambda snapshot: find_tie(snapshot, *parts))

    async def ties(
        self, institution: str, entity: str, moment: Moment, *,
        first: int, after: str | None = None, kinds: frozenset[TieKind] | None = None,
    ) -> Page[Tie]:  # fmt: skip
        """A page of an entity's ties; see `GraphStore.ties`."""
        sealer = self.sealer(institution)
        return await self._list(
            institution, entity, moment, first, lambda snapshot, number: list_ties(snapshot, sealer, number, first, after, kinds)
        )

    async def fact(self, institution: str, id: str, moment: Moment) -> RecordedFact | None:
        """One fact, withdrawn or not; see `GraphStore.fact`."""
        return await self.look(institution, moment, lambda snapshot: find_fact(snapshot, id))

    async def facts(self, institution: str, entity: str, moment: Moment, *, first: int, after: str | None = None) -> Page[RecordedFact]:
        """A page of the facts that name an entity; see `GraphStore.facts`."""
        sealer = self.sealer(institution)
        return await self._list(
            institution, entity, moment, first, lambda snapshot, number: list_facts(snapshot, sealer, number, first, after)
        )

    async def loans(self, institution: str, merchant: str, moment: Moment, *, first: int, after: str | None = None) -> Page[Entity]:
        """A page of a merchant's loans; see `GraphStore.loans`."""
        sealer = self.sealer(institution)
        return await self._list(
            institution, merchant, moment, first, lambda snapshot, number: list_loans(snapshot, sealer, number, first, after)
        )

    async def transfers(
        self, institution: str, account: str, moment: Moment, *,
        first: int, after: str | None = None, way: Way | None = None, window: Window | None = None,
    ) -> Page[ListedTransfer]:  # fmt: skip
        """A page of an account's transfers; see `GraphStore.transfers`."""
        sealer = self.sealer(institution)
        return await self._list(
            institution, account, moment, first,
            lambda snapshot, number: list_transfers(snapshot, sealer, number, first, after, way, window),
        )  # fmt: skip

    async def transfer(self, institution: str, id: str, moment: Moment) -> ListedTransfer | None:
        """One transfer, reversed or not; see `GraphStore.transfer`."""
        return await self.look(institution, moment, lambda snapshot: find_transfer(snapshot, id))

    async def _list(self, institution: str, entity: str, moment: Moment, first: int, listed: Callable[[Snapshot, int], Page[T]]) -> Page[T]:
        if not 1 <= first <= 100:
            raise InvalidInput([Problem(("first",), f"is {first}: give 1 to 100")])

        def read(snapshot: Snapshot) -> Page[T]:
            number = snapshot.node(entity)
            return Page((), (), more=False) if number is None else listed(snapshot, number)

        return await self.look(institution, moment, read)
