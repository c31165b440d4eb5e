"""The outbox of events, written with what they tell of; on PostgreSQL behind the same wall as what is kept of lending."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

OWN = "institution = nullif(current_setting('ringfence.institution', true), '')"


def upgrade() -> None:
    op.create_table(
        "events",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column(
            "number",
            sa.BigInteger(),
            autoincrement=False,
            nullable=False,
            comment="Of its transaction's audit entry: it only rises",
        ),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="decision made"),
        sa.Column("subject", sa.Text(), nullable=False, comment="Id of what it happened to"),
        sa.Column("cause", sa.Text(), nullable=True, comment="Why it happened again; null for the first time"),
        sa.PrimaryKeyConstraint("institution", "number"),
        comment="The outbox: what subscriptions and webhooks tell, written with what it tells of",
    )
    op.create_index("events_by_age", "events", ["institution", "at"], unique=False)
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"GRANT SELECT, INSERT, DELETE ON events TO {ROLE}")
        op.execute("ALTER TABLE events ENABLE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_institution ON events FOR ALL TO {ROLE} USING ({OWN}) WITH CHECK ({OWN})")


def downgrade() -> None:
    op.drop_table("events")
