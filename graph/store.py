"""The questions that a graph store answers. These docstrings are the contract; `tests/graph/` holds every store to it.

Common to all: the first argument is the institution, and nothing of another one is ever read. Answers are the fold of the
facts that had occurred by `moment.at` and were recorded by `moment.known_at` (see `graph.merging`), on any store, in
any order of arrival. Answers are bounded; what a bound cut is said. `deadline` is in seconds from the call. All raise
`GraphUnavailable` when the store cannot answer; after it, nothing was done that a retry could double.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from graph.contents import Fact
from graph.errors import Conflict, InvalidInput, Unknown
from graph.flows.guarding import Guard
from graph.flows.reader import Question
from graph.flows.scope import Cut, Way, Window
from graph.model import (
    Entity,
    EntityKind,
    EntityName,
    HeldTie,
    Instant,
    Institution,
    ListedTransfer,
    Moment,
    Neighbourhood,
    PathSearch,
    RecordedFact,
    Standing,
    Surroundings,
    Tie,
    TieKind,
    WalkBounds,
)

T = TypeVar("T")

MAXIMUM_FACTS = 1_000
"""Facts in one call of `record`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The fact is recorded, durably."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same fact was recorded before, at `recorded_at`; nothing changed."""

    recorded_at: Instant


@dataclass(frozen=True, slots=True)
class Refused:
    """The fact was not recorded; paths are below the fact, `("content", "transferMade", "key")`."""

    problem: Conflict | InvalidInput | Unknown


FactResult = Recorded | Repeated | Refused


@dataclass(frozen=True, slots=True)
class Tripped:
    """A guarded fact was not recorded: it would have completed what its guard forbids, or one side is blocked."""

    blocked: tuple[str, ...]
    """Ids of the sides that were blocked instead, payer or guarantor first; none when one of them was blocked already."""
    entities: tuple[Entity, ...]
    """Of the pattern, both sides first, at most 100, as they would have been."""
    ties: tuple[Tie, ...]
    """Between them, that of the fact included, weightiest first."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What became of a batch: one result for each fact, in the order given."""

    results: tuple[FactResult, ...]
    recorded_at: Instant
    """From then on reads see the recorded ones. Where nothing was ever recorded it is the clock's, and there is nothing to see."""
    tripped: Tripped | None = None
    """Why a guarded fact has no result."""
    alone: bool = False
    """Whether nobody else is known to have written since the writer's transaction before: an import may then write more at once."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, newest first."""

    items: tuple[T, ...]
    cursors: tuple[str, ...]
    """One opaque place for each item: position in the list's order, good for this list alone."""
    more: bool
    """Whether items follow."""


@dataclass(frozen=True, slots=True)
class Answered(Generic[T]):
    """The answer to a question about money."""

    value: T
    cut: tuple[Cut, ...] = ()
    """Bounds that cut it short, in the order of `Cut`. With PER_STEP alone it is the answer that the question's scope asks for, equal on
    every store; with any other it is what was found until then."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What forgetting a person destroyed."""

    keys: int
    """Keys of the person and of what nobody else is tied to."""
    items: int
    """Names, birth dates, identifiers, addresses and free texts that were kept."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entities are looked for; all that is given must hold, None asks for nothing."""

    kinds: frozenset[EntityKind] | None = None
    text: str | None = None
    """Stands in the name or the institution's own key, whatever the case of letters."""
    standings: frozenset[Standing] | None = None
    blocked: bool | None = None
    seen_after: Instant | None = None


class GraphStore(Protocol):
    """Everything that may be asked of the graph."""

    async def record(self, institution: Institution, source: str, facts: Sequence[Fact], *, together: bool = False) -> Recording:
        """Record up to 1,000 facts of one source in one transaction, durably; each is recorded, repeated or refused alone.

        With `together` one refusal refuses all: nothing is recorded, and the results say which were at fault.
        Money in another currency has been refused by decoding. Merging is idempotent and commutative; refusals for
        conflict depend on order. `recorded_at` is given under the write lock and rises from transaction to transaction.
        """
        ...

    async def record_guarded(self, institution: Institution, source: str, fact: Fact, guard: Guard) -> Recording:
        """Record a transfer or guarantee unless it would complete what its guard forbids (see `graph.flows.guarding`).

        It is written, looked at with all that is recorded by then and all that will have occurred, and kept when it is harmless. Otherwise
        it is taken back, both sides are blocked (facts of the source `guard`), and the recording says `tripped` in place of a result. From
        the writing until the commit nobody else writes to the institution, so that of facts which complete a pattern together the last one
        trips, however they meet. A fact that was recorded before is repeated, unguarded. Raises `InvalidInput` for a fact that the
        guard is not about, and `GraphUnavailable` when the guard could not look at everything: then nothing was done.
        """
        ...

    async def now(self, institution: str) -> Moment:
        """The present: `at` by this machine's clock, `known_at` the newest recording that a read starting now sees."""
        ...

    async def entity_id(self, institution: str, name: EntityName, moment: Moment) -> str | None:
        """Id of the entity named, None when no standing fact names it by then."""
        ...

    async def entities(self, institution: str, ids: Sequence[str], moment: Moment) -> dict[str, Entity]:
        """The entities with these ids (at most 1,000) that exist at the moment; others are left out."""
        ...

    async def find(self, institution: str, wanted: Wanted, *, first: int, after: str | None = None) -> Page[Entity]:
        """Entities as they are now, by when they were last seen, then by id's place, descending; `first` 1 to 100.

        Names of people are opened to be compared. Raises `InvalidInput` for a cursor that this list did not give, and when 50,000
        entities were looked at before a page was full.
        """
        ...

    async def tie(self, institution: str, id: str, moment: Moment) -> Tie | None:
        """The tie with this id, ended or not; None when no standing fact says it."""
        ...

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
        """An entity's ties, ended ones included, by `last_at`, then `recorded_at`, then id, descending; `first` 1 to 100.

        Raises `InvalidInput` for a cursor that this list did not give.
        """
        ...

    async def fact(self, institution: str, id: str, moment: Moment) -> RecordedFact | None:
        """The fact with this id, withdrawn or not."""
        ...

    async def facts(self, institution: str, entity: str, moment: Moment, *, first: int, after: str | None = None) -> Page[RecordedFact]:
        """Facts that name the entity themselves and stand, by `occurred_at`, `recorded_at`, id, descending; `first` 1 to 100."""
        ...

    async def loans(self, institution: str, merchant: str, moment: Moment, *, first: int, after: str | None = None) -> Page[Entity]:
        """A merchant's loans and applications by `applied_at`, `recorded_at`, id, descending; `first` 1 to 100."""
        ...

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
        """An account's transfers, reversed ones included, by `occurred_at`, `recorded_at`, id, descending; `first` 1 to 100.

        `way` None: into and out of it, one to itself once; `window` None: all time. A cursor is good for the account and the way.
        """
        ...

    async def transfer(self, institution: str, id: str, moment: Moment) -> ListedTransfer | None:
        """The transfer with this id, reversed or not; None when no standing fact reports it."""
        ...

    async def neighbourhood(
        self, institution: str, centre: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Neighbourhood | None:
        """The bounded piece of graph around an entity by ties that hold, breadth first, newest ties first; None when it is unknown.

        An entity's ties beyond `ties_per_entity` are seen and left out (TIES_PER_ENTITY), entities beyond `entities`
        (ENTITIES) and ties beyond `ties` likewise; ties between two entities at the last distance are not shown. When
        the deadline comes first, what was walked is returned with DEADLINE.

        Within a distance the entity with the best chain goes first (the product of weights along which it was found), then by id;
        of each the newest ties. So what a bound cuts off is behind the weakest ties, and equal on every store. Distances and strengths
        are over what is shown; `omitted_ties` counts different ties. A tie that one end left out is shown when its other end shows it.
        """
        ...

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
        """The strongest simple chains of at most `maximum_length` ties, strongest first, then shortest, then by ids."""
        ...

    async def surroundings(
        self, institution: str, loan: str, moment: Moment, bounds: WalkBounds, *, deadline: float
    ) -> Surroundings | None:
        """All that one decision may look at, in one snapshot (one round trip); None when the loan is unknown.

        The neighbourhood is walked with `graph.bounds.around_a_loan(bounds)`; money is bounded as `FlowBounds` says. Whatever part the
        deadline cut, the neighbourhood's truncation says DEADLINE; bounds met by count are ordinary.
        """
        ...

    async def ask(self, institution: str, question: Question[T], moment: Moment, *, deadline: float) -> Answered[T]:
        """A question about money of `graph.flows`, answered from one snapshot: what its `answer` says of all that stands at the moment.

        Whatever the store does, no more than 200,000 movements and sightings are read (MOVEMENTS), of one account and step no more than
        the scope says (PER_STEP), and nothing after the deadline (DEADLINE). Raises `InvalidInput` for a scope whose `per_step` is not
        1 to 10,000 or whose window ends before it begins.
        """
        ...

    async def erase(self, institution: str, person: str) -> Erased | None:
        """Forget a person (an id), durably; None when there is none.

        What is personal of it, and of the identifiers that nobody else is tied to (but companies that it owns alone), is destroyed at every
        moment of both clocks: keys, ciphertexts, tokens, masked labels, own keys, coordinates, and free texts about it. Facts and ties
        stay, and ids with them. Who is reported again later is kept under fresh keys; an identifier's value is not learnt again.
        """
        ...

    async def ready(self) -> None:
        """Return when the store can be read and written; raise `GraphUnavailable` otherwise."""
        ...

    async def close(self) -> None:
        """Finish what was begun and let go of files, threads and connections."""
        ...


@dataclass(frozen=True, slots=True)
class KeptFact:
    """A fact as its source reported it, with its place in the order of keeping."""

    place: int
    """Rises from fact to fact of a store; says nothing else."""
    source: str
    fact: Fact
    """With `recorded_at`; its entities are named by key and value."""


class HeldTies(NamedTuple):
    """Ties that go out from some entities."""

    ties: tuple[HeldTie, ...]
    """By `from` and `to` in the order in which the store keeps entities, then by kind."""
    last: int | None
    """The place to go on from; None when there is nothing behind it."""


class BulkStore(GraphStore, Protocol):
    """A store that imports can fill, and exports empty."""

    async def kept_facts(self, institution: str, *, after: int, first: int, clear: bool) -> tuple[KeptFact, ...]:
        """The facts kept after a place (0: from the start), in the order of keeping, withdrawn ones included; `first` 1 to 10,000.

        With `clear` personal values are opened. Without it, and for what was erased and the numbers of documents, which are never
        kept, each identifier is a stand-in that is the same wherever it is named, and names, birth dates, coordinates and free texts are
        left out: what is given back then tells nothing personal, and makes a graph of the same ties.
        """
        ...

    async def newest_fact(self, institution: str) -> int:
        """The place of the fact that was kept last; 0 when there is none."""
        ...

    async def held_ties(self, institution: str, kinds: frozenset[TieKind], *, after: int, first: int) -> HeldTies:
        """The ties of these kinds (none of money) that hold now, from the next `first` entities after a place (0: from the start).

        `first` is 1 to 10,000. Each page is of its own moment: a rebuild that must see one state compares `newest_fact` before and after.
        """
        ...

    async def record_bulk(self, institution: Institution, source: str, facts: Sequence[Fact]) -> Recording:
        """Like `record`, for 1 to 50,000 facts of an import: fewer and larger commits. Facts state when they became known."""
        ...
