"""Roles, and the mark that says which of them may read a thing."""

from __future__ import annotations

from enum import StrEnum

import strawberry
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition

from api.schema.declaring import directive, enum_type


@enum_type
class Role(StrEnum):
    """What a principal may do. A principal may hold several."""

    SERVICE = "SERVICE"
    """A loan workflow: sends facts, asks for decisions, learns of changes."""
    ANALYST = "ANALYST"
    """A fraud analyst: explores graphs, works rings and cases, writes rules; reads names and places, no numbers."""
    KYC = "KYC"
    """KYC staff: verifies merchants and people; reads personal data in full."""
    ADMIN = "ADMIN"
    """Runs the institution's access, strategies and audit; reads no personal data."""


@directive(name="visible", locations=[Location.OBJECT, Location.FIELD_DEFINITION])
class Visible:
    """
    Who may read a field. A root field, or an object that `node` can return, is refused to everyone unless this says otherwise.
    A field without it is read like its object; an object without it is read by whoever reached it. What a role may not read
    is null, without an error, and `extensions.masked` of the response names it, for example `Person.name`.
    """

    to: list[Role] = strawberry.directive_field(name="to")
    """The roles that may read it; all others get null (a root field: FORBIDDEN)."""


def visible(*roles: Role) -> Visible:
    """The mark that `roles` alone may read something."""
    return Visible(to=list(roles))


EVERYBODY = visible(*Role)
"""All roles may read it."""


def readers(cls: type) -> frozenset[Role]:
    """The roles that may read objects of a type that carries a mark."""
    definition: StrawberryObjectDefinition = cls.__strawberry_definition__  # type: ignore[attr-defined]
    return next(frozenset(mark.to) for mark in definition.directives or () if isinstance(mark, Visible))
