"""Tables of watchlists: what everybody is compared with, and what each institution judged and has screened.

Lists are the deployment's and hold public data; judgements and screenings are an institution's. Moments are milliseconds UTC.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint

metadata: Final = MetaData()

watchlists = Table(
    "watchlists",
    metadata,
    Column("list", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False, comment="Rises by one with each version"),
    Column("version", Text, nullable=False, comment="Date or tag of the source"),
    Column("content", Text, nullable=False, comment="SHA-256 of the file, hexadecimal"),
    Column("count", Integer, nullable=False),
    Column("passed_over", Integer, nullable=False, comment="Entities that are no entry"),
    Column("bad", Integer, nullable=False, comment="Lines that could not be read"),
    Column("begun_at", BigInteger, nullable=False),
    Column("imported_at", BigInteger, comment="Null while it is being written: nobody is compared with it yet"),
    UniqueConstraint("list", "version", name="watchlists_by_version"),
    comment="Versions of watchlists; entries are kept of the newest",
)

watchlist_entries = Table(
    "watchlist_entries",
    metadata,
    Column("list", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False, comment="JSON: kind, name, aliases, topics, born, countries"),
    comment="Entries of watchlists",
)

list_judgements = Table(
    "list_judgements",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("list", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("same", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False, comment="Principal"),
    Column("at", BigInteger, nullable=False),
    comment="Whether a subject is an entry, as people judged; honoured by every later screening",
)

list_screenings = Table(
    "list_screenings",
    metadata,
    Column("institution", Text, primary_key=True),
    Column("list", Text, primary_key=True),
    Column("subject", Text, primary_key=True),
    Column("number", Integer, nullable=False, comment="Newest version that the subject was compared with"),
    Column("at", BigInteger, nullable=False),
    Index("list_screenings_due", "institution", "list", "number", "subject"),
    comment="How far the re-screening of an institution's subjects is",
)
