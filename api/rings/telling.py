"""What happened to rings, as people read it."""

from __future__ import annotations

from api.rings.records import KeptEvent


def event_sentence(event: KeptEvent) -> str:
    """What happened to a ring, in one sentence."""
    members = f"{event.members} member{'' if event.members == 1 else 's'}"
    return {
        "FOUND": f"The ring was found with {members}.",
        "GREW": f"The ring gained members and has {members} now.",
        "SHRANK": f"The ring lost members and has {members} now.",
        "MERGED": f"The ring took in {event.other} and has {members} now.",
        "SPLIT": f"Members left for {event.other}; {members} stayed.",
        "JUDGED": f"A person judged the ring, which has {members}.",
        "DISSOLVED": "What tied the ring together is gone.",
    }[event.kind]
