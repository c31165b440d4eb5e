"""How a benchmark says what it found: a table for people, a JSON file for machines."""

from __future__ import annotations

import json
import platform
import statistics
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / ".bench"


def percentile(values: Sequence[float], part: float) -> float:
    """The value below which `part` (0 to 1) of the values lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile, largest and mean of some times, in milliseconds with three decimals."""
    return {
        "p50": round(percentile(milliseconds, 0.5), 3),
        "p99": round(percentile(milliseconds, 0.99), 3),
        "max": round(max(milliseconds), 3),
        "mean": round(statistics.fmean(milliseconds), 3),
    }


def write(name: str, figures: dict[str, object]) -> None:
    """Keep the figures in `.bench/NAME.json`, with the machine they are from."""
    FOLDER.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "system": platform.system(), "processor": platform.machine()}
    (FOLDER / f"{name}.json").write_text(json.dumps({"name": name, "machine": machine, "figures": figures}, indent=2) + "\n")


def table(title: str, rows: Sequence[Sequence[object]]) -> None:
    """Print rows in columns."""
    print(f"\n{title}")
    widths = [max(len(str(row[column])) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print(
            "  "
            + "  ".join(
                str(cell).rjust(width) if column else str(cell).ljust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
