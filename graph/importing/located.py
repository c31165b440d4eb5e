"""YAML as plain values, each with the line it stands on, so that an error can name file, line and field.

Stricter than YAML: no anchors, no key twice; only `true`, `false` and `null` are anything but text, so that `no` is Norway and `0742` keeps
its zero; what needs a number reads it from its text.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from graph.errors import RingfenceError

MAXIMUM_BYTES: Final = 256 * 1024
MAXIMUM_DEPTH: Final = 20

Scalar: TypeAlias = str | bool | None


class MappingError(RingfenceError):
    """A mapping is wrong: file, line, field, what is allowed."""


@dataclass(frozen=True, slots=True)
class Located:
    """A value with its place: `value` is a scalar, a list of `Located`, or a dict of texts to `Located`."""

    value: Scalar | list[Located] | dict[str, Located]
    line: int
    field: str
    file: str

    def wrong(self, message: str) -> MappingError:
        """The error that says so of this place."""
        return MappingError(f"{self.file}, line {self.line}: {self.field or 'the mapping'} {message}")

    def fields(self, allowed: frozenset[str], needed: frozenset[str] = frozenset()) -> dict[str, Located]:
        """The object's fields, all of them allowed and none of the needed missing."""
        if not isinstance(self.value, dict):
            raise self.wrong(f"must be an object with fields: {', '.join(sorted(allowed))}")
        for name, inner in self.value.items():
            if name not in allowed:
                raise inner.wrong(f"is no field here: use {', '.join(sorted(allowed))}")
        missing = sorted(needed - self.value.keys())
        if missing:
            raise self.wrong(f"lacks {' and '.join(missing)}: add it")
        return self.value

    def items(self, least: int, most: int) -> list[Located]:
        """The list's items, within bounds."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            raise self.wrong(f"must be a list of {least} to {most} items")
        return self.value

    def text(self, most: int = 500) -> str:
        """A text of 1 to `most` characters."""
        if not isinstance(self.value, str) or not 0 < len(self.value) <= most:
            raise self.wrong(f"must be a text of 1 to {most} characters")
        return self.value

    def whole(self, least: int, most: int) -> int:
        """A whole number within bounds."""
        text = self.value
        if not isinstance(text, str) or not text.isascii() or not text.isdigit() or len(text) > 9 or not least <= int(text) <= most:
            raise self.wrong(f"must be a whole number from {least} to {most}")
        return int(text)

    def choice(self, *allowed: str) -> str:
        """One of a closed set."""
        if self.value not in allowed:
            raise self.wrong(f"must be one of {', '.join(allowed)}")
        return str(self.value)


def load(path: Path) -> Located:
    """The YAML file's one document. Raises `MappingError` when it cannot be read or is not such YAML."""
    try:
        with path.open("rb") as file:
            text = file.read(MAXIMUM_BYTES + 1)
    except OSError as error:
        raise MappingError(f"The mapping {path} cannot be read ({error.strerror}): check its path.") from error
    if len(text) > MAXIMUM_BYTES:
        raise MappingError(f"The mapping {path} is longer than {MAXIMUM_BYTES:,} bytes: is it one?")
    return parse(text, path.name)


def parse(text: bytes, file: str) -> Located:
    """The document in `text`; `file` is its name in errors."""
    try:
        decoded = text.decode("utf-8-sig")
        for event in yaml.parse(decoded, Loader=yaml.SafeLoader):
            anchor: str | None = getattr(event, "anchor", None)
            if anchor is not None:
                raise MappingError(f"{file}: anchors and aliases (& and *) are not taken: write out `{anchor}`")
        node = yaml.compose(decoded, Loader=yaml.SafeLoader)
    except UnicodeDecodeError as error:
        raise MappingError(f"{file} is not UTF-8 (byte {error.start}): save it as UTF-8") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise MappingError(f"{file}, line {line}: is not YAML: {error.problem}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise MappingError(f"{file} is not YAML: it holds characters or a depth that YAML does not allow") from error
    if node is None:
        raise MappingError(f"{file} is empty: see the mappings that ship for examples")
    return _located(node, "", file, 0)


def _located(node: Node, field: str, file: str, depth: int) -> Located:
    """A node and all below it."""
    line = node.start_mark.line + 1
    here = Located(None, line, field, file)
    if depth > MAXIMUM_DEPTH:
        raise here.wrong(f"is nested deeper than {MAXIMUM_DEPTH}: flatten it")
    if isinstance(node, MappingNode):
        return Located(_object(node, field, file, depth), line, field, file)
    if isinstance(node, SequenceNode):
        return Located([_located(item, f"{field}[{n}]", file, depth + 1) for n, item in enumerate(node.value)], line, field, file)
    assert isinstance(node, ScalarNode)
    return Located(_scalar(node), line, field, file)


def _object(node: MappingNode, field: str, file: str, depth: int) -> dict[str, Located]:
    """The fields of an object, each once."""
    found: dict[str, Located] = {}
    for key, inner in node.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        here = Located(None, key.start_mark.line + 1, f"{field}.{name}" if field else name, file)
        if not isinstance(key, ScalarNode):
            raise here.wrong("has a key that is no text: quote it if it begins with { or [")
        if name in found:
            raise here.wrong("is there twice: keep one")
        value = _located(inner, here.field, file, depth + 1)
        # An object's error points to its name; its value may begin a line below.
        found[name] = Located(value.value, here.line, value.field, file)
    return found


def _scalar(node: ScalarNode) -> Scalar:
    """A scalar; what is quoted is text."""
    text: str = node.value
    if node.style is not None:
        return text
    match text:
        case "" | "~" | "null":
            return None
        case "true":
            return True
        case "false":
            return False
    return text
