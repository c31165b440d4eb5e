"""Who may read what: the `@visible` marks as plain tables, and the field functions that keep them.

Deny by default: a root field, or an object that `node` can return, that does not say who may read it raises here, so that the server
does not start and no test passes. A narrowed field asks for the reader's roles itself, whatever checked the document before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NoReturn

from graphql import (
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLSchema,
    get_named_type,
)

from api.context import Context
from api.schema.binding import DECLARED, PLAIN
from api.schema.problems import ErrorCode, Forbidden
from api.schema.roles import Role, Visible

EVERYONE: Final = frozenset(Role)


class Unmarked(TypeError):
    """A part of the schema does not say who may read it; the message names it."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Roles by what they may read. What is not in a table is read by whoever reaches it."""

    roots: Mapping[str, Mapping[str, frozenset[Role]]]
    """By root type and field."""
    types: Mapping[str, frozenset[Role]]
    """By object type that carries a mark."""
    fields: Mapping[str, Mapping[str, frozenset[Role]]]
    """By object or interface type and field, as far as narrower than all roles: its own mark, its type's and that of what it gives."""


def enforce(schema: GraphQLSchema) -> Marks:
    """Read the marks of a schema whose fields are bound, and make its narrowed fields keep them. Raises `Unmarked`."""
    roots = {root.name: root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root is not None}
    types = {named.name: roles for named in schema.type_map.values() if (roles := _mark(named)) is not None}
    node = schema.type_map["Node"]
    assert isinstance(node, GraphQLInterfaceType), "Node is the interface of what has an id"
    for member in schema.get_possible_types(node):
        if member.name not in types:
            raise Unmarked(f"{member.name} can be returned by `node` and does not say who may read it: give it `visible`.")
    root_roles: dict[str, dict[str, frozenset[Role]]] = {}
    for name, root in roots.items():
        root_roles[name] = {field: _root_roles(name, field, made) for field, made in root.fields.items()}
        for field, made in root.fields.items():
            _refuse_root(made, root_roles[name][field], mutation=root is schema.mutation_type)
            if made.subscribe is not None:
                made.subscribe = _refusing(made.subscribe, root_roles[name][field], _forbidden_error(root_roles[name][field]))
    return Marks(root_roles, types, _narrow(schema, types, set(roots)))


def _narrow(schema: GraphQLSchema, types: Mapping[str, frozenset[Role]], roots: set[str]) -> dict[str, dict[str, frozenset[Role]]]:
    narrowed: dict[str, dict[str, frozenset[Role]]] = {}
    for named in schema.type_map.values():
        if not isinstance(named, (GraphQLObjectType, GraphQLInterfaceType)) or named.name.startswith("__") or named.name in roots:
            continue
        for name, made in named.fields.items():
            own, own_type, given = _mark(made), types.get(named.name), types.get(get_named_type(made.type).name)
            roles = EVERYONE.intersection(*(mark for mark in (own, own_type, given) if mark is not None))
            if roles == EVERYONE:
                continue
            narrowed.setdefault(named.name, {})[name] = roles
            if isinstance(named, GraphQLObjectType):
                _mask(made, roles)
    return narrowed


def _mark(part: GraphQLNamedType | GraphQLField) -> frozenset[Role] | None:
    """The roles of a part's own `@visible`; None without one."""
    declared = part.extensions.get(DECLARED)
    for mark in getattr(declared, "directives", None) or ():
        if isinstance(mark, Visible):
            return frozenset(mark.to)
    return None


def _root_roles(root: str, field: str, made: GraphQLField) -> frozenset[Role]:
    roles = _mark(made)
    if roles is None:
        raise Unmarked(f"{root}.{field} does not say who may read it: give it `visible`.")
    return roles


def _mask(field: GraphQLField, roles: frozenset[Role]) -> None:
    """Make a field null for readers without one of the roles."""
    inner = field.resolve
    assert inner is not None, "every field is bound"
    field.extensions.pop(PLAIN, None)

    def resolve(source: object, info: GraphQLResolveInfo[Context], **given: object) -> object:
        return None if roles.isdisjoint(info.context.principal.roles) else inner(source, info, **given)

    field.resolve = resolve


def _refuse_root(field: GraphQLField, roles: frozenset[Role], *, mutation: bool) -> None:
    """Make a root field answer FORBIDDEN to readers without one of the roles: a mutation in its payload, a query as an error."""
    inner = field.resolve
    assert inner is not None, "every field is bound"
    field.extensions.pop(PLAIN, None)
    field.resolve = _refusing(inner, roles, _forbidden_payload(roles) if mutation else _forbidden_error(roles))


def _refusing(inner: Callable[..., object], roles: frozenset[Role], refuse: Callable[[str], object]) -> Callable[..., object]:
    def resolve(source: object, info: GraphQLResolveInfo[Context], **given: object) -> object:
        return refuse(info.field_name) if roles.isdisjoint(info.context.principal.roles) else inner(source, info, **given)

    return resolve


def forbidden_message(name: str, roles: frozenset[Role]) -> str:
    """What a reader without the roles is told."""
    return f"`{name}` is for {', '.join(sorted(roles))}; ask an administrator for one of these roles."


def _forbidden_payload(roles: frozenset[Role]) -> Callable[[str], Forbidden]:
    allowed = [role for role in Role if role in roles]

    def refuse(name: str) -> Forbidden:
        return Forbidden(message=forbidden_message(name, roles), code=ErrorCode.FORBIDDEN, path=None, allowed_roles=allowed)

    return refuse


def _forbidden_error(roles: frozenset[Role]) -> Callable[[str], NoReturn]:
    allowed = [str(role) for role in Role if role in roles]

    def refuse(name: str) -> NoReturn:
        raise GraphQLError(forbidden_message(name, roles), extensions={"code": "FORBIDDEN", "allowedRoles": allowed})

    return refuse
