"""Watchlists, which are everybody's, and judgements and screenings, which on PostgreSQL stand behind the wall between institutions."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

OWN = ("list_judgements", "list_screenings")

SHARED = ("watchlists", "watchlist_entries")

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    op.create_table(
        "watchlists",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False, comment="Rises by one with each version"),
        sa.Column("version", sa.Text(), nullable=False, comment="Date or tag of the source"),
        sa.Column("content", sa.Text(), nullable=False, comment="SHA-256 of the file, hexadecimal"),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("passed_over", sa.Integer(), nullable=False, comment="Entities that are no entry"),
        sa.Column("bad", sa.Integer(), nullable=False, comment="Lines that could not be read"),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=True, comment="Null while it is being written: nobody is compared with it yet"),
        sa.PrimaryKeyConstraint("list", "number"),
        sa.UniqueConstraint("list", "version", name="watchlists_by_version"),
        comment="Versions of watchlists; entries are kept of the newest",
    )
    op.create_table(
        "watchlist_entries",
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="JSON: kind, name, aliases, topics, born, countries"),
        sa.PrimaryKeyConstraint("list", "number", "key"),
        comment="Entries of watchlists",
    )
    op.create_table(
        "list_judgements",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False, comment="Principal"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "subject", "list", "key"),
        comment="Whether a subject is an entry, as people judged; honoured by every later screening",
    )
    op.create_table(
        "list_screenings",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, comment="Newest version that the subject was compared with"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "list", "subject"),
        comment="How far the re-screening of an institution's subjects is",
    )
    op.create_index("list_screenings_due", "list_screenings", ["institution", "list", "number", "subject"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table in (*SHARED, *OWN):
            op.execute(f"GRANT {RIGHTS} ON {table} TO {ROLE}")
        for table in OWN:
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            condition = f"institution = {CURRENT}"
            op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    for table in (*OWN, *SHARED):
        op.drop_table(table)
