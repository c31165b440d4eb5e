"""What rings are said in: states, shapes, what happens to them, and the words for what is shared."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from api.schema.declaring import enum_type, object_type
from api.schema.scalars import Probability
from graph.rings.sharing import Shared


@enum_type
class RingState(StrEnum):
    """Where a ring stands."""

    SUSPECTED = "SUSPECTED"
    """Found; nobody judged it."""
    CONFIRMED = "CONFIRMED"
    """A person confirmed it: its members' standing is CONFIRMED_FRAUD."""
    DISMISSED = "DISMISSED"
    """A person dismissed it: the same members do not raise it again unless something new joins them."""
    MERGED = "MERGED"
    """Became part of another: see `mergedInto`."""
    DISSOLVED = "DISSOLVED"
    """What tied it together is gone."""


@enum_type
class RingShape(StrEnum):
    """What a ring looks like. More may be added."""

    SHARED_IDENTIFIERS = "SHARED_IDENTIFIERS"
    """People and merchants sharing devices, contacts, papers or faces."""
    CYCLE = "CYCLE"
    """Money that returns to where it started."""
    SCATTER_GATHER = "SCATTER_GATHER"
    """One pays many, who pay one."""
    GATHER_SCATTER = "GATHER_SCATTER"
    """Many pay one, who pays many."""
    STACK = "STACK"
    """Money passed on in layers."""
    LOCKSTEP = "LOCKSTEP"
    """The same payers at the same shops at the same times."""
    DENSE = "DENSE"
    """Far more ties among them than around them."""
    GUARANTEE_CIRCLE = "GUARANTEE_CIRCLE"
    """Guarantees that lead back to each other."""


@enum_type
class RingEventKind(StrEnum):
    """What can happen to a ring. More may be added."""

    FOUND = "FOUND"
    """Was found."""
    GREW = "GREW"
    """Gained members."""
    SHRANK = "SHRANK"
    """Lost members."""
    MERGED = "MERGED"
    """Took in another ring."""
    SPLIT = "SPLIT"
    """Lost members who became a ring of their own."""
    JUDGED = "JUDGED"
    """Was judged by a person."""
    DISSOLVED = "DISSOLVED"
    """Fell apart."""


@object_type()
class RingScorePart:
    """A part of a ring's score."""

    code: str
    """Stable code: `SHARED_DEVICE`, `SAME_HOUR_ONBOARDING` ... The set grows."""
    weight: Probability
    """Its part of the score."""
    sentence: str
    """Why, in one sentence with the observed values."""


WORDS: Final = {
    Shared.DEVICE: "a device",
    Shared.PHONE: "a phone",
    Shared.EMAIL: "an e-mail address",
    Shared.ACCOUNT: "an account",
    Shared.PLACE: "an address",
    Shared.DOCUMENT: "an identity document",
    Shared.FACE: "a face",
    Shared.CONNECTION: "an IP address",
    Shared.LOAN: "a loan",
    Shared.SURETY: "a guarantor",
    Shared.ONBOARDING: "the hour and agent of joining",
}
"""What a member shares, as its sentence says it."""
