"""What became of every row and every fact of an import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from graph.store import FactResult, Recorded, Repeated


@dataclass(slots=True)
class FileCount:
    """One file's rows and facts. `rows = made + silent + rejected` and `facts = recorded + repeated + refused`, always."""

    file: str
    rows: int = 0
    """Rows read; empty lines are none."""
    earlier: int = 0
    """Of these, the rows that an interrupted run had done."""
    made: int = 0
    """Rows that made facts."""
    silent: int = 0
    """Rows of which the mapping's conditions make no fact."""
    rejected: int = 0
    """Rows that could not be read or mapped, or made a fact that is wrong."""
    facts: int = 0
    recorded: int = 0
    """Facts that are new in the graph."""
    repeated: int = 0
    """Facts that the graph had, such as those that an interrupted run recorded last."""
    refused: int = 0
    """Facts that the graph refused: another content under the same id, or an id of nothing."""

    def count(self, results: Sequence[FactResult]) -> None:
        """Add what became of facts."""
        self.facts += len(results)
        for result in results:
            if isinstance(result, Recorded):
                self.recorded += 1
            elif isinstance(result, Repeated):
                self.repeated += 1
            else:
                self.refused += 1

    @property
    def adds_up(self) -> bool:
        """Whether every row and every fact is accounted for."""
        return self.rows == self.made + self.silent + self.rejected and self.facts == self.recorded + self.repeated + self.refused


@dataclass(slots=True)
class Summary:
    """What became of an import, file by file."""

    files: list[FileCount]
    rejects: Path | None = None
    """Where what did not go in is; None when all went in."""

    @property
    def total(self) -> FileCount:
        """All files together."""
        total = FileCount("total")
        for field in fields(FileCount)[1:]:
            setattr(total, field.name, sum(getattr(count, field.name) for count in self.files))
        return total

    @property
    def whole(self) -> bool:
        """Whether every row went in."""
        return self.total.rejected == self.total.refused == 0

    def sentences(self) -> list[str]:
        """The whole in sentences that account for every row and fact."""
        total = self.total
        assert all(count.adds_up for count in self.files), "every row and fact is accounted for"
        files = "1 file" if len(self.files) == 1 else f"{len(self.files)} files"
        earlier = f", {total.earlier:,} of them in an interrupted run before this one" if total.earlier else ""
        rows = f"{total.made:,} made facts, {total.silent:,} make none by the mapping, {total.rejected:,} were rejected"
        facts = f"{total.recorded:,} were recorded, {total.repeated:,} were there already, {total.refused:,} were refused"
        return [f"Read {total.rows:,} rows of {files}{earlier}: {rows}.", f"Of {total.facts:,} facts {facts}."]

    def as_dict(self) -> dict[str, object]:
        """For JSON: `files` and `total`."""
        return {"files": [asdict(count) for count in self.files], "total": asdict(self.total)}
