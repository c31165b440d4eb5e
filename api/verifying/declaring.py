"""What a subject declares of itself, owners it names and visits to it, as callers give them and as they are kept (sealed)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

from graph.fields import DOCUMENT_KINDS, Reading
from graph.model import EntityKind, EntityName, Instant, Institution
from identity.model import Declared

LONGEST_NAME: Final = 200
LONGEST_ADDRESS: Final = 200
LONGEST_NUMBER: Final = 64
LONGEST_WORDING: Final = 100
LONGEST_FINDINGS: Final = 2_000
MOST_OWNERS: Final = 50

Raw = Mapping[str, Any]
Path = tuple[str, ...]


def read_declaration(raw: Raw, institution: Institution, now: Instant, path: Path) -> dict[str, Any]:
    """A declaration as it is kept; what was left out is not in it. Raises `InvalidInput`."""
    reading = Reading(institution, now)
    document = raw.get("document")
    kept: dict[str, Any] = {
        "name": reading.text(raw, path, "name", LONGEST_NAME),
        "born_on": reading.day(raw, path, "bornOn", past=True),
        "document_valid_until": reading.day(raw, path, "documentValidUntil", past=False),
        "address": reading.text(raw, path, "address", LONGEST_ADDRESS),
        "phone": reading.text(raw, path, "phone", LONGEST_NUMBER),
    }
    if isinstance(document, Mapping):
        here = (*path, "document")
        kept |= {
            "document_kind": reading.needed_choice(document, here, "kind", {kind: kind for kind in DOCUMENT_KINDS}),
            "document_country": reading.country(document, here),
            "document_number": reading.needed_text(document, here, "number", LONGEST_NUMBER),
        }
    if raw.get("account") is not None:
        named = reading.reference_value(raw["account"], (*path, "account"), EntityKind.ACCOUNT)
        kept["account"] = named.key
    reading.finish()
    said = {name: value for name, value in kept.items() if value is not None}
    if not said:
        reading.wrong(path, "declares nothing: give at least the name")
        reading.finish()
    return said


def declared(kept: Mapping[str, Any]) -> Declared:
    """A declaration in the words of the checks."""
    days = {name: date.fromisoformat(kept[name]) for name in ("born_on", "document_valid_until") if name in kept}
    return Declared(**{**kept, **days})


def read_consent(raw: Raw, institution: Institution, now: Instant, path: Path) -> dict[str, Any]:
    """A consent as it is kept. Raises `InvalidInput`."""
    reading = Reading(institution, now)
    kept = {
        "given_at": reading.needed_moment(raw, path, "givenAt"),
        "wording": reading.needed_text(raw, path, "wording", LONGEST_WORDING),
    }
    reading.finish()
    return kept


def read_visit(raw: Raw, institution: Institution, now: Instant, path: Path) -> dict[str, Any]:
    """What was seen at a place of business, as it is kept. Raises `InvalidInput`."""
    reading = Reading(institution, now)
    seen = reading.place_value(raw["place"], (*path, "place"))
    kept = {
        "visited_at": reading.needed_moment(raw, path, "visitedAt"),
        "address": seen.address,
        "country": seen.country,
        "findings": reading.needed_text(raw, path, "findings", LONGEST_FINDINGS),
    }
    reading.finish()
    return kept


def read_owners(raw: Raw, institution: Institution, now: Instant, path: Path) -> list[tuple[EntityName, float]]:
    """Owners and their shares. Raises `InvalidInput`, and `Unknown` for an id that nobody can have."""
    reading = Reading(institution, now)
    owners = raw["owners"]
    if not 1 <= len(owners) <= MOST_OWNERS:
        reading.wrong((*path, "owners"), f"has 1 to {MOST_OWNERS} owners, not {len(owners)}")
        reading.finish()
    found = []
    for place, one in enumerate(owners):
        here = (*path, "owners", str(place))
        name = reading.entity_value(one["owner"], (*here, "owner"))
        if name.kind not in {EntityKind.PERSON, EntityKind.MERCHANT}:
            reading.wrong((*here, "owner"), "is a person or a merchant: name one of those")
        if not 0 < one["share"] <= 1:
            reading.wrong((*here, "share"), "is more than 0 and at most 1")
        found.append((name, float(one["share"])))
    if sum(share for _, share in found) > 1 + 1e-9:
        reading.wrong((*path, "owners"), "own more than the whole together: correct the shares")
    reading.finish()
    return found


def day_of(now: Instant) -> date:
    """The day in UTC."""
    return datetime.fromtimestamp(now / 1_000, UTC).date()
