"""Whether the derived rows on a server are those that its facts make: each institution's are laid in a file and compared there.

Only a range of rows is in memory at a time; the files are removed again. The server is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from graph.sealing import Sealers
from graph.stores.neo4j.connecting import Address
from graph.stores.neo4j.lifting import Lifting
from graph.stores.sqlite.checking import EXAMPLES, Checked, Difference, check_rows
from graph.stores.sqlite.rebuilding import Tell


def check_server(address: Address, folder: Path, sealers: Sealers, silence: float, tell: Tell = lambda _done, _all: None) -> Checked:
    """Compare all derived rows of a deployment on a server with what its facts make, in files in the folder.

    `silence`: seconds that a silent server may cost. Raises `GraphUnavailable`, also when facts come in meanwhile.
    """
    with Lifting(address, silence) as lifting:
        begun = lifting.institutions()
        all_, found, done = sum(last for *_, last in begun), [], 0
        for id_, number, check, last in begun:
            read, derived = _halves(tell, done, last, all_)
            found.append(check_rows(folder, id_, check, lifting.rows(number, read), sealers, derived))
            done += last
    return _together(found)


def _halves(tell: Tell, before: int, last: int, all_: int) -> tuple[Callable[[int], None], Tell]:
    """Reading an institution's facts is half of its work, and deriving from them the other."""

    def read(some: int) -> None:
        tell(before + some // 2, all_)

    def derived(some: int, _: int) -> None:
        tell(before + min(last + some, 2 * last) // 2, all_)

    return read, derived


def _together(several: Iterable[Checked]) -> Checked:
    """What checks of several institutions found, as one."""
    found = list(several)
    by_table: dict[str, list[Difference]] = {}
    for one in found:
        for difference in one.differences:
            by_table.setdefault(difference.table, []).append(difference)
    differences = tuple(
        Difference(
            table,
            sum(one.missing for one in some),
            sum(one.surplus for one in some),
            sum(one.stale for one in some),
            tuple(example for one in some for example in one.examples)[:EXAMPLES],
        )
        for table, some in by_table.items()
    )
    return Checked(sum(one.facts for one in found), sum(one.rows for one in found), differences)
