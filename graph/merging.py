"""The fold: what a set of facts says at a moment. Pure, and the measure of every store (design §3).

A fact is *known* when it was recorded by `known_at`, and *stands* when it is known, occurred by `at`, and no withdrawal of it is known.
The picture depends on the set of facts alone: not on their order, repetition or split into batches. Where the fine print leaves
a choice, these rules make it:

- *Latest* is the greatest (`occurred_at`, source, fact id), texts compared by code points. Each described field has its own
  latest; an application's fields (merchant, applicant, requested, term_days, applied_at) come together from the latest application.
- A withdrawal acts from its own `recorded_at` on, whenever it occurred; of several the earliest acts. A withdrawal of a withdrawal
  does nothing.
- A tie is there when an observation of it stands; `ended_at` is the first standing end at or after its last observation, so
  that an end wins at one moment. Ends alone name their entities and make no tie. `share` is the latest one said.
- Reports of one key count once, from the first of them that stands; its `recorded_at` is the earliest among them. A reversal hides
  the transfer from the reversal's `occurred_at` on, whichever was recorded first. Reports of one key that say different things conflict
  when at some moment of recorded time both would be known and not withdrawn: so a withdrawn transfer's key may be used again.
- An application that names no applicant is its owner's: of the merchant's owners whose tie holds at the application's `occurred_at`,
  by what is known at the moment, the one with the largest share (none said: 0), then the earliest `first_at`, then the lowest id;
  without one, the merchant's. It names that owner no more than an outcome names its merchant.
- An outcome other than FRAUD_CONFIRMED and FRAUD_RULED_OUT is a loan's state and says nothing of anybody's honesty; these two say a
  standing, of the loan and of merchant and applicant of each standing application of it, and no state.
- A tie of an entity with itself is listed, but neither walked nor counted in reach and degrees.
- Totals stop at 2^63 - 1.
- `paid_out` is the sum of the pay-outs that stand, None without one; `balance` and `amount_lent` are as described.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

from graph.contents import (
    AccountDescribed,
    ApplicationMade,
    BlockChanged,
    Content,
    DeviceDescribed,
    FactWithdrawn,
    LoanDescribed,
    LoanPaidOut,
    LoanRepaid,
    MerchantDescribed,
    OutcomeKnown,
    PersonDescribed,
    PlaceSeen,
    StandingKnown,
    TieEnded,
    TieObserved,
    TransferMade,
    TransferReversed,
)
from graph.ids import tie_id
from graph.knowing import Identify, Known, Rank, key_of, named, withdrawals
from graph.masking import label, name_label
from graph.model import (
    KEYED_KINDS,
    MONEY_TIES,
    Entity,
    EntityKind,
    EntityName,
    FieldValue,
    Instant,
    LoanState,
    Moment,
    Standing,
    Tie,
    TieKind,
    Transfer,
)
from graph.weighing import weight

MAXIMUM_TOTAL: Final = 2**63 - 1

OUTCOME_STANDINGS: Final = {"FRAUD_CONFIRMED": Standing.CONFIRMED_FRAUD, "FRAUD_RULED_OUT": Standing.CLEARED}

SEEN_WITH: Final = (
    ("device", TieKind.USES_DEVICE),
    ("ip_address", TieKind.CONNECTS_FROM),
    ("phone", TieKind.REACHED_AT),
    ("email", TieKind.REACHED_AT),
    ("place", TieKind.LOCATED_AT),
    ("pay_out_account", TieKind.HOLDS),
)
"""What an application ties to its applicant (semantics 7)."""


class Observation(NamedTuple):
    """One saying that a tie was seen, or has ended."""

    at: Instant
    source: str
    source_id: str
    ended: bool
    share: float | None = None
    recorded_at: Instant = 0
    amount: int | None = None


class TieFold(NamedTuple):
    """What the observations of one tie say together."""

    first_at: Instant
    last_at: Instant
    recorded_at: Instant
    ended_at: Instant | None
    times: int
    total: int | None
    share: float | None


@dataclass(frozen=True, slots=True)
class Picture:
    """All that facts say at a moment."""

    entities: Mapping[str, Entity]
    """By id; personal fields are in clear."""
    ties: Mapping[str, Tie]
    """By id; ended ones included."""
    transfers: tuple[Transfer, ...]
    """Those that stand, in no order."""
    standing: tuple[Known, ...]
    """The facts that stand, in no order."""


def fold(facts: Iterable[Known], moment: Moment, identify: Identify) -> Picture:
    """What these facts say at the moment."""
    return _Fold(facts, moment, identify).picture()


def fold_tie(observations: Iterable[Observation]) -> TieFold | None:
    """What these observations and ends say of one tie; None when none of them saw it."""
    said = list(observations)
    seen = [one for one in said if not one.ended]
    if not seen:
        return None
    last_at = max(one.at for one in seen)
    shares = [(one.at, one.source, one.source_id, one.share) for one in seen if one.share is not None]
    amounts = [one.amount for one in seen if one.amount is not None]
    return TieFold(
        min(one.at for one in seen), last_at, min(one.recorded_at for one in seen),
        min((one.at for one in said if one.ended and one.at >= last_at), default=None),
        len(seen), min(sum(amounts), MAXIMUM_TOTAL) if amounts else None, max(shares)[3] if shares else None,
    )  # fmt: skip


def choose_owner(said: Mapping[str, Iterable[Observation]]) -> str | None:
    """Of owners by id, with all that is said of their owning, the one who stands for an applicant left out."""
    best: tuple[float, Instant, str] | None = None
    for owner, observations in said.items():
        tie = fold_tie(observations)
        if tie is not None and tie.ended_at is None:
            this = (-(tie.share or 0.0), tie.first_at, owner)
            best = this if best is None else min(best, this)
    return None if best is None else best[2]


class _Fold:
    """The fold under way."""

    def __init__(self, facts: Iterable[Known], moment: Moment, identify: Identify) -> None:
        given = list(facts)
        known = [one for one in given if one.recorded_at <= moment.known_at]
        self.names = {identify(name): name for one in given for name in named(one.fact) if name.key is not None}
        """What each entity is named by, whichever fact says so: an id stands for its key."""
        gone = withdrawals(known)
        self.identify = identify
        self.standing = [
            one for one in known
            if one.fact.occurred_at <= moment.at
            and not isinstance(one.fact.content, FactWithdrawn)
            and (one.source, one.fact.source_id) not in gone
        ]  # fmt: skip
        self.observations: dict[tuple[TieKind, str, str], list[Observation]] = defaultdict(list)
        self.said: dict[str, list[tuple[Rank, str, object]]] = defaultdict(list)
        """Of each entity: rank, field (or `standing`, `blocked`, `application`), value."""
        self.transfers: list[Transfer] = []

    def picture(self) -> Picture:
        """The picture."""
        for one in self.standing:
            content = one.fact.content
            if isinstance(content, TieObserved | TieEnded):
                share = content.share if isinstance(content, TieObserved) else None
                ended = isinstance(content, TieEnded)
                self._observe(one, content.tie_kind, self.identify(content.from_), self.identify(content.to), share=share, ended=ended)
            else:
                self._describe(one)
            for place in (*one.fact.places, *([content.place] if isinstance(content, ApplicationMade) and content.place else [])):
                seen = {"address": place.address, "country": place.country, "latitude": place.latitude, "longitude": place.longitude}
                self._say(one, self.identify(place.place), seen)
        self._flow()
        self._apply()
        ties, reach = self._ties()
        return Picture(self._entities(reach, ties), {tie.id: tie for tie in ties}, tuple(self.transfers), tuple(self.standing))

    def _observe(
        self, one: Known, kind: TieKind, from_: str, to: str, *, share: float | None = None, ended: bool = False,
        amount: int | None = None, recorded_at: Instant | None = None,
    ) -> None:  # fmt: skip
        recorded = one.recorded_at if recorded_at is None else recorded_at
        self.observations[kind, from_, to].append(Observation(*one.rank, ended, share, recorded, amount))

    def _say(self, one: Known, entity: str, values: Mapping[str, object]) -> None:
        self.said[entity] += [(one.rank, field, value) for field, value in values.items() if value is not None]

    def _describe(self, one: Known) -> None:
        """What a fact says by itself of an entity."""
        content = one.fact.content
        if isinstance(content, MerchantDescribed | PersonDescribed | AccountDescribed | DeviceDescribed | LoanDescribed):
            subject, *described = fields(content)
            self._say(one, self.identify(getattr(content, subject.name)), {field.name: getattr(content, field.name) for field in described})
        elif isinstance(content, StandingKnown):
            self._say(one, self.identify(content.entity), {"standing": content.standing})
        elif isinstance(content, BlockChanged):
            self._say(one, self.identify(content.entity), {"blocked": content.blocked})
        elif isinstance(content, OutcomeKnown):
            standing = OUTCOME_STANDINGS.get(content.outcome)
            self._say(one, self.identify(content.loan), {"state": content.outcome} if standing is None else {"standing": standing})

    def _flow(self) -> None:
        """Transfers, pay-outs and repayments: each key once."""
        reversed_ = {one.fact.content.key for one in self.standing if isinstance(one.fact.content, TransferReversed)}
        reports: dict[tuple[type[Content], str], list[Known]] = defaultdict(list)
        for one in self.standing:
            if (key := key_of(one.fact.content)) is not None:
                reports[key].append(one)
        for (_, name), same in reports.items():
            one, recorded_at = same[0], min(report.recorded_at for report in same)
            content = one.fact.content
            if isinstance(content, TransferMade) and name not in reversed_:
                from_, to = self.identify(content.from_), self.identify(content.to)
                self._observe(one, TieKind.PAYS, from_, to, amount=content.amount, recorded_at=recorded_at)
                self.transfers.append(Transfer(from_, to, content.amount, content.transfer_kind, one.fact.occurred_at, recorded_at))
            elif isinstance(content, LoanPaidOut | LoanRepaid):
                loan, account = self.identify(content.loan), self.identify(content.account)
                kind, ends = (
                    (TieKind.PAID_OUT_TO, (loan, account)) if isinstance(content, LoanPaidOut) else (TieKind.REPAYS, (account, loan))
                )
                self._observe(one, kind, *ends, amount=content.amount, recorded_at=recorded_at)

    def _apply(self) -> None:
        """Applications, with owners for applicants left out, and what outcomes say of merchants and applicants."""
        outcomes: dict[str, list[Known]] = defaultdict(list)
        for one in self.standing:
            if isinstance(one.fact.content, OutcomeKnown) and one.fact.content.outcome in OUTCOME_STANDINGS:
                outcomes[self.identify(one.fact.content.loan)].append(one)
        for one in self.standing:
            content = one.fact.content
            if not isinstance(content, ApplicationMade):
                continue
            merchant, loan = self.identify(content.merchant), self.identify(content.loan)
            applicant = self._applicant(one, content, merchant)
            who = applicant or merchant
            for end in {who, merchant}:
                self._observe(one, TieKind.APPLIED_FOR, end, loan)
            for field, kind in SEEN_WITH:
                value = getattr(content, field)
                if value is not None:
                    self._observe(one, kind, who, self.identify(value.place if isinstance(value, PlaceSeen) else value))
            values = {"merchant": merchant, "applicant": applicant, "requested": content.amount, "term_days": content.term_days}
            self._say(one, loan, {"application": values | {"applied_at": one.fact.occurred_at}})
            for outcome in outcomes[loan]:
                assert isinstance(outcome.fact.content, OutcomeKnown)
                for entity in {who, merchant}:
                    self._say(outcome, entity, {"standing": OUTCOME_STANDINGS[outcome.fact.content.outcome]})

    def _applicant(self, one: Known, content: ApplicationMade, merchant: str) -> str | None:
        """Who applied: the applicant named, or the owner that the schema names."""
        if content.applicant is not None:
            return self.identify(content.applicant)
        return choose_owner(
            {from_: [o for o in said if o.at <= one.fact.occurred_at]
             for (kind, from_, to), said in self.observations.items() if kind is TieKind.OWNS and to == merchant}
        )  # fmt: skip

    def _ties(self) -> tuple[list[Tie], dict[str, int]]:
        """All ties with their weights, and everybody's reach."""
        folds = {key: tie for key, said in self.observations.items() if (tie := fold_tie(said)) is not None}
        degrees: dict[tuple[TieKind, bool, str, str], int] = defaultdict(int)
        tied: dict[str, set[str]] = defaultdict(set)
        for (kind, from_, to), tie in folds.items():
            if tie.ended_at is None and from_ != to:
                degrees[kind, False, from_, to[:3]] += 1
                degrees[kind, True, to, from_[:3]] += 1
                tied[from_].add(to)
                tied[to].add(from_)
        return [
            Tie(
                tie_id(kind, from_, to), kind, from_, to,
                weight(kind, degrees[kind, False, from_, to[:3]], degrees[kind, True, to, from_[:3]]),
                tie.first_at, tie.last_at, tie.recorded_at, tie.ended_at, tie.times, tie.total if kind in MONEY_TIES else None, tie.share,
            )
            for (kind, from_, to), tie in folds.items()
        ], {entity: len(others) for entity, others in tied.items()}  # fmt: skip

    def _entities(self, reach: Mapping[str, int], ties: Iterable[Tie]) -> dict[str, Entity]:
        """All entities that a standing fact names."""
        paid_out: dict[str, int] = defaultdict(int)
        for tie in ties:
            if tie.kind is TieKind.PAID_OUT_TO:
                paid_out[tie.from_id] += tie.total or 0
        moments: dict[str, list[Instant]] = defaultdict(list)
        for one in self.standing:
            for id_ in {self.identify(name) for name in named(one.fact)}:
                moments[id_].append(one.fact.occurred_at)
        return {id_: self._entity(id_, self.names[id_], at, reach.get(id_, 0), paid_out.get(id_)) for id_, at in moments.items()}

    def _entity(self, id_: str, name: EntityName, at: list[Instant], reach: int, paid_out: int | None) -> Entity:
        """One entity with what is said of it."""
        said = {field: value for _, field, value in sorted(self.said.get(id_, ()), key=lambda one: one[0])}
        blocked, standing = bool(said.pop("blocked", False)), said.pop("standing", Standing.CLEAR)
        assert isinstance(standing, Standing)
        application = said.pop("application", {})
        assert isinstance(application, dict)
        described = {field: value for field, value in (said | application).items() if isinstance(value, str | int | float)}
        shown = _label(name, described)
        extra = _loan_fields(paid_out) if name.kind is EntityKind.LOAN else _value_fields(name)
        key = name.key if name.kind in KEYED_KINDS else None
        return Entity(id_, name.kind, key, shown, min(at), max(at), blocked, standing, reach, extra | described)


def _label(name: EntityName, described: Mapping[str, FieldValue]) -> str:
    """The label of a merchant by its name, of a person by the masked name, of all others by key or value."""
    assert name.key is not None, "an entity that was named has a key"
    reported = described.get("name")
    if isinstance(reported, str) and name.kind in (EntityKind.MERCHANT, EntityKind.PERSON):
        return reported if name.kind is EntityKind.MERCHANT else name_label(reported)
    return label(name.kind, name.key)


def _loan_fields(paid_out: int | None) -> dict[str, FieldValue]:
    """A loan's state without an outcome, and what was paid out."""
    state = LoanState.APPLIED if paid_out is None else LoanState.PAID_OUT
    fields_: dict[str, FieldValue] = {"state": state.value}
    return fields_ if paid_out is None else fields_ | {"paid_out": paid_out}


def _value_fields(name: EntityName) -> dict[str, FieldValue]:
    """The field by which an entity known by its value shows it, and what a document's key says in clear."""
    assert name.key is not None, "an entity that was named has a key"
    if name.kind is EntityKind.DOCUMENT:
        document_kind, issued_by = name.key.split(":")[:2]
        return {"document_kind": document_kind, "issued_by": issued_by}
    field = VALUE_FIELDS.get(name.kind)
    return {} if field is None else {field: name.key}


VALUE_FIELDS: Final = {
    EntityKind.ACCOUNT: "number",
    EntityKind.DEVICE: "fingerprint",
    EntityKind.PHONE: "number",
    EntityKind.EMAIL: "address",
    EntityKind.IP_ADDRESS: "address",
}
"""By which field an entity known by its value shows it; a place shows its address as reported, a document its number to nobody."""
