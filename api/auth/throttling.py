"""Slows down guessing of passwords without locking honest staff out.

Wrong passwords are counted by name *and* address, and by address for all names: who guesses from elsewhere does not keep a member of
staff out. The counts are in the records, so that all processes share them, and are keyed hashes: no name or address is kept.
"""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, delete, select, update

from api.tables import sign_in_tries
from graph.model import Instant
from rules.statements import upsert

IPV6_PREFIX: Final = 64
"""One customer of a network has at least a /64: its addresses count as one."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """How many wrong passwords wait how long; see `api.settings`."""

    key: bytes
    """Of the hashes under which tries are counted."""
    tries: int
    """For one name from one address."""
    address_tries: int
    """From one address, for any names."""
    wait: int
    """Milliseconds."""

    def waits(self, connection: Connection, institution: str, name: str, address: str, now: Instant) -> int:
        """Milliseconds that this caller has to wait before a password is looked at; 0 when it need not."""
        longest = 0
        for hash_, most in self._counts(institution, name, address):
            # A row to hold until the try is counted, so that of many guesses at once each sees those before it.
            connection.execute(upsert(sign_in_tries).values(hash=hash_, tries=0, since=now).on_conflict_do_nothing())
            row = connection.execute(select(sign_in_tries).where(sign_in_tries.c.hash == hash_).with_for_update()).first()
            if row is not None and row.tries >= most:
                longest = max(longest, row.since + self.wait - now)
        return longest

    def note(self, connection: Connection, institution: str, name: str, address: str, now: Instant) -> None:
        """Count one try before its password is looked at, so that many at once are counted too; the wait starts anew with each."""
        # Rows that another sign-in holds are left to it: nobody waits for two rows in an order of their own.
        old = select(sign_in_tries.c.hash).where(sign_in_tries.c.since <= now - self.wait).with_for_update(skip_locked=True)
        connection.execute(delete(sign_in_tries).where(sign_in_tries.c.hash.in_(old)))
        for hash_, _ in self._counts(institution, name, address):
            counted = upsert(sign_in_tries).values(hash=hash_, tries=1, since=now)
            again = {"tries": sign_in_tries.c.tries + 1, "since": now}
            connection.execute(counted.on_conflict_do_update(index_elements=[sign_in_tries.c.hash], set_=again))

    def forgive(self, connection: Connection, institution: str, name: str, address: str) -> None:
        """Forget the wrong tries of this name from this address: its password was right, and the try just noted was no guess."""
        by_name, by_address = (hash_ for hash_, _ in self._counts(institution, name, address))
        connection.execute(delete(sign_in_tries).where(sign_in_tries.c.hash == by_name))
        connection.execute(update(sign_in_tries).where(sign_in_tries.c.hash == by_address).values(tries=sign_in_tries.c.tries - 1))

    def _counts(self, institution: str, name: str, address: str) -> tuple[tuple[bytes, int], tuple[bytes, int]]:
        where = network_of(address)
        named = hmac.digest(self.key, f"{institution}\0{name}\0{where}".encode("utf-8", "replace"), "sha256")
        return (named, self.tries), (hmac.digest(self.key, where.encode("utf-8", "replace"), "sha256"), self.address_tries)


def network_of(address: str) -> str:
    """The address that is counted: an IPv4 address itself, an IPv6 address's /64, anything else as it is."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)
