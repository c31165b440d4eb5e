"""Reading personal values in full leaves an audit entry, before the values are given: one for all that are read together."""

from __future__ import annotations

from strawberry.dataloader import DataLoader

from api import audit
from api.context import Context

ACTION = "personal data read"
"""What the audit chain calls it."""


async def disclose(context: Context, entity_id: str) -> None:
    """Return once the chain says that this operation reads personal values of an entity; raises `RecordsUnavailable`."""
    loader: DataLoader[str, None] | None = context.loaders.get("disclosed")
    if loader is None:
        services, principal = context.services, context.principal

        async def note(ids: list[str]) -> list[None]:
            subjects = tuple(sorted(ids))
            digest = audit.digest(" ".join(subjects).encode())
            event = audit.Event(principal.institution.id, services.now(), principal.id, ACTION, subjects, digest)
            await audit.note(services.records, services.vault.audit_key, event)
            return [None] * len(ids)

        loader = context.loaders["disclosed"] = DataLoader(load_fn=note)
    await loader.load(entity_id)
