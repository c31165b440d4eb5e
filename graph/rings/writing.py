"""Rings as Parquet: one file of rings, one of their members."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from graph.rings.finding import Rings

_MOMENT: Final = pa.timestamp("ms", tz="UTC")
RINGS: Final = pa.schema(
    [
        pa.field("ring", pa.string(), nullable=False),
        pa.field("actors", pa.int32(), nullable=False),
        pa.field("members", pa.int32(), nullable=False),
        pa.field("pairs", pa.int32(), nullable=False),
        pa.field("bits", pa.float64(), nullable=False),
        pa.field("density", pa.float64(), nullable=False),
        pa.field("kinds", pa.list_(pa.string()), nullable=False),
        pa.field("since", _MOMENT, nullable=False),
    ]
)
MEMBERS: Final = pa.schema(
    [
        pa.field("ring", pa.string(), nullable=False),
        pa.field("entity", pa.string(), nullable=False),
        pa.field("bits", pa.float64(), nullable=False),
        pa.field("because", pa.list_(pa.string()), nullable=False),
        pa.field("since", _MOMENT, nullable=False),
    ]
)


def write_rings(rings: Rings, folder: Path) -> None:
    """Write `rings.parquet` and `members.parquet`; the file's metadata names the version of the weights.

    The folder is made when it is not there. Raises `FileExistsError` when one of the files is, before anything is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "rings.parquet", folder / "members.parquet"
    for path in paths:
        if path.exists():
            raise FileExistsError(17, "it is there already", str(path))
    said = {b"weights": rings.weights.encode()}
    some = [
        {
            "ring": ring.id, "actors": ring.actors, "members": len(ring.members), "pairs": ring.pairs, "bits": ring.bits,
            "density": ring.density, "kinds": [kind.value for kind in ring.kinds], "since": ring.since,
        }
        for ring in rings.rings
    ]  # fmt: skip
    members = [
        {
            "ring": ring.id, "entity": member.entity, "bits": member.weight / 1_000,
            "because": [kind.value for kind in member.because], "since": member.since,
        }
        for ring in rings.rings
        for member in ring.members
    ]  # fmt: skip
    pq.write_table(pa.Table.from_pylist(some, RINGS.with_metadata(said)), paths[0])
    pq.write_table(pa.Table.from_pylist(members, MEMBERS.with_metadata(said)), paths[1])
