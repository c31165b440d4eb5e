"""Erasures: people who were forgotten."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

OWN = ("erasures",)

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    _erasures()
    if op.get_bind().dialect.name == "postgresql":
        for table in OWN:
            op.execute(f"GRANT {RIGHTS} ON {table} TO {ROLE}")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            condition = f"institution = {CURRENT}"
            op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    for table in OWN:
        op.drop_table(table)


def _erasures() -> None:
    op.create_table(
        "erasures",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=False),
        sa.Column("keys", sa.Integer(), nullable=False),
        sa.Column("face_templates", sa.Integer(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False, comment="Number of the audit entry that proves it"),
        sa.PrimaryKeyConstraint("institution", "subject", "proposal"),
        comment="People who were forgotten, and what was destroyed",
    )
