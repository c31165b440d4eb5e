"""What came of a call with an idempotency key, or the problem that its caller can act upon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Any

from api.errors import told
from api.once import Call
from api.schema.declaring import argument
from api.schema.entity_types import ENTITY_TYPES
from api.schema.problems import show_problem
from api.schema.scenes import Info, Scene, Shown, timeless
from api.schema.work_items import load_principal
from graph.errors import RingfenceError
from identity.errors import FourEyesRequired

Raw = dict[str, Any]
IdempotencyKey = Annotated[str, argument("Your key for this intent; the same for its retries.")]
Act = Callable[[Call, Scene], Awaitable[Shown]]
"""Does what is asked and shows what came of it."""


async def answered(info: Info, mutation: str, key: str, given: Raw, act: Act) -> Shown:
    """What came of a call, or the problem that its caller can act upon; a fault of ours goes on."""
    context = info.context
    scene = timeless(context, ENTITY_TYPES)
    try:
        return await act(Call(context.services, context.principal, mutation, key, given), scene)
    except RingfenceError as error:
        said = told(error)
        if said is None:
            raise
        if isinstance(error, FourEyesRequired):
            said = replace(said, who=await load_principal(context, error.proposed_by))
        return show_problem(said)
