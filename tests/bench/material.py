"""Where the material lies that benchmarks measure on and that does not ship."""

from __future__ import annotations

import os
from pathlib import Path


def material() -> Path | None:
    """The folder that RINGFENCE_BENCH_DATA names, or `shared/data` beside the project; None when it is not there."""
    folder = Path(os.environ.get("RINGFENCE_BENCH_DATA") or Path(__file__).parents[2].parent / "shared" / "data")
    return folder if folder.is_dir() else None


def needed() -> Path:
    """The same; leaves with a sentence when it is not there."""
    folder = material()
    if folder is None:
        raise SystemExit(
            "The material to measure on is not here: name its folder by RINGFENCE_BENCH_DATA (documents/, faces/, watchlist/ ...)."
        )
    return folder
