"""`python -m tests.bench [NAME ...]`: run the benchmarks named, or all."""

from __future__ import annotations

import sys
from collections.abc import Callable

from tests.bench import decisions, identity, loading, rings, streaming
from tests.bench.material import material

BENCHMARKS: dict[str, Callable[[], None]] = {
    "decisions": decisions.main,
    "loading": loading.main,
    "streaming": streaming.main,
    "rings": rings.main,
    "identity": identity.main,
}

NEED_MATERIAL = ("identity",)
"""Benchmarks that measure on what does not ship."""

if __name__ == "__main__":
    names = sys.argv[1:] or [name for name in BENCHMARKS if name not in NEED_MATERIAL or material()]
    if not sys.argv[1:] and not material():
        print(f"Left out for want of material (RINGFENCE_BENCH_DATA): {', '.join(NEED_MATERIAL)}.")
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"There is no benchmark {unknown[0]!r}: there are {', '.join(BENCHMARKS)}.")
    for name in names:
        BENCHMARKS[name]()
