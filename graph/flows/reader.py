"""What questions about money are asked of: one institution at one moment, in one snapshot."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from graph.flows.scope import Cut, Movement, Scope, Way
from graph.model import Entity, TieKind, TransferKind


class MoneyReader(Protocol):
    """The few things that a store must be able to say. Entities are named by their ids; one that does not exist has nothing.

    What a bound or the deadline kept from being read is missing in the answer, and noted: `note` is also how a question says its own.
    """

    def moved(self, accounts: Collection[str], way: Way, scope: Scope, kinds: frozenset[TransferKind]) -> Mapping[str, Sequence[Movement]]:
        """Movements of these kinds into or out of each account that stand at the moment, chosen as `Scope.choose` says.

        In no order; `other` is the account at the other end; an account with itself is seen from both ends.
        """
        ...

    def seen(self, entities: Collection[str], kind: TieKind, way: Way, scope: Scope) -> Mapping[str, Sequence[Movement]]:
        """Each standing observation of ties of the kind that lead from (OUT) or to (IN) each entity, chosen as `Scope.choose` says.

        Loan pay-outs (PAID_OUT_TO) and repayments (REPAYS) with their amounts; sign-ins (USES_DEVICE and the like), guarantees and
        investments with 0. What was seen of a device counts when its use ended later, for it was seen; a guarantee or an
        investment counts while it holds. `scope.over` is for money alone.
        """
        ...

    def tied(self, entities: Collection[str], kind: TieKind, way: Way) -> Mapping[str, Sequence[str]]:
        """Others that each entity is tied to by ties of the kind that hold, leading from it (OUT) or to it (IN), by id."""
        ...

    def blocked(self, entities: Collection[str]) -> frozenset[str]:
        """Those of the entities that are blocked at the moment."""
        ...

    def entities(self, ids: Collection[str]) -> Mapping[str, Entity]:
        """The entities that exist at the moment."""
        ...

    def note(self, cut: Cut) -> None:
        """Say that a bound cut the answer short."""
        ...


class BoundedReader(MoneyReader, Protocol):
    """A reader that stops at bounds, and says at which."""

    @property
    def cut(self) -> tuple[Cut, ...]:
        """Bounds that were met, of the store's and of the questions'."""
        ...

    def foresee(self, people: Collection[str], accounts: Collection[str], scope: Scope) -> None:
        """Be told of a household whose movements and guarantees will be asked for: a store that is far away reads them together."""
        ...


T_co = TypeVar("T_co", covariant=True)


class Question(Protocol[T_co]):
    """A question about money."""

    def answer(self, money: MoneyReader, /) -> T_co:
        """What the snapshot says; pure."""
        ...
