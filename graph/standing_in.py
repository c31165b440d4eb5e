"""What stands in the place of an identifier that is not given: a value of the same kind that names one entity and tells nothing of it.

Equal identifiers get equal ones and different ones different ones, so that a graph of stand-ins has the ties of the real one. None of
them can be anybody's.
"""

from __future__ import annotations

import base64
import ipaddress
from typing import Final

from graph.model import EntityKind

NOBODYS_COUNTRY: Final = "+999"
"""A country code that the ITU keeps unassigned; twelve more digits make a number of E.164 whole."""

LEFT_OUT: Final = "left out"
"""Stands for a free text, which may say anything of anybody."""


def stand_in(kind: EntityKind, id: str, serial: int, known: str = "") -> str:
    """The normal value (of a place: its address) for the entity with this id, the `serial`-th of its store.

    Of a document `known` is what may be told: its kind and country, `IDENTITY_CARD:CN`. Ids are keyed hashes of 120 bits; a phone number
    is too short for one, and has the serial number.

    >>> stand_in(EntityKind.IP_ADDRESS, "ipa_" + "a" * 24, 7)
    'fd00::'
    >>> stand_in(EntityKind.PHONE, "pho_" + "a" * 24, 7)
    '+999000000000007'
    """
    body = id.partition("_")[2]
    match kind:
        case EntityKind.PHONE:
            return f"{NOBODYS_COUNTRY}{serial:012d}"
        case EntityKind.EMAIL:
            return f"{body}@left-out.invalid"  # RFC 2606: a name that nobody can have
        case EntityKind.IP_ADDRESS:
            return str(ipaddress.IPv6Address(b"\xfd" + base64.b32decode(body.upper())))  # RFC 4193: of no network but one's own
        case EntityKind.DOCUMENT:
            return f"{known}:{body.upper()}"
        case _:
            return id
