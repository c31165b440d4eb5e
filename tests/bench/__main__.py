"""`python -m tests.bench [NAME ...]`: run the benchmarks named, or all."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import decisions, identity_images, loading, rings, streaming

BENCHMARKS: dict[str, Callable[[], None]] = {
    "decisions": decisions.main,
    "loading": loading.main,
    "streaming": streaming.main,
    "rings": rings.main,
    "identity-images": identity_images.main,
}

if __name__ == "__main__":
    names = sys.argv[1:] or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}.")
    for name in names:
        BENCHMARKS[name]()
