"""The rows that recording reads and writes: what a store must be able to do with them within one call's transaction.

All are of one institution; a call's facts are of one source. What is written is seen by what is read after it. Methods wait for
the store, so they are called on a thread that may wait. Rows are tuples in the order of the columns named here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from graph.model import Instant
from graph.stores.shared.encoding import Kept
from graph.stores.shared.folding import Description
from graph.stores.shared.rows import TieRow

Row: TypeAlias = tuple[Any, ...]


class TieHead(NamedTuple):
    """Which tie is to be folded."""

    number: int
    kind: int
    from_: int
    to: int


class PlainRows(NamedTuple):
    """The rows that accepted facts have by themselves."""

    facts: list[Row]
    """number, id, source_id, kind, occurred_at, recorded_at, withdrawn_at, hash, content."""
    claims: list[Row]
    """space, key, fact."""
    mentions: list[Row]
    """entity, occurred_at, recorded_at, fact."""
    movements: list[Row]
    """account, incoming, occurred_at, recorded_at, fact, known_from, known_until, hidden_at, other, amount, kind: two of each transfer."""
    observations: list[Row]
    """tie, occurred_at, fact, known_from, recorded_at, known_until, hidden_at, ended, amount, share, loan."""
    statements: list[Row]
    """entity, fact, part, known_from, known_until, occurred_at, rank, visible_at, what, value, loan."""


class Tables(Protocol):
    """The rows of one institution within one transaction, for facts of one source."""

    def know_ties(self, heads: Callable[[int], TieHead]) -> None:
        """Be told how to find out which tie a number is of: of any that `ties` gave or that is new in this call."""
        ...

    def facts(self, ids: Sequence[str]) -> Iterable[Row]:
        """Of facts with these ids: id, number, kind, occurred_at, recorded_at, withdrawn_at, hash."""
        ...

    def kept(self, numbers: Collection[int]) -> list[Kept]:
        """Facts by their numbers, in no order."""
        ...

    def withdrawals(self, ids: Sequence[str]) -> Mapping[str, Instant]:
        """When facts with these ids were first withdrawn."""
        ...

    def withdraw(self, withdrawals: Mapping[str, Instant]) -> None:
        """Note withdrawals by the id of the fact; the earliest counts."""
        ...

    def users(self, space: int, keys: Sequence[str]) -> Iterable[Row]:
        """Facts that use these keys, by their numbers: key, number, kind, occurred_at, recorded_at, withdrawn_at, hash, content."""
        ...

    def identities(self, ids: Sequence[str]) -> Iterable[Row]:
        """Of entities with these ids: id, number, subject_key."""
        ...

    def identity(self, number: int) -> tuple[str, bytes | None]:
        """An entity's id and subject key."""
        ...

    def nodes(self, numbers: Sequence[int]) -> Iterable[Row]:
        """number, facts, first_at, last_at, latest_at, changed_at, reach, degrees."""
        ...

    def ties(self, pairs: Sequence[tuple[int, int]]) -> Iterable[Row]:
        """Ties from the first to the second of each pair: `TieRow`'s columns, then latest_at, changed_at, simple."""
        ...

    def tie(self, number: int) -> tuple[int, int, int]:
        """A tie's kind and ends."""
        ...

    def enter_entities(self, rows: Sequence[Row]) -> None:
        """number, id, key, label, token, token_version, value, subject_key of new entities."""
        ...

    def put_nodes(self, rows: Sequence[Row]) -> None:
        """Rows as `nodes` gives them, new or changed."""
        ...

    def enter_ties(self, rows: Sequence[Row]) -> None:
        """Rows as `ties` gives them, of new ties."""
        ...

    def change_ties(self, rows: Sequence[Row]) -> None:
        """Rows as `ties` gives them, of ties that are there."""
        ...

    def insert(self, rows: PlainRows) -> None:
        """Write rows that are new, each list sorted."""
        ...

    def end_fact(self, number: int, until: Instant) -> None:
        """Note when a fact was withdrawn."""
        ...

    def end_observation(self, tie: int, at: Instant, fact: int, until: Instant) -> None:
        """Bring what a fact saw of a tie to an end in recorded time."""
        ...

    def end_statement(self, entity: int, fact: int, until: Instant) -> None:
        """Bring what a fact says of an entity by itself to an end in recorded time."""
        ...

    def replace_report(
        self, tie: int, ends: Sequence[int], at: Instant, fact: int, observations: Sequence[Row], movements: Sequence[Row]
    ) -> None:
        """Put these rows where those filed under this report of a tie between two entities were; `ends` are the accounts whose movements go
        with them, none when it is no transfer.
        """
        ...

    def forget_loan(self, loan: int) -> tuple[set[int], set[int]]:
        """Remove what was derived from the loan's applications and outcomes: ties and entities of which something was removed."""
        ...

    def owned(self, merchant: int, until: Instant) -> Sequence[Row]:
        """What is said of a merchant's owners up to a moment: owner, occurred_at, known_from, known_until, ended, share, and source and
        source_id of the fact.
        """
        ...

    def enter_observations(self, rows: Sequence[Row]) -> None:
        """Write observations that are new."""
        ...

    def enter_statements(self, rows: Sequence[Row]) -> None:
        """Write statements that are new."""
        ...

    def fold_ties(self, heads: Sequence[TieHead]) -> Mapping[int, TieRow | None]:
        """Ties as all their rows say, by number; None for one that nothing says."""
        ...

    def fold_descriptions(self, entities: Sequence[int]) -> Mapping[int, Description]:
        """What all statements say of entities; left out where nothing is said."""
        ...

    def named(self, number: int) -> tuple[Instant, Instant] | None:
        """First and last moment at which a standing fact names the entity."""
        ...

    def describe(self, rows: Sequence[Row], unsaid: Sequence[int]) -> None:
        """entity, label, blocked, standing, fields of those of whom something is said; and those of whom nothing is said any more."""
        ...
