"""Who is asking, and for which institution."""

from __future__ import annotations

from api import context
from api.schema.declaring import object_type
from api.schema.nodes import Node
from api.schema.roles import EVERYBODY, Role
from api.schema.scalars import ID, CurrencyCode


@object_type()
class Institution:
    """A lender: the tenant. It comes from the credential, never from an argument."""

    name: str
    """Name for display."""
    currency: CurrencyCode
    """Currency of its totals."""
    time_zone: str
    """IANA time zone of its days: `Asia/Shanghai`."""


@object_type(visible=EVERYBODY)
class Principal(Node):
    """Who is asking: a member of staff or a service of one institution."""

    id: ID
    """Opaque id, `pri_...`."""
    name: str
    """Name for display."""
    roles: list[Role]
    """What it may do."""
    institution: Institution
    """The institution it belongs to. All that it reads and writes is of this one."""


def show_principal(principal: context.Principal) -> Principal:
    """The principal as the schema shows it, roles in the schema's order."""
    tenant = principal.institution
    return Principal(
        id=principal.id,
        name=principal.name,
        roles=sorted((Role(role) for role in principal.roles), key=list(Role).index),
        institution=Institution(name=principal.institution_name, currency=tenant.currency, time_zone=tenant.time_zone),
    )
