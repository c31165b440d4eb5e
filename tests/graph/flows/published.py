"""The published graph in a real store: imported by the mapping that ships, with ids that sort as FinBench's numbers do."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from graph.clock import now
from graph.flows.reader import Question
from graph.importing.importing import ImportJob, find_files, run_import
from graph.importing.mapping import load_mapping
from graph.importing.summary import Summary
from graph.model import EntityKind, Institution, Moment
from graph.sealing import Sealer
from graph.store import Answered
from identity.vault import Vault
from tests.graph.flows.oracle import Names
from tests.graph.stores import Open, sqlite

BANK: Final = Institution("finbench", "CNY", "UTC")
NOW: Final = 1_795_000_000_000
EVER: Final = Moment(NOW, NOW)
COPY: Final = Path(__file__).parents[2] / "data" / "finbench_oracle"
DEADLINE: Final = 30.0

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def id_of(kind: str, number: str) -> str:
    """The id of the entity with this number: letters that sort as the numbers do."""
    rest, text = int(number), ""
    while rest:
        rest, letter = divmod(rest, 26)
        text = _LETTERS[letter] + text
    return f"{kind}_{text.rjust(24, 'a')}"


def number_of(id_: str) -> int:
    """The number again."""
    number = 0
    for letter in id_[4:]:
        number = number * 26 + _LETTERS.index(letter)
    return number


NAMES: Final = Names(id_of, number_of)


class OrderedSealer:
    """A real sealer but for the ids of entities, which sort as the published ones: rows equal in all else come in the same order."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def entity_id(self, kind: EntityKind, key: str) -> str:
        return id_of(kind.value, key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sealer, name)


class Published:
    """The store with the published graph."""

    def __init__(self, folder: Path, open_: Open) -> None:
        vault = Vault.open(folder / "keys.json")
        self.store: Any = open_(folder, lambda institution: OrderedSealer(vault.sealer(institution)), now)
        self.runner = asyncio.Runner()

    def load(self, folder: Path, *files: Path) -> Summary:
        mapping = load_mapping("finbench-oracle")
        job = ImportJob(mapping, find_files(files, mapping), BANK, NOW, folder / "imports", None, 20_000)
        return run_import(
            job, lambda source, facts: self.runner.run(self.store.record_bulk(BANK, source, facts)), lambda source, id_: False
        )

    def ask(self, question: Question[Any], moment: Moment = EVER) -> Answered[Any]:
        answered: Answered[Any] = self.runner.run(self.store.ask(BANK.id, question, moment, deadline=DEADLINE))
        return answered


@contextmanager
def published(folder: Path, open_: Open = sqlite) -> Iterator[Published]:
    """An empty store in the folder, closed at the end."""
    graph = Published(folder, open_)
    try:
        yield graph
    finally:
        graph.runner.run(graph.store.close())
        graph.runner.close()


def lines() -> list[dict[str, Any]]:
    """The reads with their results."""
    with gzip.open(COPY / "expected.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]
