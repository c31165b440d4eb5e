"""One call's facts written in one transaction, under the institution's lock."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Sequence
from typing import Any

from graph.model import Instant
from graph.sealing import Sealers
from graph.store import Erased, Recorded, Recording, Refused
from graph.stores.neo4j.catalogue import institutions, recording
from graph.stores.neo4j.erasing import ErasableServer
from graph.stores.neo4j.expecting import expect
from graph.stores.neo4j.filing import ServerTables
from graph.stores.neo4j.transacting import Transaction
from graph.stores.shared.encoding import Prepared
from graph.stores.shared.erasing import erase
from graph.stores.shared.institutions import WrongKeys, check_value
from graph.stores.shared.ledger import Sequences
from graph.stores.shared.recording import Batch, touched


class Recorder:
    """Writes facts of a deployment's institutions, each with its own keys."""

    def __init__(self, deployment: str, sealers: Sealers, now: Callable[[], Instant], waiting: float) -> None:
        """`waiting`: seconds that a call may wait for another's lock."""
        self._deployment = deployment
        self._sealers = sealers
        self._now = now
        self._waiting = waiting
        self.known: dict[str, int] = {}
        """Numbers of institutions that were read, which never change."""

    def apply(
        self, transaction: Transaction, number: int, institution: str, source: str, facts: Sequence[Prepared], together: bool
    ) -> Recording:
        """One call's facts under the institution's lock."""
        sealer = self._sealers(institution)
        tables = ServerTables(transaction, number, source)
        check, last, *lasts = tables.foresee(*touched(facts, source, sealer), expect(facts))
        compare(check, check_value(sealer))
        recorded_at = max(self._now(), last + 1)
        sequences = Sequences(dict(zip(("entity", "fact", "tie"), lasts, strict=True)).__getitem__)
        results = Batch(tables, source, sealer, sequences, recorded_at).apply(facts, together=together)
        refused = together and any(isinstance(result, Refused) for result in results)
        if refused or not any(isinstance(result, Recorded) for result in results):
            return Recording(results, last or recorded_at)
        counters = {f"last_{table}": greatest for table, greatest in sequences.last.items()}
        tables.finish(counters | {"recorded_at": recorded_at})
        return Recording(results, recorded_at)

    def erase(self, transaction: Transaction, institution: str, person: str) -> Erased | None:
        """Forget a person under the institution's lock."""
        row = self.institution_row(transaction, institution)
        if row is None:
            return None
        transaction.ask(recording.LOCK, {"institution": row[0]})
        return erase(ErasableServer(transaction, int(row[0])), self._sealers(institution), person)

    def entered(self, transaction: Transaction, institution: str) -> int:
        """Number of an institution, entered at its first fact. Raises `WrongKeys`."""
        if (known := self.known.get(institution)) is not None:
            return known
        row = self.institution_row(transaction, institution)
        if row is None:
            check = check_value(self._sealers(institution))
            parameters = {"deployment": self._deployment, "institution_id": institution, "check": check}
            (row,) = transaction.ask(institutions.ENTER_INSTITUTION, parameters)
            compare(row[1], check)
        return int(row[0])

    def institution_row(self, transaction: Transaction, institution: str) -> tuple[Any, ...] | None:
        """number, check_value, recorded_at of an institution, None when nothing was recorded for it. Raises `WrongKeys`."""
        parameters = {"deployment": self._deployment, "institution_id": institution}
        rows = transaction.ask(institutions.INSTITUTION, parameters, seconds=self._waiting)
        if not rows:
            return None
        compare(rows[0][1], check_value(self._sealers(institution)))
        return rows[0]


def compare(kept: bytes, given: bytes) -> None:
    """Check values of keys, as kept and as given now. Raises `WrongKeys` when they differ."""
    if not hmac.compare_digest(kept, given):
        raise WrongKeys(
            "The graph was written with other keys than those of the key file given now: put the right key file back from your backup, "
            "or name another deployment."
        )
