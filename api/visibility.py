"""What an operation may not read: one static pass over document and roles, before anything is run (semantics 17).

The pass never looks at data or variables: the same document and roles always give the same names. Fields keep their marks
themselves (`api.schema.marks`); this says beforehand which will be null, for `extensions.masked`, and which root fields are FORBIDDEN.
Linear in the document: a fragment is looked at once, on its own type.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
)

from api.context import Role
from api.schema import marks, schema
from api.schema.marks import Marks


@dataclass(frozen=True, slots=True)
class Sight:
    """What some roles do not see of one operation."""

    masked: tuple[str, ...]
    """`Type.field` names, by the type on which each was selected, in alphabetical order: null without an error."""
    forbidden: tuple[str, ...]
    """Root fields, in the order of the document: an error each, or the payload's `Forbidden`."""


def check(document: DocumentNode, operation: OperationDefinitionNode, roles: AbstractSet[Role]) -> Sight:
    """What readers with these roles do not see of an operation of a validated document."""
    fragments = {one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)}
    looking = _Looking(marks, fragments, roles)
    root = schema.get_root_type(operation.operation)
    assert root is not None, "validation has refused an operation that the schema has not"
    looking.look(operation.selection_set, root)
    return Sight(tuple(sorted(looking.masked)), tuple(dict.fromkeys(looking.forbidden)))


class _Looking:
    """One pass: what was found so far."""

    def __init__(self, seen_by: Marks, fragments: dict[str, FragmentDefinitionNode], roles: AbstractSet[Role]) -> None:
        self._marks = seen_by
        self._fragments = fragments
        self._roles = roles
        self._spread: set[str] = set()
        self.masked: set[str] = set()
        self.forbidden: list[str] = []

    def look(self, selections: SelectionSetNode, parent: GraphQLNamedType) -> None:
        """Look through a selection set on a type."""
        roots = self._marks.roots.get(parent.name)
        narrowed = self._marks.fields.get(parent.name, {})
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                name = selection.name.value
                if roots is not None and name in roots and roots[name].isdisjoint(self._roles):
                    self.forbidden.append(name)
                elif name in narrowed and narrowed[name].isdisjoint(self._roles):
                    self.masked.add(f"{parent.name}.{name}")
                elif selection.selection_set is not None:
                    self._below(selection.selection_set, parent, name)
            elif isinstance(selection, InlineFragmentNode):
                condition = selection.type_condition
                self.look(selection.selection_set, parent if condition is None else schema.type_map[condition.name.value])
            elif isinstance(selection, FragmentSpreadNode):
                self._fragment(selection.name.value)

    def _below(self, selections: SelectionSetNode, parent: GraphQLNamedType, name: str) -> None:
        field = parent.fields.get(name) if isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType)) else None
        if field is not None:
            self.look(selections, get_named_type(field.type))

    def _fragment(self, name: str) -> None:
        if name not in self._spread:
            self._spread.add(name)
            fragment = self._fragments[name]
            self.look(fragment.selection_set, schema.type_map[fragment.type_condition.name.value])
