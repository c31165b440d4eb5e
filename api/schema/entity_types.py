"""Which type of the schema shows which kind of entity."""

from __future__ import annotations

from typing import Final

from api.schema.accounts import Account
from api.schema.entities import Device, Document, Email, Face, IpAddress, Phone, Place
from api.schema.loans import Loan
from api.schema.merchants import Merchant
from api.schema.people import Person
from api.schema.scenes import EntityTypes
from graph import model

ENTITY_TYPES: Final[EntityTypes] = {
    model.EntityKind.MERCHANT: Merchant,
    model.EntityKind.PERSON: Person,
    model.EntityKind.ACCOUNT: Account,
    model.EntityKind.DEVICE: Device,
    model.EntityKind.PHONE: Phone,
    model.EntityKind.EMAIL: Email,
    model.EntityKind.IP_ADDRESS: IpAddress,
    model.EntityKind.PLACE: Place,
    model.EntityKind.DOCUMENT: Document,
    model.EntityKind.FACE: Face,
    model.EntityKind.LOAN: Loan,
}
"""Which type shows which kind of entity."""
