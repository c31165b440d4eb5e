"""All that a server keeps of a deployment, as plain rows, so that it can be compared with what its facts make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Self, TypeAlias

from graph.errors import GraphUnavailable
from graph.stores.neo4j.catalogue import institutions, lifting
from graph.stores.neo4j.connecting import Address, Connections, Limits
from graph.stores.shared.claims import OWNERLESS
from graph.stores.shared.tables import Row

RANGE: Final = 2_000
"""Facts, entities or ties whose rows are read at once."""

SECONDS: Final = 120.0
"""Longest that one range may take."""

Lifted: TypeAlias = Iterator[tuple[str, list[Row]]]
"""Rows with the name of the embedded store's table that they belong in; those of facts end with their source's name."""


class Lifting:
    """Reads a deployment's rows, for a command; changes nothing. Use as a context."""

    def __init__(self, address: Address, silence: float) -> None:
        """`silence`: seconds that a silent server may cost. Raises `GraphUnavailable` for an address that is none."""
        self._deployment = address.deployment
        self._connections = Connections(address, Limits.of_silence(silence))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connections.finish_all()

    def institutions(self) -> list[tuple[str, int, bytes, int]]:
        """Id, number, check value and greatest fact of each institution. Raises `GraphUnavailable`."""
        found = []
        for id_, check in self._ask(institutions.INSTITUTIONS, deployment=self._deployment):
            ((number, _, _),) = self._ask(institutions.INSTITUTION, deployment=self._deployment, institution_id=id_)
            found.append((id_, number, check, self.counters(number)[2]))
        return found

    def counters(self, institution: int) -> Row:
        """recorded_at, last_entity, last_fact, last_tie. Raises `GraphUnavailable`."""
        (row,) = self._ask(lifting.COUNTERS, institution=institution)
        return row

    def rows(self, institution: int, tell: Callable[[int], None], step: int = RANGE) -> Lifted:
        """All rows of an institution; `tell` is given how many facts were read, and they come `step` at a time.

        Raises `GraphUnavailable`, also when it is written to meanwhile.
        """
        before = self.counters(institution)
        _, last_entity, last_fact, last_tie = before
        for after in range(0, last_fact, step):
            yield from self._facts({"institution": institution, "after": after, "until": after + step})
            tell(min(after + step, last_fact))
        for after in range(0, last_entity + 1, step):  # a number is `sequence << 4 | kind`
            yield from self._entities({"institution": institution, "after": (after << 4) - 1, "until": ((after + step) << 4) - 1})
        for after in range(0, last_tie, step):
            span = {"institution": institution, "after": after, "until": after + step}
            yield "observation", self._ask(lifting.LIFT_OBSERVATIONS, **span)
        last = ""
        while found := self._ask(lifting.LIFT_WITHDRAWALS, institution=institution, id=last, most=step):
            yield "withdrawal", found
            last = found[-1][0]
        if self.counters(institution) != before:
            message = "The graph was written to while it was checked: check it again when no facts come in."
            raise GraphUnavailable(message, "TIMED_OUT", "CHANGING")

    def _facts(self, span: Mapping[str, int]) -> Lifted:
        facts = self._ask(lifting.LIFT_FACTS, **span)
        yield "fact", [(number, id_, *row, source) for number, id_, source, *row, _, _ in facts]
        claims: list[Row] = []
        for number, *_, claim, ownerless in facts:
            if claim is not None:
                space, key = claim.split(":", 1)
                claims.append((int(space), key, number))
            if ownerless is not None:
                claims.append((OWNERLESS, str(ownerless), number))
        yield "claim", claims
        yield "mention", self._ask(lifting.LIFT_MENTIONS, **span)
        moved = self._ask(lifting.LIFT_TRANSFERS, **span)
        yield "movement", [(from_, 0, *when, to, amount, kind) for from_, *when, to, amount, kind, _ in moved]
        yield "movement", [(to, 1, *when, from_, amount, kind) for from_, *when, to, amount, kind, _ in moved]
        yield (
            "observation",
            [
                (tie, at, fact, since, recorded_at, until, hidden_at, False, amount, None, None)
                for _, at, recorded_at, fact, since, until, hidden_at, _, amount, _, tie in moved
            ],
        )

    def _entities(self, span: Mapping[str, int]) -> Lifted:
        found = self._ask(lifting.LIFT_ENTITIES, **span)
        yield "entity", [(row[11], *row[:7]) for row in found]
        yield "description", [(row[11], *row[7:11]) for row in found if row[8] is not None]
        yield "node", [(*row[11:], 0) for row in found]
        yield "statement", self._ask(lifting.LIFT_STATEMENTS, **span)
        yield "tie", self._ask(lifting.LIFT_TIES, **span)

    def _ask(self, query: str, **parameters: object) -> list[Row]:
        return self._connections.finish(self._connections.statements([(query, parameters)], SECONDS))[0]
