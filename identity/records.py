"""Verifications in the records: functions that take a Connection, to be run in short transactions of one institution."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Connection, LargeBinary, and_, case, func, insert, literal, or_, select, update

from graph.model import Instant
from identity.errors import StaleVersion
from identity.model import CheckResult, EvidenceKind, Outcome
from identity.tables import evidence as given_table
from identity.tables import verifications as table
from identity.verification import STEP_OF, Given, Purpose, State, StepKind, move

MOST_EVIDENCE: Final = 24
"""Pieces of evidence of one verification."""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """What one check said, whether it must pass, and how long it ran in milliseconds."""

    result: CheckResult
    required: bool
    took: float


@dataclass(frozen=True, slots=True)
class Kept:
    """A verification as it is kept."""

    id: str
    subject: str
    kind: str
    state: State
    version: int
    policy: str
    policy_version: int
    asked: tuple[tuple[StepKind, Instant], ...]
    """Steps that staff asked for anew, each with the moment."""
    checks: tuple[CheckRun, ...]
    opened_by: str
    opened_at: Instant
    changed_at: Instant
    expires_at: Instant | None
    due_at: Instant | None
    verified_at: Instant | None
    conclusion: bytes | None
    faces: int | None = None
    """People with this face, the subject included; None without a face."""

    def at(self, now: Instant) -> Kept:
        """As it stands at a moment: evidence that did not come in time makes it expire, whenever that is written."""
        late = self.state is State.WAITING_FOR_EVIDENCE and self.expires_at is not None and self.expires_at <= now
        return replace(self, state=State.EXPIRED) if late else self


@dataclass(frozen=True, slots=True)
class Evidence:
    """A piece of evidence as it is kept; `content` and `image` are sealed under the subject's key."""

    id: str
    verification: str
    subject: str
    kind: EvidenceKind
    purpose: str | None
    positive: bool | None
    content: bytes | None
    image: bytes | None
    width: int | None
    height: int | None
    added_at: Instant
    added_by: str
    retained_until: Instant | None


@dataclass(frozen=True, slots=True)
class Query:
    """Which verifications, newest first."""

    first: int
    after: str | None = None
    """`opened_at.id` of the last one seen."""
    states: frozenset[State] | None = None
    subjects: tuple[str, ...] | None = None
    opened_after: Instant | None = None


def add(connection: Connection, institution: str, kept: Kept) -> None:
    """Keep a new verification."""
    connection.execute(insert(table).values(institution=institution, **_row(kept)))


def save(connection: Connection, institution: str, before: Kept, after: Kept) -> Kept:
    """Keep a change, one version on. Raises `StaleVersion` when it changed since `before` was read."""
    if after.state is not before.state:
        move(before.state, after.state)
    changed = replace(after, version=before.version + 1)
    here = and_(table.c.institution == institution, table.c.id == before.id, table.c.version == before.version)
    if connection.execute(update(table).where(here).values(**_row(changed))).rowcount != 1:
        current = connection.execute(select(table.c.version).where(table.c.institution == institution, table.c.id == before.id)).scalar()
        raise StaleVersion(before.version if current is None else int(current))
    return changed


def _row(kept: Kept) -> dict[str, Any]:
    checks = [
        [one.result.code, one.result.outcome, one.result.sentence, one.result.measured, one.result.threshold,
         one.result.false_match_rate, one.required, one.took]
        for one in kept.checks
    ]  # fmt: skip
    return {
        "id": kept.id, "subject": kept.subject, "kind": kept.kind, "state": kept.state.value, "version": kept.version,
        "policy": kept.policy, "policy_version": kept.policy_version, "asked": orjson.dumps(kept.asked).decode(),
        "checks": orjson.dumps(checks).decode(), "opened_by": kept.opened_by, "opened_at": kept.opened_at, "changed_at": kept.changed_at,
        "expires_at": kept.expires_at, "due_at": kept.due_at, "verified_at": kept.verified_at, "conclusion": kept.conclusion,
        "faces": kept.faces,
    }  # fmt: skip


def _kept(row: Any) -> Kept:  # noqa: ANN401 - a row of the table
    runs = tuple(
        CheckRun(CheckResult(code, Outcome(outcome), sentence, measured, threshold, rate), required, took)
        for code, outcome, sentence, measured, threshold, rate, required, took in orjson.loads(row.checks)
    )
    asked = tuple((StepKind(kind), int(at)) for kind, at in orjson.loads(row.asked))
    return Kept(
        row.id, row.subject, row.kind, State(row.state), row.version, row.policy, row.policy_version, asked, runs,
        row.opened_by, row.opened_at, row.changed_at, row.expires_at, row.due_at, row.verified_at, row.conclusion, row.faces,
    )  # fmt: skip


def verification(connection: Connection, institution: str, id: str, *, held: bool = False) -> Kept | None:
    """A verification; None when there is none by this id. `held`: nobody else changes it until the transaction ends."""
    asked = select(table).where(table.c.institution == institution, table.c.id == id)
    row = connection.execute(asked.with_for_update() if held else asked).first()
    return None if row is None else _kept(row)


def running(connection: Connection, institution: str, subject: str, now: Instant) -> Kept | None:
    """The verification of a subject that something may still be done in; None when there is none."""
    newest = newest_of(connection, institution, [subject]).get(subject)
    if newest is None or newest.at(now).state in {State.VERIFIED, State.REJECTED, State.EXPIRED}:
        return None
    return newest


def newest_of(connection: Connection, institution: str, subjects: Sequence[str], until: Instant | None = None) -> dict[str, Kept]:
    """The newest verification of each subject that has one, opened until a moment."""
    here = and_(table.c.institution == institution, table.c.subject.in_(subjects))
    if until is not None:
        here = and_(here, table.c.opened_at <= until)
    rows = connection.execute(select(table).where(here).order_by(table.c.opened_at, table.c.id)).all()
    return {row.subject: _kept(row) for row in rows}


def listed(connection: Connection, institution: str, query: Query, now: Instant) -> tuple[list[Kept], bool]:
    """Verifications, newest first, and whether more follow."""
    conditions: list[ColumnElement[bool]] = [table.c.institution == institution]
    if query.subjects is not None:
        conditions.append(table.c.subject.in_(query.subjects))
    if query.opened_after is not None:
        conditions.append(table.c.opened_at > query.opened_after)
    if query.states is not None:
        conditions.append(_in_states(query.states, now))
    if query.after is not None:
        at, id_ = query.after.split(".", 1)
        conditions.append(or_(table.c.opened_at < int(at), and_(table.c.opened_at == int(at), table.c.id < id_)))
    asked = select(table).where(*conditions).order_by(table.c.opened_at.desc(), table.c.id.desc()).limit(query.first + 1)
    rows = connection.execute(asked).all()
    return [_kept(row) for row in rows[: query.first]], len(rows) > query.first


def _in_states(states: frozenset[State], now: Instant) -> ColumnElement[bool]:
    """Verifications that stand in one of these states now; what waits past its end has expired."""
    waits = State.WAITING_FOR_EVIDENCE
    late = and_(table.c.state == waits.value, table.c.expires_at <= now)
    plain = table.c.state.in_([state.value for state in states - {waits}])
    found: list[ColumnElement[bool]] = [plain]
    if waits in states:
        found.append(and_(table.c.state == waits.value, or_(table.c.expires_at.is_(None), table.c.expires_at > now)))
    if State.EXPIRED in states:
        found.append(late)
    return or_(*found)


def place_of(kept: Kept) -> str:
    """Where a verification stands in a list."""
    return f"{kept.opened_at}.{kept.id}"


def late(connection: Connection, institution: str, now: Instant, most: int = 100) -> list[Kept]:
    """Verifications whose evidence did not come in time and that nobody wrote so yet."""
    here = and_(table.c.institution == institution, table.c.state == State.WAITING_FOR_EVIDENCE.value, table.c.expires_at <= now)
    return [_kept(row) for row in connection.execute(select(table).where(here).order_by(table.c.expires_at).limit(most)).all()]


def counts_by_state(connection: Connection, institution: str) -> Mapping[str, int]:
    """How many verifications stand in each state, as last written."""
    asked = select(table.c.state, func.count()).where(table.c.institution == institution).group_by(table.c.state)
    return {str(state): int(count) for state, count in connection.execute(asked).all()}


def add_evidence(connection: Connection, institution: str, piece: Evidence) -> None:
    """Keep a piece of evidence."""
    values = {name: getattr(piece, name) for name in Evidence.__slots__}
    connection.execute(insert(given_table).values(institution=institution, **{**values, "kind": piece.kind.value}))


def note_read(connection: Connection, institution: str, id: str, content: bytes) -> None:
    """What was read from an image of evidence, sealed."""
    here = and_(given_table.c.institution == institution, given_table.c.id == id)
    connection.execute(update(given_table).where(here).values(content=content))


WITHOUT_IMAGES: Final = (
    *(column for column in given_table.c if column.name != "image"),
    case((given_table.c.image.is_not(None), literal(b"", LargeBinary)), else_=None).label("image"),
)
"""Columns of evidence; an image that is there is empty instead of read."""


def evidence_of(connection: Connection, institution: str, verification_id: str, *, images: bool = False) -> list[Evidence]:
    """The evidence of a verification in the order given; images are left out unless asked for."""
    here = and_(given_table.c.institution == institution, given_table.c.verification == verification_id)
    columns = tuple(given_table.c) if images else WITHOUT_IMAGES
    rows = connection.execute(select(*columns).where(here).order_by(given_table.c.added_at, given_table.c.id))
    return [_evidence(row) for row in rows.all()]


def forget_images(connection: Connection, institution: str, now: Instant, most: int = 100) -> int:
    """Remove images that were kept as long as they may be; what was read from them stays. Gives how many."""
    t = given_table.c
    old = select(t.id).where(t.institution == institution, t.retained_until <= now, t.image.is_not(None)).limit(most)
    here = and_(t.institution == institution, t.id.in_(old))
    return connection.execute(update(given_table).where(here).values(image=None, width=None, height=None)).rowcount


def evidence_by_id(connection: Connection, institution: str, id: str) -> Evidence | None:
    """A piece of evidence with its image."""
    row = connection.execute(select(given_table).where(given_table.c.institution == institution, given_table.c.id == id)).first()
    return None if row is None else _evidence(row)


def _evidence(row: Any) -> Evidence:  # noqa: ANN401 - a row of the table
    values = {name: getattr(row, name) for name in Evidence.__slots__}
    return Evidence(**{**values, "kind": EvidenceKind(row.kind)})


def given(kept: Kept, pieces: Sequence[Evidence]) -> Given:
    """What was given, in the words of the policy."""
    steps = {(STEP_OF.get(piece.kind), piece.added_at) for piece in pieces}
    asked = tuple(kind for kind, at in kept.asked if not any(step is kind and added > at for step, added in steps))
    return Given(
        kinds=frozenset(piece.kind for piece in pieces if piece.kind is not EvidenceKind.CONTACT_CODE or piece.positive),
        consents=frozenset(Purpose(piece.purpose) for piece in pieces if piece.kind is EvidenceKind.CONSENT and piece.purpose),
        visited=any(piece.kind is EvidenceKind.FIELD_VISIT and piece.positive for piece in pieces),
        asked=asked,
    )
