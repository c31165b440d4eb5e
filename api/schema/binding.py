"""How fields are run: each is bound straight to what its type says, once, when the schema is put together.

Strawberry builds the schema; between graphql-core and a resolver it would put an `Info`, a conversion of arguments into input objects
and a chain of extensions, 3 to 10 µs a field. None of that is used here: resolvers get graphql-core's own resolve info (they
use `info.context`), arguments by their Python names, and inputs as coerced dicts by the schema's names.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final

from graphql import GraphQLField, GraphQLInputObjectType, GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema, GraphQLUnionType
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

DECLARED: Final = "strawberry-definition"
"""Under this extension Strawberry keeps what a part of the schema was declared as."""

PLAIN: Final = "plain"
"""Under this extension a field that needs its source alone keeps the function that reads it."""


def bind(schema: GraphQLSchema) -> None:
    """Bind every field of a schema, let objects say their own type, and have graphql-core check `@oneOf`, which then names the path."""
    for named in schema.type_map.values():
        if named.name.startswith("__"):
            continue
        if isinstance(named, GraphQLObjectType):
            named.is_type_of = None
            for field in named.fields.values():
                _bind_field(field)
                if named is schema.subscription_type:  # what a method of it gives is the source of events; each is shown as it is
                    field.subscribe, field.resolve = field.resolve, lambda source, _info, **_given: source
        elif isinstance(named, (GraphQLInterfaceType, GraphQLUnionType)):
            named.resolve_type = _type_name
        elif isinstance(named, GraphQLInputObjectType):
            declared: StrawberryObjectDefinition = named.extensions[DECLARED]
            if declared.is_one_of:
                named.is_one_of = True
                named.out_type = _as_it_is  # type: ignore[method-assign]


def _bind_field(field: GraphQLField) -> None:
    declared: StrawberryField = field.extensions[DECLARED]
    resolver = declared.base_resolver
    if resolver is None:
        _make_plain(field, attrgetter(declared.python_name))
        return
    function: Callable[..., Any] = resolver.wrapped_func  # type: ignore[assignment]
    absent: dict[str, Any] = {}
    for argument in field.args.values():
        said = argument.extensions[DECLARED]
        argument.out_name = said.python_name
        if said.type.__class__.__name__ == "StrawberryOptional":
            absent[said.python_name] = None
    if resolver.info_parameter is None and not field.args and not resolver.is_async:
        _make_plain(field, function)
    else:
        field.resolve = _resolver(function, absent, with_info=resolver.info_parameter is not None)


def _make_plain(field: GraphQLField, read: Callable[[Any], Any]) -> None:
    def resolve(source: object, _info: object) -> object:
        return read(source)

    field.resolve = resolve
    field.extensions[PLAIN] = read


def _resolver(function: Callable[..., Any], absent: dict[str, Any], *, with_info: bool) -> Callable[..., Any]:
    """The function with what it takes; an optional argument that was left out is None."""
    if with_info and absent:
        return lambda source, info, **given: function(source, info=info, **{**absent, **given})
    if with_info:
        return lambda source, info, **given: function(source, info=info, **given)
    return lambda source, _info, **given: function(source, **{**absent, **given})


def _type_name(value: object, _info: object, _type: object) -> str:
    """The name of the type that a value is an object of."""
    name: str = value.__strawberry_definition__.name  # type: ignore[attr-defined]
    return name


def _as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    return value
