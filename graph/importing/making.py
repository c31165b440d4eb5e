"""From rows to facts: a section of a mapping bound to the columns of one file, and each row's facts decoded or the row rejected."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from graph.contents import Fact
from graph.decoding import decode_fact
from graph.errors import InvalidInput
from graph.importing.expressions import FILE, ROW, Evaluate, Expression, Row, compile_expression
from graph.importing.mapping import Condition, FactMade, Made, ObjectMade, Section
from graph.model import MAXIMUM_AHEAD, Instant, Institution

Holds = Callable[[Row], bool]

_LONGEST_REASON: Final = 1_000


class Rejected(Exception):
    """A row makes no facts; the message says which field is wrong and what to do."""


class _Unmappable(Exception):
    """A field's value is wrong."""

    def __init__(self, path: tuple[str, ...], message: str) -> None:
        self.path = path
        self.message = message
        super().__init__(f"{'.'.join(path)} {message}")

    def below(self, *names: str) -> _Unmappable:
        """The same, seen from further up."""
        return _Unmappable((*names, *self.path), self.message)


class Maker:
    """Makes facts of the rows of one file."""

    def __init__(self, section: Section, columns: Sequence[str], institution: Institution, now: Instant) -> None:
        places = {name: place for place, name in enumerate([*columns, ROW, FILE])}
        self._institution = institution
        self._now = now
        self._makers = [_fact_maker(fact, places, section.empty, institution.currency) for fact in section.facts]

    def raw(self, row: Row) -> list[tuple[dict[str, object], object]]:
        """Raw facts that a row makes, in the order of the mapping, each with its own `known_at` or None. Raises `Rejected`."""
        try:
            return [made for make in self._makers if (made := make(row)) is not None]
        except _Unmappable as error:
            raise Rejected(str(error)) from None

    def facts(self, row: Row) -> list[Fact]:
        """Facts that a row makes; one that is wrong rejects the row. Raises `Rejected`."""
        made: list[Fact] = []
        for raw, known_at in self.raw(row):
            try:
                fact = decode_fact(raw, self._institution, self._now)
            except InvalidInput as error:
                said = "; ".join(f"{'.'.join(problem.path)} {problem.message}" for problem in error.problems)
                raise Rejected(said[:_LONGEST_REASON]) from None
            made.append(fact if known_at is None else self._known(fact, known_at))
        return made

    def _known(self, fact: Fact, known_at: object) -> Fact:
        """The fact with the moment at which it became known."""
        assert isinstance(known_at, int), "a moment was read"
        if known_at > self._now:
            raise Rejected("knownAt is ahead of now: what is imported is known already, so check the clock and the time zone")
        if known_at < fact.occurred_at - MAXIMUM_AHEAD:
            raise Rejected("knownAt is more than 5 minutes before occurredAt: nothing is known before it happens, so check both columns")
        return Fact(fact.source_id, fact.occurred_at, fact.content, fact.places, known_at)


def _fact_maker(
    fact: FactMade, places: Mapping[str, int], empty: frozenset[str], currency: str
) -> Callable[[Row], tuple[dict[str, object], object] | None]:
    """What makes one raw fact of a row; None when its condition does not hold."""
    holds = _condition(fact.when, places, empty)
    known_at = None if fact.known_at is None else _leaf(fact.known_at, places, empty)
    fields: list[tuple[str, Evaluate]] = [
        ("id", _leaf(fact.id, places, empty)),
        ("occurredAt", _leaf(fact.occurred_at, places, empty)),
    ]
    content = _object(fact.content, places, empty, currency)
    name = fact.content_name

    def make(row: Row) -> tuple[dict[str, object], object] | None:
        if holds is not None and not holds(row):
            return None
        field, known = "", None
        raw: dict[str, object] = {}
        try:
            for field, evaluate in fields:
                raw[field] = evaluate(row)
            field = "knownAt"
            if known_at is not None:
                known = known_at(row)
            raw["content"] = {name: content(row) or {}}
        except _Unmappable as error:
            raise error.below("content", name) from None
        except ValueError as error:
            raise _Unmappable((field,), str(error)) from None
        if known is None and known_at is not None:
            raise _Unmappable(("knownAt",), "is empty: give the moment, or leave `knownAt` out of the mapping")
        return raw, known

    return make


def _made(made: Made, places: Mapping[str, int], empty: frozenset[str], currency: str) -> Evaluate:
    if isinstance(made, Expression):
        return _leaf(made, places, empty)
    if isinstance(made, ObjectMade):
        return _object(made, places, empty, currency)
    return lambda row: currency


def _leaf(expression: Expression, places: Mapping[str, int], empty: frozenset[str]) -> Evaluate:
    return compile_expression(expression, places, empty)


def _object(made: ObjectMade, places: Mapping[str, int], empty: frozenset[str], currency: str) -> Evaluate:
    """What makes an object of a row; None when its condition does not hold or the row has none of what it reads."""
    fields = [(name, _made(inner, places, empty, currency)) for name, inner in made.fields]
    # Constants alone say nothing: a place of which the country is always CN and the address empty is no place.
    telling = frozenset(name for name, inner in made.fields if _reads(inner)) or frozenset(name for name, _ in made.fields)
    holds = _condition(made.when, places, empty)

    def make(row: Row) -> object:
        if holds is not None and not holds(row):
            return None
        out: dict[str, object] = {}
        name = ""
        try:
            for name, evaluate in fields:
                value = evaluate(row)
                if value is not None:
                    out[name] = value
        except _Unmappable as error:
            raise error.below(name) from None
        except ValueError as error:
            raise _Unmappable((name,), str(error)) from None
        return out if len(out) == len(fields) or not telling.isdisjoint(out) else None

    return make


def _reads(made: Made) -> bool:
    """Whether it reads a column."""
    return bool(made.columns) if isinstance(made, Expression) else isinstance(made, ObjectMade)


def _condition(condition: Condition | None, places: Mapping[str, int], empty: frozenset[str]) -> Holds | None:
    if condition is None:
        return None
    evaluate = _leaf(condition.text, places, empty)
    allowed, refused = condition.allowed, condition.refused
    if allowed is not None:
        return lambda row: (evaluate(row) or "") in allowed
    if refused is not None:
        return lambda row: (evaluate(row) or "") not in refused
    return lambda row: evaluate(row) is not None
