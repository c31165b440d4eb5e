"""A process that records facts one call after the other and prints each id once its call is answered. Killed by tests."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from graph.model import TieKind
from tests.factory import device, institution, person, store, tie


async def write(folder: Path, name: str, count: int) -> None:
    graph = store(folder)
    bank = institution()

    async def one(number: int) -> None:
        id_ = f"{name}-{number}"
        recording = await graph.record(bank, "core", [tie(id_, person(id_), TieKind.USES_DEVICE, device(), number + 1)])
        print(f"{id_} {recording.recorded_at}", flush=True)

    for start in range(0, count, 8):
        await asyncio.gather(*(one(number) for number in range(start, min(start + 8, count))))
    await graph.close()


if __name__ == "__main__":
    asyncio.run(write(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
