"""How well names are found on lists, and how quickly: aggregate figures over the shared data, beside what they are compared with.

`python -m tests.bench identity`; the folder of the data is `RINGFENCE_BENCH_DATA`, or `../shared/data`. Recall is at the score that one
in a thousand ordinary names reaches; the baseline is rapidfuzz's token-set ratio on lower-case names in the same run.
"""

from __future__ import annotations

import csv
import random
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from opencc import OpenCC
from pypinyin import lazy_pinyin
from rapidfuzz import fuzz, process

from identity.lists.entries import Entry
from identity.lists.index import ListIndex, Query
from identity.lists.screening import THRESHOLD
from identity.names.comparing import likeness
from identity.names.forms import Name, NameKind
from tests.bench.material import needed
from tests.bench.report import spread, table

FALSE_POSITIVES: Final = 0.001
DRAWS: Final = 1_000
BASELINE_NEGATIVES: Final = 10_000

SURNAMES: Final = {
    "王": "Wang", "李": "Li", "张": "Zhang", "刘": "Liu", "陈": "Chen", "杨": "Yang", "赵": "Zhao", "黄": "Huang",
    "周": "Zhou", "吴": "Wu", "徐": "Xu", "孙": "Sun", "胡": "Hu", "朱": "Zhu", "高": "Gao", "林": "Lin",
    "何": "He", "郭": "Guo", "马": "Ma", "罗": "Luo", "梁": "Liang", "宋": "Song", "郑": "Zheng", "谢": "Xie",
    "韩": "Han", "唐": "Tang", "冯": "Feng", "于": "Yu", "董": "Dong", "萧": "Xiao", "程": "Cheng", "曹": "Cao",
    "单": "Shan", "曾": "Zeng", "仇": "Qiu", "解": "Xie", "查": "Zha", "区": "Ou", "朴": "Piao", "任": "Ren",
    "盖": "Ge", "缪": "Miao", "翟": "Zhai", "乐": "Yue", "尉迟": "Yuchi", "欧阳": "Ouyang", "司马": "Sima", "诸葛": "Zhuge",
    "万俟": "Moqi", "吕": "Lü", "覃": "Qin", "冼": "Xian",
}  # fmt: skip
"""Surnames with the reading that people use: written by hand, not by the code that is measured."""

GIVEN: Final = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建国文斌宇浩然子轩欣怡梓涵佳琪晓东海燕志鹏婷婷雪梅春凤龙飞云峰丰义发财宝庆"
)


def rows(path: Path) -> list[dict[str, str]]:
    """A CSV file's rows."""
    with path.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def at_false_positives(positives: Sequence[float], negatives: Sequence[float], rate: float) -> tuple[float, float]:
    """The score that `rate` of the negatives exceed, and the share of positives above it."""
    ordered = sorted(negatives, reverse=True)
    bound = ordered[min(len(ordered) - 1, int(rate * len(ordered)))]
    return bound, sum(score > bound for score in positives) / len(positives)


def interval(positives: Sequence[float], negatives: Sequence[float], rate: float) -> tuple[float, float]:
    """The 95% interval of the recall over draws of both sides."""
    drawn = np.random.default_rng(7)
    scores, others = np.asarray(positives), np.asarray(negatives)
    found = []
    for _ in range(DRAWS):
        bound = np.quantile(drawn.choice(others, len(others)), 1 - rate, method="higher")
        found.append(float((drawn.choice(scores, len(scores)) > bound).mean()))
    return round(float(np.quantile(found, 0.025)), 4), round(float(np.quantile(found, 0.975)), 4)


def screening() -> dict[str, object]:
    """Altered sanctioned names against the list of the unaltered ones, at the score that one in a thousand ordinary names reaches."""
    stem = "contrib_candidate_generation_benchmark_fixtures_"
    altered = [row["full_name"] for row in rows(needed() / "watchlist" / f"{stem}positives_un_treated.csv")]
    listed = [row["full_name"] for row in rows(needed() / "watchlist" / f"{stem}positives_un_untreated.csv")]
    ordinary = [row["full_name"] for row in rows(needed() / "watchlist" / f"{stem}negatives_global.csv")]
    index = ListIndex(Entry(str(number), NameKind.PERSON, name) for number, name in enumerate(listed))
    positives = []
    for number, name in enumerate(altered):
        hits = index.search(Query(name, NameKind.PERSON), 0.3)
        positives.append(max((hit.score for hit in hits if hit.entry.key == str(number)), default=0.0))
    started = time.perf_counter()
    negatives = [max((hit.score for hit in index.search(Query(name, NameKind.PERSON), 0.3, 1)), default=0.0) for name in ordinary]
    micros = (time.perf_counter() - started) / len(ordinary) * 1e6
    bound, recall = at_false_positives(positives, negatives, FALSE_POSITIVES)
    low, high = interval(positives, negatives, FALSE_POSITIVES)
    plain = [name.casefold() for name in listed]
    base_negatives = process.cdist([name.casefold() for name in ordinary[:BASELINE_NEGATIVES]], plain, scorer=fuzz.token_set_ratio).max(
        axis=1
    )
    base_positives = [fuzz.token_set_ratio(name.casefold(), right) for name, right in zip(altered, plain, strict=True)]
    _, base = at_false_positives(base_positives, base_negatives.tolist(), FALSE_POSITIVES)
    shipped = sum(score >= THRESHOLD for score in negatives) / len(negatives)
    found = {
        "positives": len(altered),
        "negatives": len(ordinary),
        "recall": round(recall, 4),
        "interval": [low, high],
        "score": round(bound, 4),
        "baseline": round(base, 4),
        "recall_at_shipped": round(sum(score >= THRESHOLD for score in positives) / len(positives), 4),
        "false_positives_at_shipped": round(shipped, 5),
        "microseconds": round(micros, 1),
    }
    table(
        f"Screening: {len(altered)} altered names, {len(ordinary):,} ordinary ones",
        [
            ("", "recall at 0.1% false positives"),
            ("Ringfence", f"{recall:.2%} ({low:.2%} to {high:.2%})"),
            ("token-set ratio", f"{base:.2%}"),
            (f"at the shipped score {THRESHOLD}", f"{found['recall_at_shipped']:.2%}, false positives {shipped:.3%}"),
        ],
    )
    return found


def best_f1(scores: Sequence[float], same: Sequence[bool], bound: float | None = None) -> tuple[float, float]:
    """F1 at a score, or at the best one; and that score."""
    bounds = sorted(set(scores)) if bound is None else [bound]
    found = []
    for chosen in bounds:
        hits = sum(score >= chosen and true for score, true in zip(scores, same, strict=True))
        said = sum(score >= chosen for score in scores)
        found.append((2 * hits / (said + sum(same)), chosen))
    return max(found)


def pairs() -> dict[str, object]:
    """Pairs of names that are one or not."""
    cases = rows(needed() / "name_bench" / "cases.csv")
    same = [row["is_match"] == "True" for row in cases]

    def ours(row: dict[str, str]) -> float:
        kind = NameKind.PERSON if row["schema"] == "Person" else NameKind.FIRM
        return likeness(Name.of(row["name1"], kind), Name.of(row["name2"], kind)).score

    def base(row: dict[str, str]) -> float:
        return fuzz.token_set_ratio(row["name1"].casefold(), row["name2"].casefold()) / 100

    mine, theirs = [ours(row) for row in cases], [base(row) for row in cases]
    shipped, (best, at) = best_f1(mine, same, THRESHOLD)[0], best_f1(mine, same)
    other, _ = best_f1(theirs, same)
    table(
        f"Pairs: {len(cases)} of name_bench",
        [
            ("", "F1", "AUC"),
            (f"Ringfence at the shipped score {THRESHOLD}", f"{shipped:.3f}", f"{auc(mine, same):.3f}"),
            (f"Ringfence at its best score {at:.3f}", f"{best:.3f}", ""),
            ("token-set ratio at its best", f"{other:.3f}", f"{auc(theirs, same):.3f}"),
            ("published", "0.790", ""),
        ],
    )
    return {
        "pairs": len(cases), "f1_at_shipped": round(shipped, 4), "f1_best": round(best, 4), "auc": round(auc(mine, same), 4),
        "baseline_f1": round(other, 4), "baseline_auc": round(auc(theirs, same), 4), "published_f1": 0.79,
    }  # fmt: skip


def auc(scores: Sequence[float], same: Sequence[bool]) -> float:
    """How often a pair that is one scores above a pair that is not."""
    yes = np.asarray([score for score, true in zip(scores, same, strict=True) if true])
    no = np.asarray([score for score, true in zip(scores, same, strict=True) if not true])
    return float((yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2)


def variants(surname: str, given: str) -> dict[str, str]:
    """Ways in which a Chinese name is written elsewhere."""
    reading = SURNAMES[surname]
    parts = [part.capitalize() for part in lazy_pinyin(given, v_to_u=True)]
    joined = "".join(parts).capitalize()
    plain = reading.replace("ü", "u")
    return {
        "traditional": OpenCC("s2t").convert(surname + given),
        "traditional of Hong Kong": OpenCC("s2hk").convert(surname + given),
        "spaced": f"{surname} {given}",
        "Zhang Sanfeng": f"{reading} {joined}",
        "Sanfeng Zhang": f"{joined} {reading}",
        "ZHANG, Sanfeng": f"{plain.upper()}, {joined}",
        "Zhang San Feng": f"{plain} {' '.join(parts)}",
        "Zhang San-feng": f"{plain} {'-'.join(parts).capitalize()}",
        "ZHANGSANFENG": f"{plain}{joined}".upper(),
        "Zhangsan Feng (slip of a space)": f"{plain}{parts[0].lower()} {''.join(parts[1:])}".strip(),
        "one letter lost": f"{plain} {joined[:-1]}" if len(joined) > 4 else f"{plain} {joined}",
    }


def chinese() -> dict[str, object]:
    """Chinese names written otherwise, against a list of them in simplified characters, and strangers with Chinese names."""
    drawn = random.Random(11)
    people = [(surname, "".join(drawn.sample(GIVEN, drawn.choice((1, 2, 2, 2))))) for surname in SURNAMES for _ in range(8)]
    index = ListIndex(Entry(f"{number}", NameKind.PERSON, surname + given) for number, (surname, given) in enumerate(people))
    by_variant: dict[str, list[bool]] = {}
    for number, (surname, given) in enumerate(people):
        for name, text in variants(surname, given).items():
            hits = index.search(Query(text, NameKind.PERSON), THRESHOLD)
            by_variant.setdefault(name, []).append(any(hit.entry.key == f"{number}" for hit in hits))
    listed = {surname + given for surname, given in people}
    strangers = ["".join((drawn.choice(list(SURNAMES)), *drawn.sample(GIVEN, 2))) for _ in range(2_000)]
    others = [name for name in strangers if name not in listed]
    wrong = sum(bool(index.search(Query(name, NameKind.PERSON), THRESHOLD)) for name in others) / len(others)
    total = sum(map(sum, by_variant.values())) / sum(map(len, by_variant.values()))
    shares = {name: round(sum(found) / len(found), 4) for name, found in by_variant.items()}
    lines = [(name, f"{share:.1%}") for name, share in shares.items()]
    table(
        f"Chinese names: {len(people)} on the list",
        [("variant", "found"), *lines, ("all", f"{total:.2%}"), ("strangers that match", f"{wrong:.2%}")],
    )
    return {
        "names": len(people),
        "found": round(total, 4),
        "by_variant": shares,
        "strangers": len(others),
        "strangers_that_match": round(wrong, 5),
    }


def speed(entries: int) -> dict[str, object]:
    """Microseconds of one screening against a list of so many entries, and what the index costs."""
    people = rows(needed() / "watchlist" / "contrib_candidate_generation_benchmark_fixtures_negatives_global.csv")
    drawn = random.Random(5)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    made = [
        Entry(f"{number}", NameKind.PERSON, f"{drawn.choice(people)['first_name']} {drawn.choice(people)['last_name']}")
        for number in range(entries)
    ]
    started = time.perf_counter()
    index = ListIndex(made)
    built = time.perf_counter() - started
    names = [row["full_name"] for row in drawn.sample(people, 1_000)]
    times = []
    for name in names:
        begun = time.perf_counter()
        index.search(Query(name, NameKind.PERSON), THRESHOLD)
        times.append((time.perf_counter() - begun) * 1e6)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"entries": entries, "build_seconds": round(built, 2), "megabytes": round(memory), "microseconds": spread(times)}


def main() -> dict[str, object]:
    """Run all parts, print them, and give the figures."""
    parts: dict[str, Callable[[], dict[str, object]]] = {"screening": screening, "pairs": pairs, "chinese": chinese}
    figures: dict[str, object] = {name: part() for name, part in parts.items()}
    speeds = [speed(entries) for entries in (10_000, 100_000)]
    table(
        "One screening",
        [
            ("entries", "built in", "memory", "p50", "p99"),
            *((f"{found['entries']:,}", f"{found['build_seconds']} s", f"{found['megabytes']} MB", *_times(found)) for found in speeds),
        ],
    )
    return {**figures, "speed": speeds}


def _times(found: dict[str, object]) -> tuple[str, str]:
    micros = found["microseconds"]
    assert isinstance(micros, dict)
    return f"{micros['p50']:,.0f} µs", f"{micros['p99']:,.0f} µs"
