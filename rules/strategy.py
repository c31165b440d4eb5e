"""Strategies: strict YAML in, a checked and compiled set of rules out.

Whatever is wrong is said with file, line and field: an unknown key, signal or placeholder, a wrong type, a name or code used twice.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Final

import orjson
import yaml

from graph.currencies import MINOR_DIGITS
from graph.errors import RingfenceError
from rules.conditions import Condition, ConditionError, Conditions, Vocabulary
from rules.model import Rule, RuleEffect, Signal, Strategy
from rules.signals import SIGNALS

MAXIMUM_RULES: Final = 200
MAXIMUM_TEXT: Final = 256 * 1024
"""Characters of a strategy's YAML."""
MAXIMUM_POINTS: Final = 1_000
"""Points of one rule either way."""
MAXIMUM_READ: Final = 8
"""Signals that one condition may read: as many as a reason shows."""
MAXIMUM_SENTENCE: Final = 300
"""Characters of a `says` before values are filled in."""
DEGRADED: Final = "DEGRADED"
"""Reason code of what could not be judged; no rule may use it."""

SHIPPED: Final = Path(__file__).parent / "strategies"

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{2,63}")
_CODE: Final = re.compile(r"[A-Z][A-Z0-9_]{2,63}")
_CURRENCY: Final = re.compile("|".join(MINOR_DIGITS))
_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")

Lines = dict[tuple[str, ...], int]
"""Line of each field: `("rules", "3", "when")`."""


class StrategyError(RingfenceError, ValueError):
    """A strategy that cannot be used: `default.yaml:12: rules[3].when: there is no signal called 'devces'`."""

    def __init__(self, file: str, line: int | None, path: tuple[str, ...], message: str) -> None:
        self.file = file
        self.line = line
        self.field = "".join(f"[{part}]" if part.isdigit() else f".{part}" for part in path).lstrip(".")
        self.message = message
        place = file if line is None else f"{file}:{line}"
        super().__init__(": ".join(part for part in (place, self.field, message) if part))


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule ready to be judged."""

    rule: Rule
    condition: Condition
    reads: tuple[str, ...]
    """Signals that its condition reads, in the order of `SIGNALS`."""


@dataclass(frozen=True, slots=True)
class CompiledStrategy:
    """A strategy ready to judge; immutable, safe to share between threads and kept for as long as it is live."""

    strategy: Strategy
    signals: tuple[Signal, ...]
    conditions: Conditions
    rules: tuple[CompiledRule, ...]
    canonical: bytes
    """Its canonical JSON, part of every decision's inputs."""
    by_name: Mapping[str, Signal] = field(default_factory=dict)


def canonical(strategy: Strategy) -> bytes:
    """Canonical JSON of all but the id, which derives from it."""
    return orjson.dumps(
        {
            "name": strategy.name,
            "version": strategy.version,
            "currency": strategy.currency,
            "refer_at": strategy.refer_at,
            "decline_at": strategy.decline_at,
            "rules": [
                {
                    "name": rule.name,
                    "code": rule.code,
                    "when": rule.when,
                    "says": rule.says,
                    "effect": rule.effect.value,
                    "points": rule.points,
                }
                for rule in strategy.rules
            ],
        },
        option=orjson.OPT_SORT_KEYS,
    )


def strategy_from(text: bytes) -> Strategy:
    """The strategy that `canonical` wrote, with its id."""
    written = orjson.loads(text)
    return _identified(
        name=written["name"],
        version=written["version"],
        currency=written["currency"],
        refer_at=written["refer_at"],
        decline_at=written["decline_at"],
        rules=tuple(Rule(**{**rule, "effect": RuleEffect(rule["effect"])}) for rule in written["rules"]),
    )


def _identified(*, name: str, version: int, currency: str, refer_at: int, decline_at: int, rules: tuple[Rule, ...]) -> Strategy:
    bare = Strategy("", name, version, rules, refer_at, decline_at, currency)
    digest = hashlib.sha256(canonical(bare)).digest()[:15]
    return Strategy("str_" + base64.b32encode(digest).decode().lower(), name, version, rules, refer_at, decline_at, currency)


def read_strategy(text: str, file: str, signals: Sequence[Signal] = SIGNALS) -> CompiledStrategy:
    """The strategy that this YAML says, compiled over these signals. Raises StrategyError."""
    strategy, lines = _Reader(file).read(text)
    return _compile(strategy, signals, file, lines)


def compile_strategy(strategy: Strategy, signals: Sequence[Signal] = SIGNALS) -> CompiledStrategy:
    """A strategy, as kept in the records, compiled over these signals. Raises StrategyError."""
    return _compile(strategy, signals, strategy.name, {})


@lru_cache(maxsize=8)
def shipped(name: str = "default") -> CompiledStrategy:
    """A strategy that ships with the program, from `rules/strategies/NAME.yaml`."""
    path = SHIPPED / f"{name}.yaml"
    return read_strategy(path.read_text(encoding="utf-8"), path.name)


def _compile(strategy: Strategy, signals: Sequence[Signal], file: str, lines: Lines) -> CompiledStrategy:
    conditions = Conditions(Vocabulary({signal.name: signal.kind for signal in signals}))
    order = {signal.name: place for place, signal in enumerate(signals)}
    compiled = []
    for place, rule in enumerate(strategy.rules):
        path = ("rules", str(place))

        def wrong(key: str, message: str, path: tuple[str, ...] = path) -> StrategyError:
            return StrategyError(file, lines.get((*path, key), lines.get(path)), (*path, key), message)

        try:
            condition = conditions.compile(rule.when)
        except ConditionError as error:
            raise wrong("when", f"{error.message} (line {error.line}, character {error.column} of the condition)") from None
        if len(condition.reads) > MAXIMUM_READ:
            raise wrong("when", f"a condition reads at most {MAXIMUM_READ} signals: this one reads {len(condition.reads)}")
        for name in _PLACEHOLDER.findall(rule.says):
            if name not in condition.reads:
                raise wrong("says", f"{{{name}}} is no signal that the condition reads: it may name {', '.join(sorted(condition.reads))}")
        compiled.append(CompiledRule(rule, condition, tuple(sorted(condition.reads, key=order.__getitem__))))
    by_name = {signal.name: signal for signal in signals}
    return CompiledStrategy(strategy, tuple(signals), conditions, tuple(compiled), canonical(strategy), by_name)


class _Reader:
    """Reads one file, remembering the line of each field."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.lines: Lines = {}

    def read(self, text: str) -> tuple[Strategy, Lines]:
        if len(text) > MAXIMUM_TEXT:
            raise StrategyError(self.file, None, (), f"a strategy has at most {MAXIMUM_TEXT} characters: this one has {len(text)}")
        root = self._composed(text)
        top = self._fields(root, (), {"name", "version", "currency", "refer_at", "decline_at", "rules"}, optional=frozenset({"currency"}))
        name = self._matching(top["name"], ("name",), _NAME, "a name in lower case: `default`")
        version = self._whole(top["version"], ("version",), 1, 2**31 - 1)
        currency = self._matching(top["currency"], ("currency",), _CURRENCY, "an ISO 4217 code: `CNY`") if "currency" in top else "CNY"
        refer_at = self._whole(top["refer_at"], ("refer_at",), 1, 10**6)
        decline_at = self._whole(top["decline_at"], ("decline_at",), 1, 10**6)
        if decline_at < refer_at:
            raise self._wrong(("decline_at",), f"is at least refer_at, {refer_at}: it is {decline_at}")
        rules = self._rules(top["rules"])
        strategy = _identified(name=name, version=version, currency=currency, refer_at=refer_at, decline_at=decline_at, rules=rules)
        return strategy, self.lines

    def _composed(self, text: str) -> yaml.Node:
        try:
            for event in yaml.parse(text, Loader=yaml.SafeLoader):
                if getattr(event, "anchor", None) is not None:
                    line = event.start_mark.line + 1 if event.start_mark else None
                    raise StrategyError(self.file, line, (), "anchors and aliases are not read: write the rule out")
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else None
            raise StrategyError(self.file, line, (), f"this is not YAML: {error.problem}") from None
        except yaml.YAMLError as error:
            raise StrategyError(self.file, None, (), f"this is not YAML: {error}") from None
        if root is None:
            raise StrategyError(self.file, None, (), "the file is empty: a strategy has name, version, thresholds and rules")
        return root

    def _rules(self, node: yaml.Node) -> tuple[Rule, ...]:
        if not isinstance(node, yaml.SequenceNode) or not 1 <= len(node.value) <= MAXIMUM_RULES:
            raise self._wrong(("rules",), f"is a list of 1 to {MAXIMUM_RULES} rules")
        rules: list[Rule] = []
        for place, item in enumerate(node.value):
            path = ("rules", str(place))
            self.lines[path] = item.start_mark.line + 1
            rule = self._rule(item, path)
            for earlier in rules:
                for key in ("name", "code"):
                    if getattr(earlier, key) == getattr(rule, key):
                        raise self._wrong((*path, key), f"{getattr(rule, key)!r} is used by an earlier rule: each has its own")
            rules.append(rule)
        return tuple(rules)

    def _rule(self, node: yaml.Node, path: tuple[str, ...]) -> Rule:
        fields = self._fields(node, path, {"name", "code", "when", "says", "effect", "points"}, optional=frozenset({"effect", "points"}))
        effect_text = self._text(fields["effect"], (*path, "effect")) if "effect" in fields else RuleEffect.SCORE.value
        if effect_text not in RuleEffect.__members__:
            raise self._wrong((*path, "effect"), f"is one of {', '.join(RuleEffect)}: not {effect_text!r}")
        effect = RuleEffect(effect_text)
        points = self._whole(fields["points"], (*path, "points"), -MAXIMUM_POINTS, MAXIMUM_POINTS) if "points" in fields else 0
        if effect is RuleEffect.SCORE and points == 0:
            raise self._wrong((*path, "points"), "a rule that scores has points other than 0")
        code = self._matching(fields["code"], (*path, "code"), _CODE, "a code in capitals: `DEVICE_FARM`")
        if code == DEGRADED:
            raise self._wrong((*path, "code"), f"{DEGRADED} is kept for what could not be judged: take another")
        says = self._text(fields["says"], (*path, "says"))
        if not says.endswith(".") or "{" in _PLACEHOLDER.sub("", says) or "}" in _PLACEHOLDER.sub("", says) or len(says) > MAXIMUM_SENTENCE:
            raise self._wrong(
                (*path, "says"), f"is one sentence of at most {MAXIMUM_SENTENCE} characters, with a full stop and closed braces"
            )
        return Rule(
            name=self._matching(fields["name"], (*path, "name"), _NAME, "a name in lower case: `device_farm`"),
            code=code,
            when=self._text(fields["when"], (*path, "when")),
            says=says,
            effect=effect,
            points=points,
        )

    def _fields(self, node: yaml.Node, path: tuple[str, ...], allowed: set[str], optional: frozenset[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            raise StrategyError(self.file, node.start_mark.line + 1, path, f"has the fields {', '.join(sorted(allowed))}")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = str(key.value)
            self.lines[(*path, name)] = key.start_mark.line + 1
            if name not in allowed:
                raise self._wrong((*path, name), f"is no field here: there are {', '.join(sorted(allowed))}")
            if name in found:
                raise self._wrong((*path, name), "is given twice: keep one")
            found[name] = value
        if missing := sorted(allowed - optional - set(found)):
            raise StrategyError(self.file, node.start_mark.line + 1, path, f"lacks {', '.join(missing)}")
        return found

    def _text(self, node: yaml.Node, path: tuple[str, ...]) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag != "tag:yaml.org,2002:str" or not node.value.strip():
            raise self._wrong(path, "is a text: put it in quotes")
        return " ".join(node.value.split())

    def _matching(self, node: yaml.Node, path: tuple[str, ...], pattern: re.Pattern[str], what: str) -> str:
        text = self._text(node, path)
        if not pattern.fullmatch(text):
            raise self._wrong(path, f"is {what}: not {text!r}")
        return text

    def _whole(self, node: yaml.Node, path: tuple[str, ...], least: int, most: int) -> int:
        if isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:int" and re.fullmatch(r"-?\d{1,10}", node.value):
            value = int(node.value)
            if least <= value <= most:
                return value
        raise self._wrong(path, f"is a whole number from {least:,} to {most:,}")

    def _wrong(self, path: tuple[str, ...], message: str) -> StrategyError:
        return StrategyError(self.file, self.lines.get(path), path, message)
