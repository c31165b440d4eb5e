"""Facts with when they became known: whom they name, when they were withdrawn, and which of them contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields

from graph.contents import Content, Fact, FactWithdrawn, LoanPaidOut, LoanRepaid, PlaceSeen, TransferMade
from graph.model import FAR_FUTURE, EntityName, Instant

Rank = tuple[Instant, str, str]
"""What "latest" compares: (occurred_at, source, fact id)."""

Identify = Callable[[EntityName], str]
"""Id of the entity named."""


@dataclass(frozen=True, slots=True)
class Known:
    """A fact with who reported it and when it became known."""

    fact: Fact
    source: str
    recorded_at: Instant

    @property
    def rank(self) -> Rank:
        """By which the latest is chosen."""
        return self.fact.occurred_at, self.source, self.fact.source_id


def conflicting(facts: Iterable[Known], new: Known, identify: Identify) -> Known | None:
    """An earlier fact whose key the new one uses for something else, while both would be known and not withdrawn."""
    known = list(facts)
    key = key_of(new.fact.content)
    if key is None:
        return None
    until = withdrawals(known)
    for one in known:
        if key_of(one.fact.content) == key and _says(one, identify) != _says(new, identify):
            ends = (until.get((fact.source, fact.fact.source_id), FAR_FUTURE) for fact in (one, new))
            if max(one.recorded_at, new.recorded_at) < min(ends):
                return one
    return None


def key_of(content: Content) -> tuple[type[Content], str] | None:
    """The key that a fact uses up, in its space."""
    return (type(content), content.key) if isinstance(content, TransferMade | LoanPaidOut | LoanRepaid) else None


def _says(one: Known, identify: Identify) -> tuple[object, ...]:
    """What reports of one key must agree on."""
    content = one.fact.content
    values = (getattr(content, field.name) for field in fields(content))
    return (one.fact.occurred_at, *(identify(value) if isinstance(value, EntityName) else value for value in values))


def withdrawals(known: Iterable[Known]) -> dict[tuple[str, str], Instant]:
    """When each fact, by source and its id there, was first withdrawn."""
    until: dict[tuple[str, str], Instant] = {}
    for one in known:
        if isinstance(one.fact.content, FactWithdrawn):
            target = one.source, one.fact.content.fact_id
            until[target] = min(one.recorded_at, until.get(target, FAR_FUTURE))
    return until


def named(fact: Fact) -> Iterator[EntityName]:
    """The entities that a fact names itself."""
    for field in fields(fact.content):
        value = getattr(fact.content, field.name)
        if isinstance(value, PlaceSeen):
            yield value.place
        elif isinstance(value, EntityName):
            yield value
    for place in fact.places:
        yield place.place
