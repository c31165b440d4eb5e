"""Conditions in the Common Expression Language over typed signals: declare, compile, check, judge.

The only module that knows the engine. What the engine would let through is refused here: a missing variable evaluates to a text
of type ERROR, which is truthy, so a result counts only when its type is BOOL; True passes for a whole number, so values are
checked before they are bound; NaN compares false with everything, so it never gets this far.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from cel_expr_python import cel

from rules.model import SignalKind, SignalValue

MAXIMUM_LENGTH: Final = 500
"""Characters of one condition."""

_TYPES: Final = {
    SignalKind.INTEGER: cel.Type.INT,
    SignalKind.MONEY: cel.Type.INT,
    SignalKind.NUMBER: cel.Type.DOUBLE,
    SignalKind.BOOLEAN: cel.Type.BOOL,
    SignalKind.TEXT: cel.Type.STRING,
}

_PYTHON_TYPES: Final[dict[SignalKind, type]] = {
    SignalKind.INTEGER: int,
    SignalKind.MONEY: int,
    SignalKind.NUMBER: float,
    SignalKind.BOOLEAN: bool,
    SignalKind.TEXT: str,
}

_SKIPPED: Final = re.compile(r"""//[^\n]*|[rRbB]{0,2}(?:\"\"\".*?\"\"\"|'''.*?'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')""", re.DOTALL)
"""Strings and comments, in which a name is no signal."""

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MACRO: Final = re.compile(r"\.\s*(all|exists|exists_one|map|filter)\s*\(")
_PLACE: Final = re.compile(r"<input>:(\d+):(\d+): (.*)")

_ABSENT: Final = "_absent"


class ConditionError(ValueError):
    """A condition that does not compile; the message says where and why."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        self.message = message
        self.line = line
        self.column = column
        """Both from 1, within the condition."""
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What conditions may name: signals with their types, and `NAME_absent` for each."""

    kinds: Mapping[str, SignalKind]

    def __post_init__(self) -> None:
        for name in self.kinds:
            assert _NAME.fullmatch(name), f"a signal is called by a name that a condition can hold, not {name!r}"
            assert not name.endswith(_ABSENT), f"{name!r} would be taken for whether a signal is absent"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition that compiled to a yes or a no."""

    text: str
    reads: frozenset[str]
    """Signals whose value, or absence, it reads."""
    _program: cel.Expression

    def holds(self, observation: Observation) -> bool | None:
        """Whether it holds; None when it gives no answer: a signal that it reads is unread, or it divides by zero."""
        result = self._program.eval(observation.activation)
        return bool(result.value()) if result.type() == cel.Type.BOOL else None


@dataclass(frozen=True, slots=True)
class Observation:
    """Values of signals bound for conditions, once a decision."""

    activation: cel.Activation


class Conditions:
    """Compiles conditions over one vocabulary and binds values for them. Safe to share between threads."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._types = {name: _TYPES[kind] for name, kind in vocabulary.kinds.items()}
        self._types |= {name + _ABSENT: cel.Type.BOOL for name in vocabulary.kinds}
        self._environment = cel.NewEnv(variables=self._types)

    def compile(self, text: str) -> Condition:
        """The condition, type-checked. Raises ConditionError for what does not compile or does not end in yes or no."""
        if not text.strip() or len(text) > MAXIMUM_LENGTH:
            raise ConditionError(f"a condition has 1 to {MAXIMUM_LENGTH} characters: this one has {len(text)}")
        bare = _SKIPPED.sub("''", text)
        if found := _MACRO.search(bare):
            raise ConditionError(f"`{found[1]}` goes through lists, and signals are single values: compare them directly")
        names = {name for name in _NAME.findall(bare) if name in self._types}
        # Compiled where only these names are declared: had the scan missed one, it would be unknown here.
        program = _compiled(text, cel.NewEnv(variables={name: self._types[name] for name in names}))
        if program.return_type() != cel.Type.BOOL:
            raise ConditionError(f"a condition ends in yes or no: this one ends in {program.return_type().name().lower()}")
        if not names:
            raise ConditionError("a condition reads at least one signal: this one is always the same")
        return Condition(text, frozenset(self._signal(name) for name in names), program)

    def bind(self, values: Mapping[str, SignalValue], absent: Mapping[str, bool]) -> Observation:
        """Values of signals by name, and which of them were absent; signals left out are unread.

        Raises TypeError when a value is not of the signal's declared type.
        """
        bound: dict[str, SignalValue] = {}
        for name, value in values.items():
            check_value(name, self.vocabulary.kinds[name], value)
            bound[name] = value
            bound[name + _ABSENT] = absent[name]
        return Observation(self._environment.Activation(data=bound))

    def _signal(self, name: str) -> str:
        return name if name in self.vocabulary.kinds else name.removesuffix(_ABSENT)


def check_value(name: str, kind: SignalKind, value: SignalValue) -> None:
    """Raise TypeError unless the value is exactly of the declared type, finite, and fits 64 bits."""
    if type(value) is not _PYTHON_TYPES[kind]:
        raise TypeError(f"signal {name} is {kind}: {value!r} is {type(value).__name__}")
    if isinstance(value, float) and not math.isfinite(value):
        raise TypeError(f"signal {name} is a number: {value!r} compares with nothing")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise TypeError(f"signal {name} fits 64 bits: {value!r} does not")


def _compiled(text: str, environment: cel.Env) -> cel.Expression:
    try:
        return environment.compile(text)
    except RuntimeError as error:
        raise _explained(str(error)) from None


def _explained(message: str) -> ConditionError:
    """The engine's complaint in words that an analyst can act upon."""
    found = _PLACE.search(message)
    if found is None:
        return ConditionError(message.splitlines()[0])
    line, column, said = int(found[1]), int(found[2]), found[3]
    if unknown := re.match(r"undeclared reference to '([^']*)'", said):
        return ConditionError(f"there is no signal called {unknown[1]!r}", line, column)
    if overload := re.match(r"found no matching overload for '_?([^'_]*)_?' applied to '\((.*)\)'", said):
        hint = ": write whole numbers as 1.0 beside a number" if {"int", "double"} <= set(overload[2].split(", ")) else ""
        return ConditionError(f"`{overload[1]}` does not take {overload[2].replace(', ', ' and ')}{hint}", line, column)
    return ConditionError(said, line, column)
