"""Decisions to draw: a device farm of any size around one application, with or without reasons, and hostile names."""

from __future__ import annotations

from dataclasses import replace

from api.context import Principal, Role
from graph.model import (
    Entity,
    EntityKind,
    Institution,
    LoanState,
    Moment,
    Neighbour,
    Neighbourhood,
    Receipts,
    Standing,
    Surroundings,
    Tie,
    TieKind,
    Transfer,
    TransferKind,
    Truncation,
    TruncationCause,
)
from rules.model import (
    Application,
    Decision,
    DecisionSource,
    DegradedCause,
    Dossier,
    History,
    Judgement,
    Observed,
    Reason,
    Rule,
    RuleEffect,
    Strategy,
    Timing,
    Unread,
    Verdict,
)

AT = 1_793_452_800_000
DAY = 86_400_000
BANK = Institution("rural-bank", "CNY", "Asia/Shanghai")
STRATEGY = Strategy("str_one", "default", 1, (Rule("r", "R", "true", "r"),), refer_at=50, decline_at=100)


def principal(*roles: Role) -> Principal:
    return Principal("pri_one", "Li Analyst", frozenset(roles), BANK, "Rural Bank", service=False)


class Sketch:
    """A neighbourhood drawn by hand: entities by short name, ties between them."""

    def __init__(self) -> None:
        self.neighbours: list[Neighbour] = []
        self.ties: list[Tie] = []

    def entity(self, name: str, kind: EntityKind, distance: int, label: str, **fields: object) -> str:
        own = f"{kind.value}_{name}"
        strength = float(fields.pop("strength", 0.5))  # type: ignore[arg-type]
        entity = Entity(own, kind, None, label, AT - 60 * DAY, AT - DAY, **fields)  # type: ignore[arg-type]
        self.neighbours.append(Neighbour(entity, distance, strength))
        return own

    def tie(self, kind: TieKind, start: str, end: str, weight: float = 0.5, count: int = 3) -> str:
        own = f"tie_{len(self.ties):03d}"
        self.ties.append(Tie(own, kind, start, end, weight, AT - 50 * DAY, AT - DAY, AT - 50 * DAY, None, count))
        return own

    def hood(self, centre: str, truncation: Truncation | None) -> Neighbourhood:
        near = sorted(self.neighbours, key=lambda one: (one.distance, -one.strength, one.entity.id))
        return Neighbourhood(centre, Moment(AT, AT + 5), tuple(near), tuple(self.ties), truncation)


def farm(members: int = 8, *, merchant: str = "王记牛肉面", degraded: bool = False, bystanders: int = 0) -> Decision:
    """A farm whose devices and line lead to `members` other merchants, two of them confirmed frauds; bystanders share a market's Wi-Fi."""
    sketch = Sketch()
    loan = sketch.entity("l", EntityKind.LOAN, 0, "L4829754", fields={"state": LoanState.APPLIED, "requested": 8_000_000}, strength=1.0)
    own = sketch.entity("m", EntityKind.MERCHANT, 1, merchant, reach=9, strength=1.0)
    applicant = sketch.entity("p", EntityKind.PERSON, 1, "王**", reach=6, strength=1.0)
    sketch.tie(TieKind.APPLIED_FOR, own, loan, 1.0, 1)
    sketch.tie(TieKind.APPLIED_FOR, applicant, loan, 1.0, 1)
    sketch.tie(TieKind.OWNS, applicant, own, 1.0, 1)
    sketch.tie(TieKind.GUARANTEES, applicant, own, 0.7, 1)
    devices = [sketch.entity(f"d{n}", EntityKind.DEVICE, 2, f"****c{n}7a", reach=members // 2 + 2, strength=0.8 - n / 10) for n in range(2)]
    line = sketch.entity("ip", EntityKind.IP_ADDRESS, 2, "100.64.*.*", reach=members + bystanders + 1, strength=0.2)
    account = _identifiers(sketch, applicant)
    shared = [sketch.tie(TieKind.USES_DEVICE, own, device, 0.35, 14) for device in devices]
    lines = [sketch.tie(TieKind.CONNECTS_FROM, own, line, 0.06, 5)]
    sketch.tie(TieKind.USES_DEVICE, applicant, devices[0], 0.35, 1)
    others, frauds, fraud_ties = [], [], []
    for number in range(members):
        fraud = number < 2
        standing = Standing.CONFIRMED_FRAUD if fraud else Standing.CLEAR
        other = sketch.entity(f"m{number:02d}", EntityKind.MERCHANT, 3, f"顺达便民超市{number}", standing=standing, strength=0.3, reach=5)
        tie = sketch.tie(TieKind.USES_DEVICE, other, devices[number % 2], 0.35, 9)
        shared.append(tie)
        lines.append(sketch.tie(TieKind.CONNECTS_FROM, other, line, 0.06, 4))
        others.append(other)
        if fraud:
            frauds.append(other)
            fraud_ties.append(tie)
            lost = sketch.entity(
                f"l{number}", EntityKind.LOAN, 4, f"L77{number}", fields={"state": LoanState.DEFAULTED, "requested": 3_000_000}
            )
            fraud_ties.append(sketch.tie(TieKind.APPLIED_FOR, other, lost, 1.0, 1))
    for number in range(bystanders):
        other = sketch.entity(f"b{number:02d}", EntityKind.MERCHANT, 3, f"农贸市场{number}号摊位", strength=0.01, reach=4)
        sketch.tie(TieKind.CONNECTS_FROM, other, line, 0.03, 2)
    reasons = (
        _reason("FRAUD_NEARBY", "A confirmed fraud is 2 ties away, through a device that 5 merchants share.", RuleEffect.DECLINE, 60,
                [*frauds, devices[0]], [*fraud_ties, shared[0]]),
        _reason("DEVICES_SHARED", f"{members} other merchants came to its devices within 3 days of it.", RuleEffect.SCORE, 45,
                [*devices, *others][:10], shared[:20]),
        _reason("LINE_SHARED", "Its applications come from a line of many.", RuleEffect.SCORE, 10, [line], lines[:20]),
        _reason("OLD_CUSTOMER", "It has been a customer for more than a year.", RuleEffect.SCORE, -10, [own], []),
    )  # fmt: skip
    hood = sketch.hood(loan, Truncation((TruncationCause.TIES_PER_ENTITY,), 41))
    receipts = Receipts(200, 3_000_000, 500, 9_000_000, 44, 800_000, 0, 700_000, AT - 60 * DAY, AT - DAY, 500, complete=True)
    judgement = Judgement(
        Verdict.DECLINE, None, 105, reasons,
        (Observed("device_shared", 7.4, "7.4 companies"), Observed("receipts_30", 3_000_000, "¥30,000")),
        degraded={DecisionSource.RECORDS: ("declines_earlier",)} if degraded else {},
        evidence_entities=tuple(one.entity.id for one in hood.neighbours), evidence_ties=tuple(tie.id for tie in hood.ties),
    )  # fmt: skip
    unread = (Unread(DecisionSource.RECORDS, DegradedCause.TIMED_OUT, 99.6),) if degraded else ()
    asked = Application(loan, "L4829754", own, applicant, 8_000_000, "CNY", 180, AT)
    return Decision(
        "dec_one", "rural-bank", judgement,
        Dossier(asked, AT + 5, Surroundings(hood, (account,), (), receipts), None if degraded else History(0, 0), unread),
        "str_one", "default", 1, "ab" * 32, AT + 900, Timing(12.4, 3.1, 2.2, 1.5, 0.4, 4.9), 5.3, 188, 442,
    )  # fmt: skip


def _identifiers(sketch: Sketch, applicant: str) -> str:
    """The applicant's own phone, account, document and place; gives the account."""
    phone = sketch.entity("ph", EntityKind.PHONE, 2, "138****8000", reach=2, strength=0.9)
    account = sketch.entity("a", EntityKind.ACCOUNT, 2, "****4493", reach=2, strength=0.9)
    document = sketch.entity("id", EntityKind.DOCUMENT, 2, "****188X", reach=1, strength=0.9)
    place = sketch.entity("pl", EntityKind.PLACE, 2, "浙江***, CN", reach=1, strength=0.9)
    for kind, to in ((TieKind.REACHED_AT, phone), (TieKind.HOLDS, account), (TieKind.IDENTIFIED_BY, document), (TieKind.LOCATED_AT, place)):
        sketch.tie(kind, applicant, to, 0.9, 1)
    return account


def mule() -> Decision:
    """A merchant whose account five strangers pay into, and which sends all of it on to the owner's account."""
    decision = farm(2)
    around = decision.dossier.surroundings
    assert around is not None
    till = "acc_till"
    entity = Entity(till, EntityKind.ACCOUNT, None, "****0219", AT - 60 * DAY, AT, reach=7)
    hood = replace(around.neighbourhood, neighbours=(*around.neighbourhood.neighbours, Neighbour(entity, 2, 0.9)))
    moved = [Transfer(f"acc_{number}", till, 1_000_000, TransferKind.TRANSFER, AT - DAY, AT) for number in range(5)]
    moved.append(Transfer(till, "acc_a", 4_800_000, TransferKind.TRANSFER, AT - DAY, AT))
    moved.append(Transfer("acc_x", "acc_y", 9_900_000, TransferKind.TRANSFER, AT - DAY, AT))
    reason = Reason("MULE_ACCOUNT", "97% left within six hours.", "mule", RuleEffect.SCORE, 60, (), (till, "acc_a"), ())
    judgement = replace(decision.judgement, reasons=(reason,), evidence_entities=(*decision.judgement.evidence_entities, till))
    return replace(
        decision,
        judgement=judgement,
        dossier=replace(decision.dossier, surroundings=replace(around, neighbourhood=hood, flows=tuple(moved))),
    )


def _reason(code: str, sentence: str, effect: RuleEffect, points: int, entities: list[str], ties: list[str]) -> Reason:
    observed = (Observed("device_shared", 7.4, "7.4 companies"),) if code == "DEVICES_SHARED" else ()
    return Reason(code, sentence, code.lower(), effect, points, observed, tuple(entities), tuple(ties))
