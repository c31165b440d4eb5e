"""The schema as committed, and what holds for all of it, whatever stage comes next."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLUnionType,
    build_schema,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_non_null_type,
    parse,
)
from graphql.language import FieldDefinitionNode, InterfaceTypeDefinitionNode, ObjectTypeDefinitionNode

from api.schema import marks, schema, sdl
from api.schema.marks import Unmarked, enforce
from api.schema.roles import Role

NODE, USER_ERROR = schema.type_map["Node"], schema.type_map["UserError"]
COMMITTED = Path(__file__).parents[2] / "api" / "schema.graphql"
EVERYONE = frozenset(Role)
DEFINITIONS = {
    definition.name.value: {part.name.value: part for part in definition.fields or ()}
    for definition in parse(sdl()).definitions
    if isinstance(definition, (ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode))
}
COMMON_PROBLEMS = {"ValidationError", "Forbidden", "RateLimited", "Unavailable"}


def fields_of(name: str) -> dict[str, GraphQLField]:
    named = schema.type_map[name]
    assert isinstance(named, (GraphQLObjectType, GraphQLInterfaceType))
    fields: dict[str, GraphQLField] = named.fields
    return fields


def composite_fields():
    for named in schema.type_map.values():
        if isinstance(named, (GraphQLObjectType, GraphQLInterfaceType)) and not named.name.startswith("__"):
            for name, field in named.fields.items():
                yield named, name, field


def holds_list(field: GraphQLField) -> bool:
    of = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return isinstance(of, GraphQLList)


def marks_of(definition: FieldDefinitionNode) -> set[str]:
    return {mark.name.value for mark in definition.directives or ()}


def test_export_equals_the_committed_definition():
    assert sdl() == COMMITTED.read_text(encoding="utf-8"), "run `make schema` and look at what changed"


def test_committed_definition_is_a_valid_schema():
    assert build_schema(COMMITTED.read_text(encoding="utf-8")).query_type is not None


def test_every_part_says_what_it_is():
    definitions: list[Any] = list(parse(sdl()).definitions)
    for definition in definitions:
        assert definition.description is not None, definition.name.value
        for part in (*(getattr(definition, "fields", None) or ()), *(getattr(definition, "values", None) or ())):
            assert part.description is not None, f"{definition.name.value}.{part.name.value}"
            for argument in getattr(part, "arguments", None) or ():
                assert argument.description is not None, f"{definition.name.value}.{part.name.value}({argument.name.value})"


def test_every_root_field_says_who_may_read_it():
    for root in (schema.query_type, schema.mutation_type, schema.subscription_type):
        assert root is not None
        assert set(marks.roots[root.name]) == set(root.fields)
        assert all(roles for roles in marks.roots[root.name].values())


def test_every_type_with_an_id_says_who_may_read_it():
    assert isinstance(NODE, GraphQLInterfaceType)
    assert {member.name for member in schema.get_possible_types(NODE)} <= set(marks.types)


def test_a_root_field_that_does_not_say_it_fails_the_build():
    bare = build_schema("interface Node { id: ID! } type Query { me: String }")
    with pytest.raises(Unmarked, match=r"Query\.me"):
        enforce(bare)


def test_a_type_with_an_id_that_does_not_say_it_fails_the_build():
    bare = build_schema("interface Node { id: ID! } type Ring implements Node { id: ID! } type Query { ring: Ring }")
    with pytest.raises(Unmarked, match="Ring"):
        enforce(bare)


def test_a_narrowed_field_is_nullable():
    below = [(named, name) for named, name, _ in composite_fields() if named.name not in marks.roots]
    narrowed = [(named, name) for named, name in below if own_roles(named, name) < reaching()[named.name]]
    assert {(named.name, name) for named, name in narrowed} >= {("Person", "name"), ("Decision", "signals"), ("Entity", "facts")}
    for named, name in narrowed:
        assert not is_non_null_type(named.fields[name].type), f"{named.name}.{name}"


FITTED = {("Proposal", "subject"), ("WorkItemEdge", "node"), ("AssignWorkSuccess", "item")}
"""Fields of an interface in which nobody meets a member that is hidden: work is listed and assigned by who may do it."""


def test_no_role_meets_a_field_that_may_not_be_null_of_a_type_hidden_from_it():
    for named, name, field in composite_fields():
        met = reaching()[named.name] & own_roles(named, name)
        if is_non_null_type(field.type) and (named.name, name) not in FITTED:
            assert met <= readable(get_named_type(field.type).name), f"{named.name}.{name}"


def test_an_interface_is_narrowed_as_its_members_are():
    for named in schema.type_map.values():
        if isinstance(named, GraphQLInterfaceType):
            for name, roles in marks.fields.get(named.name, {}).items():
                for member in schema.get_possible_types(named):
                    assert marks.fields[member.name][name] <= roles, f"{member.name}.{name}"


def test_every_mutation_answers_with_the_common_problems():
    assert schema.mutation_type is not None
    for name, field in schema.mutation_type.fields.items():
        payload = get_named_type(field.type)
        assert isinstance(payload, GraphQLUnionType), name
        assert {member.name for member in payload.types} >= COMMON_PROBLEMS, name


def test_every_problem_of_a_payload_is_a_user_error():
    assert isinstance(USER_ERROR, GraphQLInterfaceType)
    problems = {member.name for member in schema.get_possible_types(USER_ERROR)}
    for named in schema.type_map.values():
        if isinstance(named, GraphQLUnionType):
            assert {member.name for member in named.types if not member.name.endswith("Success")} <= problems


def test_every_list_of_objects_has_a_bound():
    for definition in parse(sdl()).definitions:
        if not isinstance(definition, (ObjectTypeDefinitionNode, InterfaceTypeDefinitionNode)):
            continue
        if definition.name.value.endswith("Connection"):
            continue
        for part in definition.fields or ():
            field = fields_of(definition.name.value)[part.name.value]
            if holds_list(field) and is_composite_type(get_named_type(field.type)):
                assert "listSize" in marks_of(part), f"{definition.name.value}.{part.name.value}"


def test_every_connection_asks_for_first():
    for named, name, field in composite_fields():
        if get_named_type(field.type).name.endswith("Connection"):
            assert is_non_null_type(field.args["first"].type), f"{named.name}.{name}"


def own_roles(named: GraphQLNamedType, name: str) -> frozenset[Role]:
    """The roles of a field's own mark; a root field without one could not be built."""
    if named.name in marks.roots:
        return marks.roots[named.name][name]
    if named.name in marks.fields and "visible" in marks_of(DEFINITIONS[named.name][name]):
        return marks.fields[named.name].get(name, EVERYONE)
    return EVERYONE


@cache
def reaching() -> dict[str, frozenset[Role]]:
    """The roles that may come to have an object of each type, by any way from the roots."""
    found = {named.name: frozenset[Role]() for named in schema.type_map.values() if is_composite_type(named)}
    found |= {"Query": EVERYONE, "Mutation": EVERYONE, "Subscription": EVERYONE}
    grown = True
    while grown:
        before = dict(found)
        for named, name, field in composite_fields():
            given = get_named_type(field.type)
            members = schema.get_possible_types(given) if is_abstract_type(given) else [given]
            for one in {given, *members} if is_composite_type(given) else ():
                met = found[named.name] & own_roles(named, name) & marks.types.get(one.name, EVERYONE)
                found[one.name] |= met
        grown = found != before
    return found


def readable(name: str) -> frozenset[Role]:
    """The roles that may read whatever a type can be; Node is met nowhere but in `node`, which is nullable."""
    named = schema.type_map[name]
    members = schema.get_possible_types(named) if is_abstract_type(named) else [named]
    return EVERYONE.intersection(*(marks.types.get(member.name, EVERYONE) for member in members))
