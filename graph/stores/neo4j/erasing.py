"""Forgetting somebody on Neo4j: see `graph.stores.shared.erasing`.

The server's transaction logs hold what was until they are pruned (`db.tx_log.rotation.retention_policy`), and so do its backups.
"""

from __future__ import annotations

from collections.abc import Iterable

from graph.stores.neo4j.catalogue import erasing
from graph.stores.neo4j.transacting import Transaction
from graph.stores.shared.tables import Row


class ErasableServer:
    """The rows of one institution on a server; see `ErasableRows`."""

    def __init__(self, transaction: Transaction, institution: int) -> None:
        self._transaction = transaction
        self._institution = institution

    def _ask(self, query: str, **parameters: object) -> list[Row]:
        return self._transaction.ask(query, {"institution": self._institution, **parameters})

    def identity(self, id: str) -> tuple[int, bool] | None:
        """See `ErasableRows.identity`."""
        rows = self._ask(erasing.ERASABLE, id=id)
        return (int(rows[0][0]), bool(rows[0][1])) if rows else None

    def tied(self, number: int) -> Iterable[tuple[int, int, int]]:
        """See `ErasableRows.tied`."""
        rows = self._ask(erasing.TIED_OUT, number=number) + self._ask(erasing.TIED_IN, number=number)
        return [(int(kind), int(from_), int(to)) for kind, from_, to in rows]

    def naming(self, number: int) -> Iterable[tuple[int, int, bytes]]:
        """See `ErasableRows.naming`."""
        return [(int(fact), int(kind), bytes(content)) for fact, kind, content in self._ask(erasing.CONTENTS, number=number)]

    def put_content(self, fact: int, content: bytes) -> None:
        """See `ErasableRows.put_content`."""
        self._ask(erasing.PUT_CONTENT, fact=fact, content=content)

    def statements(self, number: int) -> Iterable[Row]:
        """See `ErasableRows.statements`."""
        return [(*row[:4], bytes(row[4])) for row in self._ask(erasing.SAID, number=number)]

    def put_statement(self, number: int, row: Row) -> None:
        """See `ErasableRows.put_statement`."""
        self._ask(erasing.PUT_SAID, number=number, fact=row[0], part=row[1], known_from=row[2], value=row[4])

    def description(self, number: int) -> bytes | None:
        """See `ErasableRows.description`."""
        ((fields,),) = self._ask(erasing.DESCRIBED, number=number)
        return None if fields is None else bytes(fields)

    def put_description(self, number: int, fields: bytes) -> None:
        """See `ErasableRows.put_description`."""
        self._ask(erasing.PUT_DESCRIBED, number=number, fields=fields)

    def put_identity(self, number: int, label: str, subject_key: bytes | None) -> None:
        """See `ErasableRows.put_identity`."""
        self._ask(erasing.PUT_IDENTITY, number=number, label=label, subject_key=subject_key)
