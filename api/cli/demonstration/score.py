"""What the verdicts are worth, by the labels: rings caught and missed, innocent groups refused, speed and cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from api.cli.demonstration.traffic import Decided, Sent
from rules.evaluation.population.simulation import Label

SHOWN = ("DECLINE", "REFER", "APPROVE")
"""Verdicts in the order in which a decision of each is shown."""

STOPPED = frozenset({"REFER", "DECLINE"})
"""Verdicts after which nobody is paid at once."""


@dataclass(frozen=True, slots=True)
class GroupLine:
    """Verdicts on one group's applications."""

    group: str
    fraud: bool
    """Whether it is a kind of ring."""
    merchants: int
    applied: int
    approved: int
    referred: int
    declined: int


@dataclass(frozen=True, slots=True)
class RingLine:
    """What became of one ring."""

    ring: str
    group: str
    members: int
    applied: int
    stopped: int
    """Applications referred or declined."""
    before_first_approval: int
    """Applications stopped before the first of them was approved, and so paid out; all that were stopped when none was."""
    caught: bool
    """At least half of its applications were stopped before any was approved, and so paid out."""
    half_stopped: bool
    """At least half were stopped, early or late."""


@dataclass(frozen=True, slots=True)
class Score:
    """All that the table shows."""

    groups: tuple[GroupLine, ...]
    rings: tuple[RingLine, ...]
    seen_p50: float
    """Milliseconds as the client saw it; so are the next two."""
    seen_p95: float
    seen_p99: float
    total_p50: float
    """Milliseconds as the server says; so is the next."""
    total_p99: float
    per_second: float
    """Decisions a second while any was on its way."""
    cpu: float
    """Mean milliseconds of processor time a decision."""
    micros: float
    """Mean cost of a decision in millionths of `currency`, at the price of a processor hour."""
    currency: str
    degraded: int
    decisions: int

    @property
    def missed(self) -> tuple[str, ...]:
        """Names of rings that were not caught."""
        return tuple(ring.ring for ring in self.rings if not ring.caught)

    @property
    def innocent_stopped(self) -> tuple[int, int, int]:
        """Innocent applications, and of these the referred and the declined."""
        innocent = [line for line in self.groups if not line.fraud]
        return sum(line.applied for line in innocent), sum(line.referred for line in innocent), sum(line.declined for line in innocent)

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        applied, referred, declined = self.innocent_stopped
        summary = {
            "rings": len(self.rings),
            "rings_caught": len(self.rings) - len(self.missed),
            "rings_half_stopped": sum(ring.half_stopped for ring in self.rings),
            "rings_missed": list(self.missed),
            "innocent_applications": applied,
            "innocent_referred": referred,
            "innocent_declined": declined,
        }
        return {"summary": summary, **asdict(self)}


def scored(sent: Sent, labels: Sequence[Label], processor_hour_micros: int) -> Score:
    """Compare the verdicts with who is who. Every decided merchant has a label; a processor hour costs that much."""
    decisions = sorted(sent.decisions, key=lambda one: (one.at, one.id))
    label_of = {label.merchant: label for label in labels}
    by_group: dict[str, list[Decided]] = defaultdict(list)
    by_ring: dict[str, list[Decided]] = defaultdict(list)
    for one in decisions:
        label = label_of[one.merchant]
        by_group[label.group].append(one)
        if label.ring:
            by_ring[label.ring].append(one)
    seen, total = sorted(one.seen for one in decisions), sorted(one.total for one in decisions)
    count = max(1, len(decisions))
    cpu = sum(one.cpu for one in decisions) / count
    return Score(
        groups=tuple(_groups(labels, by_group)),
        rings=tuple(_rings(labels, by_ring)),
        seen_p50=percentile(seen, 50),
        seen_p95=percentile(seen, 95),
        seen_p99=percentile(seen, 99),
        total_p50=percentile(total, 50),
        total_p99=percentile(total, 99),
        per_second=len(decisions) / sent.deciding if sent.deciding else 0.0,
        cpu=cpu,
        micros=cpu / 3_600_000 * processor_hour_micros,
        currency=decisions[0].currency if decisions else "",
        degraded=sum(one.degraded for one in decisions),
        decisions=len(decisions),
    )


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the sorted values that this part of them do not exceed; 0 for none."""
    return values[min(len(values) - 1, max(0, -(-len(values) * int(percent) // 100) - 1))] if values else 0.0


def worth_showing(sent: Sent, labels: Sequence[Label]) -> tuple[Decided, ...]:
    """The decision of each verdict to look at first, the refusal before the others; none of a verdict that was not given.

    Of the stopped a ring's merchant, a farm's before others; of the approved an innocent; with many reasons and rich evidence.
    """
    label_of = {label.merchant: label for label in labels}

    def worth(one: Decided) -> tuple[bool, bool, int, int, str]:
        label = label_of[one.merchant]
        just = (label.ring is not None) is (one.verdict in STOPPED)
        return just, label.group == "device_farm", min(len(one.reasons), 5), min(one.entities, 30), one.id

    best = (max((one for one in sent.decisions if one.verdict == verdict), key=worth, default=None) for verdict in SHOWN)
    return tuple(one for one in best if one is not None)


def _groups(labels: Iterable[Label], by_group: dict[str, list[Decided]]) -> Iterable[GroupLine]:
    members: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        members[label.group].append(label)
    for group in sorted(members, key=lambda group: (any(label.ring for label in members[group]), group)):
        found = by_group.get(group, [])
        verdicts = [one.verdict for one in found]
        yield GroupLine(
            group=group,
            fraud=any(label.ring for label in members[group]),
            merchants=len(members[group]),
            applied=len(found),
            approved=verdicts.count("APPROVE"),
            referred=verdicts.count("REFER"),
            declined=verdicts.count("DECLINE"),
        )


def _rings(labels: Iterable[Label], by_ring: dict[str, list[Decided]]) -> Iterable[RingLine]:
    members: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        if label.ring:
            members[label.ring].append(label)
    for ring in sorted(members):
        found = by_ring.get(ring, [])
        before = 0
        for one in found:
            if one.verdict not in STOPPED:
                break
            before += 1
        stopped = sum(one.verdict in STOPPED for one in found)
        half = (len(found) + 1) // 2
        yield RingLine(
            ring, members[ring][0].group, len(members[ring]), len(found), stopped, before,
            caught=bool(found) and before >= half, half_stopped=bool(found) and stopped >= half,
        )  # fmt: skip
