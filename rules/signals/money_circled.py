"""Money that comes back as a receipt."""

from __future__ import annotations

from rules.material import circles
from rules.model import Material, Reading


def money_circled(material: Material) -> Reading:
    """Part of 30 days' receipts that is the household's own money coming back through others, in the order of time.

    Absent, and 0, without receipts.
    """
    found = circles(material)
    return Reading(round(found.share, 4), found.entities, absent=found.receipts == 0)
