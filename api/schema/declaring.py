"""Types are declared as plain classes whose docstrings are the schema's descriptions: said once, beside what they say it of.

A class docstring describes the type, a method's docstring the field that it resolves, and a string literal below an attribute
the field or enum value above it, as everywhere else in the house. The decorators below hand them to Strawberry. Sources are
parsed once a module, when it is imported.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Sequence
from enum import Enum
from functools import lru_cache
from typing import Any, Final, TypeVar, dataclass_transform

import strawberry
from graphql import GraphQLDirective
from strawberry.schema_directive import Location, StrawberrySchemaDirective
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType
from strawberry.types.private import is_private

T = TypeVar("T", bound=type)
E = TypeVar("E", bound=type[Enum])
F = TypeVar("F", bound=Callable[..., Any])

_PRIVATE: Final = ("strawberry.Private[", "Private[")


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def object_type(*, visible: object | None = None) -> Callable[[T], T]:
    """An object type, read by whoever reached it unless `visible` (a `Visible`) says who."""

    def wrap(cls: T) -> T:
        _describe_fields(cls)
        return strawberry.type(cls, description=_docstring(cls), directives=[] if visible is None else [visible])

    return wrap


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def interface(cls: T) -> T:
    """An interface."""
    _describe_fields(cls)
    return strawberry.interface(cls, description=_docstring(cls))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field, StrawberryField))
def input_type(*, one_of: bool = False) -> Callable[[T], T]:
    """An input type: a declaration alone, for resolvers get inputs as dicts by the schema's names (see `api.schema.binding`)."""

    def wrap(cls: T) -> T:
        _describe_fields(cls)
        return strawberry.input(cls, description=_docstring(cls), one_of=one_of)

    return wrap


def enum_type(cls: E) -> E:
    """An enum, each value described by the string literal below it."""
    wrapped = strawberry.enum(cls, description=_docstring(cls))
    definition: StrawberryEnumDefinition = wrapped.__strawberry_definition__  # type: ignore[attr-defined]
    said = _attribute_docstrings(cls)
    for value in definition.values:
        value.description = said[value.name]
    return wrapped


def later(module: str, name: str) -> Any:  # noqa: ANN401 - stands where types stand
    """A type of another noun's file that itself builds on this one: looked up when the schema is put together."""
    return LazyType(name, f"api.schema.{module}")


def attribute(*, of: object = None, directives: Sequence[object] = ()) -> Any:  # noqa: ANN401 - takes the place of a value
    """A field that its object holds; `of` is its type where the annotation cannot name it (see `later`)."""
    return strawberry.field(directives=directives, graphql_type=of)


def renamed(name: str) -> Any:  # noqa: ANN401 - takes the place of a value
    """A field of an input whose name is a word of Python's."""
    return strawberry.field(name=name)


def field(*, of: object = None, name: str | None = None, directives: Sequence[object] = ()) -> Callable[[F], F]:
    """A field that a method resolves; `of` is its type where the annotation cannot name it (see `later`)."""
    decorate: Callable[[F], F] = strawberry.field(name=name, directives=directives, graphql_type=of)
    return decorate


def argument(description: str, *, of: object = None, name: str | None = None) -> object:
    """An argument's description, to stand in `Annotated`; `of` is its schema type where resolvers get another one."""
    return strawberry.argument(description=description, name=name, graphql_type=of)


def _docstring(cls: type) -> str:
    assert cls.__doc__, f"{cls.__qualname__} says nothing of itself"
    return inspect.cleandoc(cls.__doc__)


def _describe_fields(cls: type) -> None:
    """Give each field that `cls` itself declares the description that stands beside it."""
    said = _attribute_docstrings(cls)
    for name, annotation in inspect.get_annotations(cls).items():
        if is_private(annotation) or str(annotation).startswith(_PRIVATE):
            continue
        declared = cls.__dict__.get(name)
        if not isinstance(declared, StrawberryField):
            declared = strawberry.field() if name not in cls.__dict__ else strawberry.field(default=declared)
            setattr(cls, name, declared)
        declared.description = said[name]
    for declared in cls.__dict__.values():
        if isinstance(declared, StrawberryField) and declared.base_resolver is not None:
            text = declared.base_resolver.wrapped_func.__doc__
            assert text, f"{cls.__qualname__}.{declared.base_resolver.name} says nothing of itself"
            declared.description = inspect.cleandoc(text)


def _attribute_docstrings(cls: type) -> dict[str, str]:
    """The string literals below the attributes of a class, by attribute."""
    return _module_docstrings(cls.__module__).get(cls.__qualname__, {})


@lru_cache(maxsize=256)
def _module_docstrings(module: str) -> dict[str, dict[str, str]]:
    """All string literals below attributes in a module's classes, by class and attribute."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: _below(node) for node in tree.body if isinstance(node, ast.ClassDef)}


def _below(node: ast.ClassDef) -> dict[str, str]:
    said: dict[str, str] = {}
    for above, below in zip(node.body, node.body[1:], strict=False):
        if not (isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)):
            continue
        target = above.target if isinstance(above, ast.AnnAssign) else above.targets[0] if isinstance(above, ast.Assign) else None
        if isinstance(target, ast.Name):
            said[target.id] = inspect.cleandoc(below.value.value)
    return said


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.directive_field,))
def directive(*, name: str, locations: list[Location], repeatable: bool = False) -> Callable[[T], T]:
    """A directive of the schema; its arguments are described like fields (see `finish_directives`)."""

    def wrap(cls: T) -> T:
        made = strawberry.schema_directive(name=name, locations=locations, repeatable=repeatable, description=_docstring(cls))
        return made(cls)

    return wrap


def finish_directives(directives: Sequence[GraphQLDirective]) -> None:
    """Give the directives' arguments their descriptions, which Strawberry drops on the way."""
    for made in directives:
        declared = made.extensions.get("strawberry-definition")
        if not isinstance(declared, StrawberrySchemaDirective) or declared.origin is None:
            continue
        said = _attribute_docstrings(declared.origin) if declared.origin.__module__.startswith("api.") else {}
        for argument_ in declared.fields:
            made.args[str(argument_.graphql_name or argument_.python_name)].description = said.get(str(argument_.python_name))
