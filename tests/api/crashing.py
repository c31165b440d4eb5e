"""A process that dies at a named step of a decision: `python -m tests.api.crashing FOLDER STEP WORK`, WORK `assess` or `again`."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any, Final

from api.assessing import assess
from api.jobs.working import work_one
from api.records import Records
from graph.stores.sqlite.store import SqliteStore
from tests.api.running import request, running, service_of

STEPS: Final = (
    "before the claim",
    "after the claim",
    "after recording",
    "after reading",
    "before writing",
    "within writing",
    "after writing",
)
"""Every pair of steps has one between them."""

DIED: Final = 77


class Dying:
    """Dies at one step, once armed."""

    step = ""

    @classmethod
    def at(cls, step: str) -> None:
        """End the process here, as SIGKILL would, when this is the step."""
        if cls.step == step:
            os._exit(DIED)


class DyingRecords(Records):
    """Records in a process that dies before, within and after what they do."""

    async def claim(self, work: Any, timeout: float | None = None, *, institution: str | None = None) -> Any:
        """As the records."""
        Dying.at("before the claim")
        found = await super().claim(work, timeout, institution=institution)
        Dying.at("after the claim")
        return found

    async def write(self, work: Any, timeout: float | None = None, *, institution: str | None = None) -> Any:
        """As the records."""

        def within(connection: Any) -> Any:
            found = work(connection)
            Dying.at("within writing")
            return found

        Dying.at("before writing")
        found = await super().write(within, timeout, institution=institution)
        Dying.at("after writing")
        return found


class DyingStore(SqliteStore):
    """A store in a process that dies after what it does."""

    async def record(self, *given: Any, **named: Any) -> Any:
        """As the store."""
        found = await super().record(*given, **named)
        Dying.at("after recording")
        return found

    async def surroundings(self, *given: Any, **named: Any) -> Any:
        """As the store."""
        found = await super().surroundings(*given, **named)
        Dying.at("after reading")
        return found


async def main(folder: Path, step: str, work: str) -> None:
    """Do the work and die on the way."""
    async with running(folder, DyingStore, DyingRecords, graph_seconds=0.05, records_seconds=0.05) as services:
        principal = await service_of(services)
        Dying.step = step
        if work == "assess":
            await assess(services, principal, request())
        else:
            await work_one(services)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
