"""The schema: one file a noun, put together here. `python -m api.schema` writes its definition to `api/schema.graphql`.

Types are declared in Strawberry (see `declaring`), read values of the domain under a `scenes.Scene`, and are run by `binding`. Who may
read what is checked by `marks`: a root field or a type with an id that does not say it fails here, when the schema is built.
"""

from __future__ import annotations

from typing import Final

import strawberry
from graphql import GraphQLSchema
from strawberry.schema.config import StrawberryConfig

from api.schema.binding import bind
from api.schema.declaring import finish_directives
from api.schema.entity_types import ENTITY_TYPES
from api.schema.evidence import EvidenceItem
from api.schema.hits import ScreeningHit
from api.schema.marks import Marks, enforce
from api.schema.mutations import Mutation
from api.schema.outcomes import FactRecorded, FactRefused, FactRepeated
from api.schema.principals import Principal
from api.schema.proposals import Proposal
from api.schema.queries import Query
from api.schema.rings import Ring, RingEvent, RingMembership
from api.schema.scalars import SCALARS
from api.schema.subscriptions import Subscription
from api.schema.verifications import Verification

_ONE_OF: Final = "directive @oneOf on INPUT_OBJECT\n\n"
"""Strawberry prints this definition, but the specification has it built in."""

_schema: Final = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[
        *(*ENTITY_TYPES.values(), Verification, ScreeningHit, Proposal, EvidenceItem, Principal, FactRecorded, FactRepeated, FactRefused),
        *(Ring, RingMembership, RingEvent),
    ],
    config=StrawberryConfig(auto_camel_case=True, scalar_map=SCALARS, enable_experimental_incremental_execution=False),
)

schema: Final[GraphQLSchema] = _schema._schema  # noqa: SLF001 - Strawberry keeps what it built nowhere else
"""The schema that operations run on."""

finish_directives(schema.directives)
bind(schema)

marks: Final[Marks] = enforce(schema)
"""Who may read what."""


def sdl() -> str:
    """The schema in its definition language, as committed in `api/schema.graphql`."""
    return _schema.as_str().replace(_ONE_OF, "", 1) + "\n"
