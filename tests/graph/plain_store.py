"""The contract written out the plain way: a list of facts and `graph.merging.fold`. What every store is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from graph.contents import Content, Fact, FactWithdrawn, PlaceSeen, TransferMade, TransferReversed
from graph.knowing import Known, conflicting, named
from graph.merging import Picture, fold
from graph.model import FAR_FUTURE, EntityName, Instant, ListedTransfer, Moment, RecordedFact, Tie
from graph.sealing import Sealer
from graph.store import FactResult, Recorded, Refused, Repeated

EVERYTHING = Moment(FAR_FUTURE, FAR_FUTURE)


class PlainStore:
    """One institution's facts in a list."""

    def __init__(self, sealer: Sealer) -> None:
        self.sealer = sealer
        self.known: list[Known] = []

    def id(self, name: EntityName) -> str:
        return name.id or self.sealer.entity_id(name.kind, name.key or "")

    def record(self, source: str, facts: Sequence[Fact], recorded_at: Instant, *, together: bool = False) -> list[str]:
        """What becomes of each fact: `Recorded`, `Repeated` or the name of the problem."""
        before = list(self.known)
        outcomes = [self._record(source, fact, recorded_at) for fact in facts]
        if together and any(outcome not in ("Recorded", "Repeated") for outcome in outcomes):
            self.known = before
        return outcomes

    def _record(self, source: str, fact: Fact, recorded_at: Instant) -> str:
        for one in self.known:
            if (one.source, one.fact.source_id) == (source, fact.source_id):
                return "Repeated" if self._content(one.fact) == self._content(fact) else "Conflict id"
        new = Known(fact, source, recorded_at if fact.recorded_at is None else fact.recorded_at)
        there = self.picture(EVERYTHING).entities
        if any(name.key is None and name.id not in there for name in named(fact)):
            return "Unknown"
        if conflicting(self.known, new, self.id) is not None:
            return "Conflict key"
        self.known.append(new)
        return "Recorded"

    def _content(self, fact: Fact) -> object:
        """What makes two facts one: content and moment, whatever way an entity was named."""

        def plain(content: Content | PlaceSeen) -> object:
            values = (getattr(content, field.name) for field in fields(content))
            return type(content), [
                self.id(value) if isinstance(value, EntityName) else plain(value) if isinstance(value, PlaceSeen) else value
                for value in values
            ]

        return fact.occurred_at, plain(fact.content), [plain(place) for place in fact.places]

    def only_known_by(self, moment: Moment) -> PlainStore:
        """A store that was given only what was known by then."""
        other = PlainStore(self.sealer)
        other.known = [
            one
            for one in self.known
            if one.recorded_at <= moment.known_at and (one.fact.occurred_at <= moment.at or isinstance(one.fact.content, FactWithdrawn))
        ]
        return other

    def picture(self, moment: Moment) -> Picture:
        return fold(self.known, moment, self.id)

    def ties(self, picture: Picture, entity: str) -> list[Tie]:
        mine = [tie for tie in picture.ties.values() if entity in (tie.from_id, tie.to_id)]
        return sorted(mine, key=lambda tie: (tie.last_at, tie.recorded_at, tie.id), reverse=True)

    def facts(self, picture: Picture, entity: str) -> list[str]:
        """Ids of the facts that name an entity and stand, newest first."""
        mine = [one for one in picture.standing if entity in {self.id(name) for name in named(one.fact)}]
        return [id_ for _, _, id_ in sorted(((one.fact.occurred_at, one.recorded_at, self.fact_id(one)) for one in mine), reverse=True)]

    def transfers(self, moment: Moment, account: str) -> list[ListedTransfer]:
        """An account's transfers, reversed ones included, newest first: each key once, after the report of it that came first."""
        standing = self.picture(moment).standing
        found: dict[str, list[Known]] = {}
        for one in standing:
            if isinstance(one.fact.content, TransferMade):
                found.setdefault(one.fact.content.key, []).append(one)
        listed = []
        for key, reports in found.items():
            content, at = reports[0].fact.content, reports[0].fact.occurred_at
            assert isinstance(content, TransferMade)
            from_, to = self.id(content.from_), self.id(content.to)
            if account in (from_, to):
                same = next(one for one in self.known if self._content(one.fact) == self._content(reports[0].fact))
                undone = [
                    one.fact.occurred_at
                    for one in standing
                    if isinstance(one.fact.content, TransferReversed) and one.fact.content.key == key
                ]
                listed.append(
                    ListedTransfer(
                        self.fact_id(same).replace("fac_", "trf_"), key, from_, to, content.amount, content.transfer_kind, at,
                        min(one.recorded_at for one in reports), min(undone, default=None),
                    )
                )  # fmt: skip
        return sorted(listed, key=lambda one: (one.occurred_at, one.recorded_at, one.id), reverse=True)

    def fact_id(self, one: Known) -> str:
        return self.sealer.fact_id(one.source, one.fact.source_id)

    def withdrawn_at(self, one: Known, moment: Moment) -> Instant | None:
        if isinstance(one.fact.content, FactWithdrawn):
            return None
        gone = [
            other.recorded_at
            for other in self.known
            if other.source == one.source
            and isinstance(other.fact.content, FactWithdrawn)
            and other.fact.content.fact_id == one.fact.source_id
        ]
        return min((at for at in gone if at <= moment.known_at), default=None)

    def universe(self) -> list[str]:
        """Ids of all entities that any fact names."""
        return sorted({self.id(name) for one in self.known for name in named(one.fact)})


def outcome(result: FactResult) -> str:
    """A store's result by the names of `PlainStore.record`."""
    match result:
        case Recorded():
            return "Recorded"
        case Repeated():
            return "Repeated"
        case Refused(problem):
            kind = type(problem).__name__
            return f"{kind} {problem.path[-1]}" if kind == "Conflict" else kind  # type: ignore[union-attr]


def summary(fact: RecordedFact) -> tuple[object, ...]:
    return fact.id, fact.source, fact.source_id, fact.kind, fact.occurred_at, fact.recorded_at, fact.withdrawn_at, fact.entities
