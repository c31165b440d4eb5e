"""What the identity checks find and cost: names, documents, faces; aggregate figures over material that does not ship."""

from __future__ import annotations

from tests.bench import identity_images, identity_names
from tests.bench.report import write


def main() -> None:
    """Measure names and images; print, and write `.bench/identity.json`."""
    write("identity", {"names": identity_names.main(), "images": identity_images.main()})
