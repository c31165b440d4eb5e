"""Facts as JSON Lines in the shape of the API's `FactInput`, a file for each source, and beside each the mapping that reads it back."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from api.cli.exporting.folder import ExportFolder
from api.cli.options import PROGRAM
from graph.encoding import encode_fact
from graph.importing.own_shape import mapping_of
from graph.model import Instant, Institution
from graph.normalising import LONGEST_KEY
from graph.store import BulkStore, KeptFact

PAGE: Final = 5_000
"""Facts read at once."""

FOLDER: Final = "facts"

_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 - written as UTC below
_MOMENTS: Final = frozenset({"openedAt"})
_UNFIT: Final = re.compile("[^a-z0-9._-]")


def export_facts(
    graph: BulkStore, institution: Institution, folder: ExportFolder, tell: Callable[[int, int], None], *, personal: bool
) -> dict[str, str]:
    """Write all facts that are kept now and give the file of each source; `tell` is given the place reached and the last one."""
    names: dict[str, str] = {}
    with asyncio.Runner() as runner:
        last, after = runner.run(graph.newest_fact(institution.id)), 0
        while after < last:
            page = runner.run(graph.kept_facts(institution.id, after=after, first=PAGE, clear=personal))
            for kept in page:
                if kept.place <= last:
                    _write(folder, names, kept, institution.currency)
            after = page[-1].place if page else last
            tell(min(after, last), last)
    return {source: f"{name}.jsonl" for source, name in names.items()}


def _write(folder: ExportFolder, names: dict[str, str], kept: KeptFact, currency: str) -> None:
    name = names.get(kept.source)
    if name is None:
        name = names[kept.source] = f"{FOLDER}/{len(names) + 1:04d}-{_UNFIT.sub('_', kept.source)}"
        folder.text(f"{name}.yaml", mapping_of(kept.source))
    raw = encode_fact(kept.fact, currency)
    assert kept.fact.recorded_at is not None, "what is kept says when it was recorded"
    times = {"occurredAt": written(kept.fact.occurred_at), "knownAt": written(kept.fact.recorded_at)}
    folder.line(f"{name}.jsonl", {"id": _fitting(raw["id"]), **times, "content": _spoken(raw["content"])})


def _fitting(source_id: str) -> str:
    """An id that an import takes: an application's own may be longer than what others may send, and ends in a hash of all that it says."""
    return source_id if len(source_id) <= LONGEST_KEY else f"application:{source_id.rpartition(':')[2]}"


def _spoken(content: Any) -> Any:  # noqa: ANN401 - what a raw fact holds
    """Moments as texts and amounts as strings of digits, as the API speaks."""
    if not isinstance(content, dict):
        return content
    spoken = {name: written(inner) if name in _MOMENTS else _spoken(inner) for name, inner in content.items()}
    if spoken.keys() == {"amount", "currency"}:
        spoken["amount"] = str(spoken["amount"])
    return spoken


def written(moment: Instant) -> str:
    """A moment as RFC 3339 in UTC, to the millisecond."""
    return f"{(_EPOCH + timedelta(milliseconds=moment)).isoformat(timespec='milliseconds')}Z"


def read_back(names: dict[str, str], out: str = ".", program: str = PROGRAM) -> str:
    """The command that reads the facts of a source back; of the first, as an example."""
    first = f"{out}/{next(iter(names.values()), f'{FOLDER}/0001-SOURCE.jsonl')}".removeprefix("./").removesuffix(".jsonl")
    return f"{program} import {shlex.quote(first + '.jsonl')} --mapping {shlex.quote(first + '.yaml')} --institution ID"
