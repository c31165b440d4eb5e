"""What looks at images, measured: fields by level of damage, faces beside the plain library, one among many.

`python -m tests.bench identity` reads the folder that RINGFENCE_BENCH_DATA names (`documents/`, `faces/`): it is not part of the
project, only aggregate figures leave it.
"""

from __future__ import annotations

import asyncio
import csv
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from identity.faces.matching import DIMENSIONS
from identity.faces.searching import FaceIndex
from identity.worker import ReadingPool
from tests.bench.material import needed
from tests.bench.report import spread, table

FIELDS = {
    "id_front": {"name": "name", "sex": "sex", "ethnicity": "ethnicity", "birth": "born_on", "address": "address", "number": "number"},
    "licence": {"number": "number", "name": "name", "owner": "legal_representative", "address": "address",
                "est": "established_on", "scope": "scope"},
}  # fmt: skip
LEVELS = ("clean", "mild", "heavy")
RATES = (0.01, 0.001, 0.0001)
DRAWS = 500
VECTORS = 1_000_000


def memory(pid: int) -> float:
    """The most memory that a process held, in MB."""
    text = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in text.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


async def read_documents(data: Path) -> dict[str, Any]:
    """Fields read and exact, numbers exact, by kind and level; milliseconds; memory of the processes."""
    right: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    times: list[float] = []
    async with ReadingPool() as pool:
        for truth in json.loads((data / "truth.json").read_text()):
            begin = time.perf_counter()
            read = await pool.read_document((data / truth["path"]).read_bytes())
            times.append((time.perf_counter() - begin) * 1000)
            for told, name in FIELDS[truth["type"]].items():
                key = f"{truth['type']} {LEVELS[truth['level']]}"
                field = read.reading.fields.get(name)
                hit = field is not None and field.text == truth[told]
                for part in (key, *(("numbers",) if name == "number" else ())):
                    asked[part] += 1
                    right[part] += hit
        held = [memory(pid) for pid in pool.pids]
    return {
        "exact": {key: [right[key], asked[key]] for key in sorted(asked)},
        "milliseconds": spread(times[1:]),
        "first": times[0],
        "mb": held,
    }


def encoded(paths: Sequence[Path], encode: Callable[[Path], Sequence[float] | None]) -> tuple[dict[Path, Any], list[float]]:
    """A template for each photograph, None where no face was found, and the milliseconds of each."""
    made: dict[Path, Any] = {}
    times = []
    for path in paths:
        begin = time.perf_counter()
        template = encode(path)
        times.append((time.perf_counter() - begin) * 1000)
        made[path] = None if template is None else np.array(template)
    return made, times


def plain(path: Path) -> Sequence[float] | None:
    """face_recognition as its manual uses it: the first face's encoding."""
    import face_recognition

    found = face_recognition.face_encodings(face_recognition.load_image_file(str(path)))
    return found[0].tolist() if found else None


def ours(path: Path) -> Sequence[float] | None:
    """What a worker makes of a live photograph."""
    from PIL import Image

    from identity.faces.encoding import read_faces

    with Image.open(path) as picture:
        return read_faces(np.array(picture.convert("RGB"))).template


def missed(same: Any, other: Any, rate: float) -> tuple[float, float]:
    """The distance within which at most `rate` of the other pairs come, and the share of same pairs beyond it."""
    threshold = float(np.sort(other)[int(rate * len(other))])
    return threshold, float(np.mean(same >= threshold))


def face_pairs(data: Path, encode: Callable[[Path], Sequence[float] | None]) -> dict[str, Any]:
    """Missed pairs at each rate of false matches, with 95% intervals from a bootstrap over people; milliseconds of a photograph."""
    with (data / "index.csv").open() as file:
        people = {row["path"]: row["identity"] for row in csv.DictReader(file)}
    with (data / "pairs.csv").open() as file:
        pairs = list(csv.DictReader(file))
    templates, times = encoded([data / path for path in people], encode)
    names = sorted(set(people.values()))
    apart = np.array([distance(templates[data / pair["a"]], templates[data / pair["b"]]) for pair in pairs])
    same = np.array([pair["same"] == "1" for pair in pairs])
    one, two = (np.array([names.index(people[pair[side]]) for pair in pairs]) for side in "ab")
    figures: dict[str, Any] = {"pairs": [int(same.sum()), int((~same).sum())], "milliseconds": spread(times[1:])}
    chance = np.random.default_rng(5)
    draws = defaultdict(list)
    for _ in range(DRAWS):
        weights = np.bincount(chance.integers(len(names), size=len(names)), minlength=len(names))
        count = np.where(same, weights[one], weights[one] * weights[two])
        again = np.repeat(apart, count)
        genuine = np.repeat(same, count)
        if genuine.any() and not genuine.all():
            for rate in RATES:
                draws[rate].append(missed(again[genuine], again[~genuine], rate)[1])
    for rate in RATES:
        threshold, share = missed(apart[same], apart[~same], rate)
        figures[f"at 1 in {round(1 / rate):,}"] = [threshold, share, *np.quantile(draws[rate], [0.025, 0.975]).tolist()]
    figures["table"] = rate_table(apart[~same])
    return figures


def distance(one: Any, other: Any) -> float:
    """Euclidean distance; 9 where a face was not found, so that it never matches."""
    return 9.0 if one is None or other is None else float(np.linalg.norm(one - other))


def rate_table(strangers: Any) -> list[tuple[float, float]]:
    """Distance and rate: counted down to 1 in 500, below by the straight line of the normal tail through what was counted."""
    from statistics import NormalDist

    ordered = np.sort(strangers[strangers < 9])
    shares = [0.05, 0.02, 0.01, 0.005, 0.002]
    points = [(float(ordered[int(share * len(ordered))]), share) for share in shares]
    normal = NormalDist()
    slope, base = np.polyfit([normal.inv_cdf(share) for _, share in points], [at for at, _ in points], 1)
    tail = [(float(base + slope * normal.inv_cdf(share)), share) for share in (1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9)]
    return sorted(points + tail)


def many() -> dict[str, Any]:
    """One among a million: milliseconds of an exact search, and whether it found what is there."""
    chance = np.random.default_rng(3)
    centre = chance.normal(0, 0.09, DIMENSIONS)
    index = FaceIndex()
    begin = time.perf_counter()
    for start in range(0, VECTORS, 50_000):
        block = (centre + chance.normal(0, 0.05, (50_000, DIMENSIONS))).astype(np.float32)
        index.add((f"s{start + row}", vector) for row, vector in enumerate(block))
        if start == 0:
            kept = block[:100].copy()
    loading = time.perf_counter() - begin
    times, found = [], 0
    for row, vector in enumerate(kept):
        begin = time.perf_counter()
        near = index.search(vector + chance.normal(0, 0.01, DIMENSIONS), rate=0.5)
        times.append((time.perf_counter() - begin) * 1000)
        found += bool(near) and near[0][0] == f"s{row}"
    return {"vectors": len(index), "seconds to fill": round(loading, 1), "found": [found, len(kept)], "milliseconds": spread(times)}


def main() -> dict[str, Any]:
    """Measure, print, and give the figures."""
    data = needed()
    documents = asyncio.run(read_documents(data / "documents"))
    rows: list[Sequence[object]] = [("read exactly", "of", "share")]
    rows += [(key, f"{right}/{asked}", f"{right / asked:.1%}") for key, (right, asked) in documents["exact"].items()]
    table("Fields of documents", rows)
    held = [round(mb) for mb in documents["mb"]]
    print(f"  {documents['milliseconds']} ms a document; first {documents['first']:.0f} ms; processes held {held} MB")
    pairs = {"plain library": face_pairs(data / "faces", plain), "ours": face_pairs(data / "faces", ours)}
    rows = [("missed pairs (95% interval)", *(f"1 in {round(1 / rate):,}" for rate in RATES), "ms p50")]
    for name, figures in pairs.items():
        cells = [figures[f"at 1 in {round(1 / rate):,}"] for rate in RATES]
        rows.append((name, *(f"{c[1]:.1%} ({c[2]:.1%} to {c[3]:.1%}) at {c[0]:.3f}" for c in cells), figures["milliseconds"]["p50"]))
    table("Faces", rows)
    print("  distances and rates:", [(round(at, 3), rate) for at, rate in pairs["ours"]["table"]])
    found = many()
    times = found["milliseconds"]
    heads = ("vectors", "filled in s", "found", "ms p50", "ms p99")
    table("One face among many", [heads, (found["vectors"], found["seconds to fill"], found["found"], times["p50"], times["p99"])])
    return {"documents": documents, "pairs": pairs, "many": found}
