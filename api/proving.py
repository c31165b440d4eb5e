"""Compares stored decisions with what the audit chain says of them: the chain proves itself, and by its digests each decision.

A decision's entry has the digest of everything that was written of it, but for `replaced_by`, which a later decision on the same loan sets;
that and the lines by which reason codes are found follow from the decisions themselves. Entries of earlier versions have the digest of the
judgement alone, and prove that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Connection, Row, func, select

from api.audit import BrokenChain, digest
from api.tables import audit_entries
from rules.tables import decision_reasons, decisions

ASSESSED: Final = "loan assessed"
DECIDED_AGAIN: Final = "loan decided again"
DECIDING: Final = frozenset({ASSESSED, DECIDED_AGAIN})
"""Actions whose entries have a decision for their first subject and its fingerprint for their digest."""

CHUNK: Final = 500
"""Decisions read at once."""

PLAIN: Final = (
    "id", "institution", "loan", "merchant", "applicant", "verdict", "degraded", "at", "known_at", "decided_at",
    "strategy", "strategy_name", "strategy_version", "inputs_hash", "timing", "cpu", "read", "micros",
)  # fmt: skip
"""Columns of a decision that JSON can hold."""


def fingerprint(row: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of what is written of a decision, but for what replaced it."""
    found = hashlib.sha256(orjson.dumps([row[name] for name in PLAIN]))
    for name in ("judgement", "dossier"):
        found.update(b"\0")
        found.update(row[name])
    return found.hexdigest()


class Comparison:
    """Holds the decisions of one institution against its chain, page by page; `end` is called after the last."""

    def __init__(self, connection: Connection, institution: str) -> None:
        self._connection = connection
        self._institution = institution
        self._mine = decisions.c.institution == institution
        self._reasons = 0
        self.compared = 0
        """Decisions that are as their entries say."""

    def page(self, entries: Sequence[Row[Any]]) -> None:
        """Compare the decisions that these entries of a whole chain note. Raises `BrokenChain`, naming the first that is not as it was."""
        noted = [(entry.subjects.split(" ", 1)[0], entry) for entry in entries if entry.action in DECIDING]
        for start in range(0, len(noted), CHUNK):
            chunk = noted[start : start + CHUNK]
            stored = self._stored([id_ for id_, _ in chunk])
            for id_, entry in chunk:
                self._compare(id_, entry, stored.get(id_))

    def end(self) -> int:
        """How many decisions were compared; raises `BrokenChain` for one that no entry notes and for what does not follow from them."""
        kept = select(func.count()).select_from(decisions).where(self._mine)
        if (count := int(self._connection.execute(kept).scalar_one())) != self.compared:
            raise BrokenChain(f"{count} decisions of {self._institution} are stored and {self.compared} noted: {self._unnoted()}")
        self._check_replacing()
        self._check_reasons()
        return self.compared

    def _stored(self, ids: Sequence[str]) -> dict[str, dict[str, Any] | None]:
        """What is stored under these ids; None for what cannot even be read: SQLite keeps values of any type in any column."""
        rows = self._connection.execute(select(decisions).where(decisions.c.id.in_(ids), self._mine)).mappings()
        try:
            return {str(row["id"]): {str(name): value for name, value in row.items()} for row in rows}
        except (TypeError, ValueError):
            return {ids[0]: None} if len(ids) == 1 else {id_: row for one in ids for id_, row in self._stored([one]).items()}

    def _compare(self, id_: str, entry: Row[Any], row: dict[str, Any] | None) -> None:
        if row is None and id_ not in self._stored([id_]):
            raise BrokenChain(f"Decision {id_} of {self._institution}, which audit entry {entry.sequence} notes, is missing.")
        try:
            same = row is not None and entry.digest in (fingerprint(row), digest(row["judgement"]))
        except (TypeError, ValueError):
            same = False
        if row is None or not same:
            raise BrokenChain(
                f"Decision {id_} of {self._institution} was changed: it is not the one that audit entry {entry.sequence} notes."
            )
        self._reasons += len(_codes(row["judgement"]))
        self.compared += 1

    def _unnoted(self) -> str:
        """Which decision no entry notes; looked for only where there is one."""
        entries = select(audit_entries.c.subjects).where(
            audit_entries.c.institution == self._institution, audit_entries.c.action.in_(DECIDING)
        )
        noted = {subjects.split(" ", 1)[0] for subjects in self._connection.execute(entries).scalars()}
        ids = self._connection.execute(select(decisions.c.id).where(self._mine).order_by(decisions.c.id)).scalars()
        found = next((id_ for id_ in ids if id_ not in noted), None)
        return "one is noted twice." if found is None else f"no audit entry notes decision {found}."

    def _check_replacing(self) -> None:
        """Of each loan's decisions one stands, and each other is replaced by one of them."""
        open_ends = func.count() - func.count(decisions.c.replaced_by)
        loans = select(decisions.c.loan).where(self._mine).group_by(decisions.c.loan).having(open_ends != 1)
        loan = self._connection.execute(loans.limit(1)).scalar()
        if loan is not None:
            raise BrokenChain(f"Of the decisions on loan {loan} of {self._institution} not one stands: `replaced_by` was changed.")
        other = decisions.alias()
        same_loan = (other.c.institution == decisions.c.institution) & (other.c.loan == decisions.c.loan)
        found = select(other.c.id).where(other.c.id == decisions.c.replaced_by, other.c.id != decisions.c.id, same_loan).exists()
        id_ = self._connection.execute(
            select(decisions.c.id).where(self._mine, decisions.c.replaced_by.is_not(None), ~found).limit(1)
        ).scalar()
        if id_ is not None:
            raise BrokenChain(f"Decision {id_} of {self._institution} is replaced by none on the same loan: `replaced_by` was changed.")

    def _check_reasons(self) -> None:
        """The lines of reason codes are those of the judgements."""
        lines = select(decision_reasons, decisions.c.judgement, decisions.c.decided_at.label("of"))
        lines = lines.join(decisions, decisions.c.id == decision_reasons.c.decision, isouter=True)
        count = 0
        lines = lines.where(decision_reasons.c.institution == self._institution)
        for line in self._connection.execute(lines, execution_options={"yield_per": CHUNK}):
            if line.judgement is None or line.code not in _codes(line.judgement) or line.decided_at != line.of:
                raise BrokenChain(
                    f"Decision {line.decision} of {self._institution} has no reason {line.code}: its line was added or changed."
                )
            count += 1
        if count != self._reasons:
            raise BrokenChain(
                f"The decisions of {self._institution} have {self._reasons} reasons and {count} lines of them: some were removed."
            )


def _codes(judgement: bytes) -> set[str]:
    """Codes of a judgement's reasons."""
    return {reason["code"] for reason in orjson.loads(judgement)["reasons"]}
