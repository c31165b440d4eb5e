"""Stages stories: real facts in a real store, gathered as in production."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from graph.model import EntityName, Institution, Moment
from graph.store import MAXIMUM_FACTS, Refused
from graph.stores.sqlite.store import SqliteStore
from identity.vault import Vault
from rules.assessment import gather
from rules.deciding import decide
from rules.model import Application, Dossier, History, Judgement
from rules.strategy import CompiledStrategy, compile_strategy, shipped
from tests.rules.scenarios.story import AT, BANK, Story

__all__ = ["Stage", "opened", "without"]


class Stage:
    """One store; each story plays in an institution of its own."""

    def __init__(self, folder: Path) -> None:
        self._vault = Vault.open(folder / "keys")
        self.store = SqliteStore(folder / "graph.db", self._vault.sealer)
        self._runner = asyncio.Runner()
        self._played: dict[Callable[[], Story], Dossier] = {}

    def close(self) -> None:
        self._runner.run(self.store.close())
        self._runner.close()

    def dossier(self, story: Callable[[], Story]) -> Dossier:
        """What a decision at the story's end may look at."""
        if story not in self._played:
            self._played[story] = self._runner.run(self._play(story(), f"bank-{len(self._played)}"))
        return self._played[story]

    def judgement(self, story: Callable[[], Story], strategy: CompiledStrategy | None = None) -> Judgement:
        return decide(self.dossier(story), strategy or shipped())

    async def _play(self, story: Story, name: str) -> Dossier:
        institution = replace(BANK, id=name)
        for start in range(0, len(story.facts), MAXIMUM_FACTS):
            recording = await self.store.record(institution, "story", story.facts[start : start + MAXIMUM_FACTS])
            for result in recording.results:
                assert not isinstance(result, Refused), result
        known_at = (await self.store.now(name)).known_at
        return await self._gathered(story, institution, Moment(AT, known_at))

    async def _gathered(self, story: Story, institution: Institution, moment: Moment) -> Dossier:
        asked = story.asked
        assert asked is not None, "a story ends with `asks`"
        sealer = self._vault.sealer(institution.id)

        def entity_id(entity: EntityName) -> str:
            assert entity.key is not None
            return sealer.entity_id(entity.kind, entity.key)

        application = Application(
            loan=entity_id(asked.loan),
            loan_key=str(asked.loan.key),
            merchant=entity_id(asked.merchant),
            applicant=None if asked.applicant is None else entity_id(asked.applicant),
            amount=asked.amount,
            currency="CNY",
            term_days=asked.term_days,
            at=AT,
        )

        async def history() -> History:
            return History(story.declined, story.declined, applicant=story.identity)

        # Seconds, since a story tells of a verdict and not of time: on a busy machine none must be cut short.
        gathered = await gather(application, institution, self.store, history, moment, deadline=60.0)
        assert gathered.dossier.unread == (), gathered.dossier.unread
        return gathered.dossier


@contextmanager
def opened(folder: Path) -> Iterator[Stage]:
    stage = Stage(folder)
    try:
        yield stage
    finally:
        stage.close()


def without(signal: str) -> CompiledStrategy:
    """The shipped strategy without the rules that read a signal."""
    rules = tuple(rule.rule for rule in shipped().rules if signal not in rule.reads)
    return compile_strategy(replace(shipped().strategy, rules=rules))
