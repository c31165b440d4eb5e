"""Marks by which the guard counts what an operation costs before it runs (semantics 22)."""

from __future__ import annotations

import strawberry
from strawberry.schema_directive import Location

from api.schema.declaring import directive


@directive(name="cost", locations=[Location.FIELD_DEFINITION])
class Cost:
    """
    Cost of one such field before it runs; where absent an object costs 1 and a scalar 0. The meaning is that of the GraphQL cost
    directives. An operation that costs more than the principal's limit is refused, unrun, with TOO_MUCH_WORK.
    """

    weight: int = strawberry.directive_field(name="weight")
    """Cost of one such field, apart from what is selected below it."""


@directive(name="listSize", locations=[Location.FIELD_DEFINITION], repeatable=True)
class ListSize:
    """
    How many items a list is counted for. A connection is counted for its `first` and carries no mark. The meaning is that of the
    GraphQL cost directives.
    """

    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=strawberry.UNSET)
    """The most items that the list ever holds."""
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=strawberry.UNSET)
    """Arguments that bound the list; the largest counts."""
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=strawberry.UNSET)
    """Lists below this field that the arguments bound."""


def at_most(size: int) -> list[ListSize]:
    """The mark of a list that never holds more than `size` items."""
    return [ListSize(assumed_size=size)]
