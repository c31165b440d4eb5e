"""How callers name things: by our id, by their own key, or by the value itself."""

from __future__ import annotations

from strawberry import UNSET

from api.schema.declaring import input_type
from api.schema.kinds import DocumentKind
from api.schema.scalars import ID, CountryCode


@input_type(one_of=True)
class Reference:
    """Something of a stated kind: by Ringfence's id or by your own key. A key seen for the first time creates inside facts and applications, nowhere else."""  # noqa: E501

    id: ID | None = UNSET
    """Ringfence's id."""
    key: str | None = UNSET
    """Your own key for it, 1 to 64 characters: the merchant number, account number or loan number of your own systems."""


@input_type(one_of=True)
class EntityReference:
    """Any entity: by Ringfence's id, by your own key for its kind, or by the value that identifies it."""

    id: ID | None = UNSET
    """Ringfence's id."""
    merchant: str | None = UNSET
    """Your key of a merchant."""
    person: str | None = UNSET
    """Your key of a person."""
    account: str | None = UNSET
    """An account's number, or where you hold none your own reference: the same one each time. Kept as a token."""
    loan: str | None = UNSET
    """Your key of a loan or application."""
    device: str | None = UNSET
    """A device fingerprint or terminal number."""
    phone: str | None = UNSET
    """A phone number with country code: `+8613800138000`."""
    email: str | None = UNSET
    """An e-mail address."""
    ip_address: str | None = UNSET
    """An IPv4 or IPv6 address."""
    place: PlaceInput | None = UNSET
    """A place by its address."""
    document: DocumentInput | None = UNSET
    """An identity or registration document by its number."""


@input_type()
class PlaceInput:
    """A place. Two places with the same normalised address are one."""

    address: str
    """Address as written locally, 1 to 200 characters."""
    country: CountryCode
    """The country."""
    latitude: float | None = UNSET
    """Degrees north, WGS 84; needed to count neighbours within metres."""
    longitude: float | None = UNSET
    """Degrees east, WGS 84."""


@input_type()
class DocumentInput:
    """An identity or registration document. Stored as a keyed token; the number itself is not kept in the graph."""

    kind: DocumentKind
    """Which document."""
    country: CountryCode
    """The country that issued it."""
    number: str
    """Its number as printed; spaces and hyphens do not matter."""
