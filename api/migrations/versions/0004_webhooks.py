"""Webhooks and what is on its way to them; on PostgreSQL behind the wall between institutions, webhooks seen by who looks for work."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

OWN = {
    "webhooks": (f"{CURRENT} IS NULL OR institution = {CURRENT}", "SELECT, INSERT, UPDATE (place), DELETE"),
    "deliveries": (f"institution = {CURRENT}", "SELECT, INSERT, UPDATE, DELETE"),
}


def upgrade() -> None:
    op.create_table(
        "webhooks",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False, comment="Signing key, sealed by the institution's key"),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="Number of the last event that was made deliveries of"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("institution", "url", name="webhooks_by_url"),
        comment="Where institutions are told of events",
    )
    op.create_table(
        "deliveries",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("webhook", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="Of the event"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False, comment="Rises each time that a worker takes it"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("dead_at", sa.BigInteger(), nullable=True, comment="When it was given up"),
        sa.Column("problem", sa.Text(), nullable=True, comment="Why the last try failed: a status or an error's name"),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"]),
        sa.PrimaryKeyConstraint("institution", "webhook", "number"),
        comment="Events on their way to webhooks",
    )
    op.create_index("deliveries_due", "deliveries", ["institution", "webhook", "delivered_at", "dead_at", "due_at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        for table, (condition, rights) in OWN.items():
            op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    op.drop_table("deliveries")
    op.drop_table("webhooks")
