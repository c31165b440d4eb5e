"""Reasons: the rules that held, and the signals and the pieces of the graph that they rest on."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from api.schema.costs import at_most
from api.schema.declaring import attribute, enum_type, object_type
from api.schema.scalars import SignalScalar
from api.schema.scenes import Scene
from api.schema.ties import ENTITY, Tie, show_tie
from graph import model as graph_model
from rules import model
from rules.signals import SIGNALS


@enum_type
class SignalKind(StrEnum):
    """Types of a signal's value."""

    INTEGER = "INTEGER"
    """Whole number."""
    NUMBER = "NUMBER"
    """Number."""
    BOOLEAN = "BOOLEAN"
    """True or false."""
    TEXT = "TEXT"
    """Text of a closed set."""
    MONEY = "MONEY"
    """Minor units of the institution's currency."""


@object_type()
class Signal:
    """A named, typed value computed from a neighbourhood and its history."""

    name: str
    """Its name in conditions: `device_shared_weighted`."""
    description: str
    """What it says, in one sentence."""
    type: SignalKind
    """Type of its value."""
    unit: str | None
    """Unit: `fen`, `days`, `count`, `share` ...; null for booleans and texts."""


@object_type()
class SignalValue:
    """A signal's value in one decision."""

    signal: Signal
    """The signal."""
    value: SignalScalar | None
    """The value; null when it could not be computed in time (see `degraded`)."""
    display: str
    """The value with its unit, as a person reads it; `unknown` when null."""


@enum_type
class RuleEffect(StrEnum):
    """What a rule does when it holds."""

    SCORE = "SCORE"
    """Adds points."""
    REFER = "REFER"
    """Makes the verdict at least REFER."""
    DECLINE = "DECLINE"
    """Makes the verdict DECLINE."""


@object_type()
class Reason:
    """One rule that held, and why."""

    code: str
    """Stable code for machines: `DEVICE_SHARED_WITH_FRAUD`. The set is the institution's own and grows."""
    sentence: str
    """One sentence with the observed values, masked for the reader's role."""
    rule: str
    """The rule's name in the strategy."""
    effect: RuleEffect
    """What the rule does."""
    points: int
    """Points it added; negative ones count for the merchant."""
    observed: list[SignalValue] = attribute(directives=at_most(8))
    """The signals that its condition read."""
    entities: list[Any] = attribute(of=list[ENTITY], directives=at_most(10))
    """The entities it rests on, all part of the decision's evidence."""
    ties: list[Tie] = attribute(directives=at_most(20))
    """The ties it rests on, all part of the decision's evidence."""


SHOWN_SIGNALS: Final = {
    signal.name: Signal(name=signal.name, description=signal.description, type=SignalKind(signal.kind), unit=signal.unit)
    for signal in SIGNALS
}
"""The signals that this version computes; an old decision may have observed others."""


def show_observed(observed: model.Observed) -> SignalValue:
    """A signal's value in one decision."""
    return SignalValue(
        signal=SHOWN_SIGNALS.get(observed.signal) or _retired(observed),
        value=observed.value,
        display=observed.display,
    )


def show_reason(reason: model.Reason, ties: dict[str, graph_model.Tie], scene: Scene) -> Reason:
    """A reason with what it rests on, from the decision's own snapshot."""
    return Reason(
        code=reason.code,
        sentence=reason.sentence,
        rule=reason.rule,
        effect=RuleEffect(reason.effect),
        points=reason.points,
        observed=[show_observed(one) for one in reason.observed[:8]],
        entities=scene.at_hand(reason.entities[:10]),
        ties=[show_tie(ties[one], scene) for one in reason.ties[:20] if one in ties],
    )


def _retired(observed: model.Observed) -> Signal:
    """A signal that is computed no more: what an old decision itself tells of it."""
    kinds = {bool: SignalKind.BOOLEAN, int: SignalKind.INTEGER, float: SignalKind.NUMBER}
    kind = kinds.get(type(observed.value), SignalKind.TEXT)
    return Signal(name=observed.signal, description="A signal that is no longer computed.", type=kind, unit=None)
