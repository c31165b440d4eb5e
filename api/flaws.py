"""What no value of a request may hold: text with control characters or lone surrogates, integers beyond 64 bits, NaN, endless depth.

A flaw refuses the request, named by its path. One kind is milder: a wrong value of a fact of a batch refuses that fact alone (semantics
11 and 12), and a text with such characters is one. A number that cannot be read is a wrong shape, there too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    get_nullable_type,
    is_input_type,
    is_list_type,
)
from graphql.utilities import type_from_ast

FORBIDDEN_TEXT: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Lone surrogates and characters of category Cc: in no text that is kept (semantics 11)."""

LARGEST_INTEGER: Final = 2**63 - 1

DEEPEST: Final = 32
"""Levels of lists and objects in a body; the deepest input of the schema has 10."""

BATCH_FIELD: Final = "recordFacts"
"""The root field that takes batches of facts: each is refused alone, and its body may be large."""

FACT: Final = "FactInput"
"""The type of the schema below which a flawed text is the fact's own fault."""

REPLACED: Final = "\ufffd"
"""Stands for a character that cannot be given back."""


class Oversized:
    """Stands where JSON had a number that is refused, until its path is known."""

    __slots__ = ()


INTEGER: Final = Oversized()
NUMBER: Final = Oversized()

_TEXT: Final = "holds a control character or a lone surrogate: send plain text."
_LONG: Final = f"is an integer beyond 64 bits: send one of at most {LARGEST_INTEGER}."


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that may not be there: where, and what to do."""

    path: tuple[str, ...]
    message: str


def has_flaws(root: object) -> bool:
    """Whether anything within is flawed. Linear and without paths, so that good values are read quickly."""
    level, depth = [root], 1
    while level:
        below: list[object] = []
        for value in level:
            if isinstance(value, dict):
                below.extend(value)
                below.extend(value.values())
            elif isinstance(value, list):
                below.extend(value)
            if _flaw(value, depth) is not None:
                return True
        level, depth = below, depth + 1
    return False


def find_flaws(value: object, path: tuple[str, ...] = (), depth: int = 1) -> Iterator[Flaw]:
    """All that is wrong within, with paths; it stops below what is nested too deep."""
    said = _flaw(value, depth)
    if said is not None:
        yield Flaw(path, said)
    if depth > DEEPEST:
        return
    if isinstance(value, dict):
        for name, item in value.items():
            if _flaw(name, depth) is not None:
                yield Flaw((*path, "(a member's name)"), _TEXT)
            yield from find_flaws(item, (*path, plain(name)), depth + 1)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from find_flaws(item, (*path, str(index)), depth + 1)


def plain(name: str) -> str:
    """A member's name as it may stand in a message."""
    return FORBIDDEN_TEXT.sub("?", name)[:64]


def given_back(text: str) -> str:
    """A caller's text as it can be given back: what cannot is replaced."""
    return text if text.isprintable() else FORBIDDEN_TEXT.sub(REPLACED, text)


def concerns_one_fact(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, object], path: tuple[str, ...]
) -> bool:
    """Whether the value at a path into the variables is a text of one fact, where the schema has text: that fact alone is refused."""
    definition = next((one for one in operation.variable_definitions or () if one.variable.name.value == path[0]), None)
    type_: object = None if definition is None else type_from_ast(schema, definition.type)
    value, within = variables.get(path[0]), False
    for step in path[1:]:
        type_ = _inner(type_, value)
        if is_list_type(type_) and isinstance(value, list):
            value, type_ = value[int(step)], type_.of_type
        elif isinstance(type_, GraphQLInputObjectType) and isinstance(value, dict) and step in type_.fields:
            within = within or type_.name == FACT
            value, type_ = value[step], type_.fields[step].type
        else:
            return False
    return within and isinstance(value, str) and _inner(type_, value) in (GraphQLString, GraphQLID)


def _inner(type_: object, value: object) -> object:
    """The type that a value is read as: null apart, and of a list its item's where the value stands for a list of one."""
    if not is_input_type(type_):
        return None
    inner = get_nullable_type(type_)
    while is_list_type(inner) and not isinstance(value, list):
        inner = get_nullable_type(inner.of_type)
    return inner


def _flaw(value: object, depth: int) -> str | None:
    """What is wrong with one value, apart from what it contains."""
    if isinstance(value, str):
        if not (value.isascii() and value.isprintable()) and FORBIDDEN_TEXT.search(value):
            return _TEXT
    elif isinstance(value, Oversized):
        return _LONG if value is INTEGER else "is NaN, infinite, or beyond what a float holds: send a number."
    elif isinstance(value, int) and not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER:
        return _LONG
    return f"is nested deeper than {DEEPEST} levels: flatten it." if depth > DEEPEST else None
