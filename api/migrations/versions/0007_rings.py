"""Rings: who is in them, what happened to them, and what people said of pairs."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

OWN = (
    "pair_judgements",
    "ring_events",
    "ring_looks",
    "ring_members",
    "rings",
)

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    _pair_judgements()
    _ring_events()
    _ring_looks()
    _ring_members()
    _rings()
    if op.get_bind().dialect.name == "postgresql":
        for table in OWN:
            op.execute(f"GRANT {RIGHTS} ON {table} TO {ROLE}")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            condition = f"institution = {CURRENT}"
            op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    for table in OWN:
        op.drop_table(table)


def _pair_judgements() -> None:
    op.create_table(
        "pair_judgements",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("first", sa.Text(), nullable=False, comment="The lesser id"),
        sa.Column("second", sa.Text(), nullable=False),
        sa.Column("judgement", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False, comment="Sealed by the institution's key"),
        sa.PrimaryKeyConstraint("institution", "number"),
        comment="What people said of two entities; the last one of a pair holds",
    )
    op.create_index("pair_judgements_by_pair", "pair_judgements", ["institution", "first", "second"])


def _ring_events() -> None:
    op.create_table(
        "ring_events",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False, comment="Rises with time"),
        sa.Column("ring", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False, comment="After it"),
        sa.Column("other", sa.Text(), nullable=True, comment="The other ring, of MERGED and SPLIT"),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="What happened to rings",
    )
    op.create_index("ring_events_by_ring", "ring_events", ["institution", "ring", "at", "id"])


def _ring_looks() -> None:
    op.create_table(
        "ring_looks",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False, comment="Of the newest fact when rings were last looked for"),
        sa.Column("judged", sa.Integer(), nullable=False, comment="Number of the newest judgement then"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("took", sa.Integer(), nullable=False, comment="Milliseconds"),
        sa.Column("wide", sa.Integer(), nullable=False, comment="Components too wide to be refined"),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False, comment="Rises each time that a process takes it"),
        sa.PrimaryKeyConstraint("institution"),
        comment="How far rings are kept up; leased to one process at a time",
    )


def _ring_members() -> None:
    op.create_table(
        "ring_members",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("ring", sa.Text(), nullable=False),
        sa.Column("entity", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False, comment="Thousandths of a bit"),
        sa.Column("because", sa.LargeBinary(), nullable=False, comment="Kinds of evidence, JSON"),
        sa.Column("since", sa.BigInteger(), nullable=False, comment="When what ties it to the others became known"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False, comment="When it was found to be in the ring"),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="Who is in a ring, and was",
    )
    op.create_index("ring_members_by_entity", "ring_members", ["institution", "entity", "seen_at"])
    op.create_index("ring_members_by_ring", "ring_members", ["institution", "ring", "left_at", "weight"])


def _rings() -> None:
    op.create_table(
        "rings",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="Rises with each change of members, state or judgement"),
        sa.Column("weights", sa.Text(), nullable=False, comment="Version of the weights that it was found by"),
        sa.Column("score", sa.Integer(), nullable=False, comment="Millionths"),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="Parts of the score, JSON"),
        sa.Column("shapes", sa.Text(), nullable=False, comment="Words with spaces around each"),
        sa.Column("merchants", sa.Integer(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("exposure", sa.BigInteger(), nullable=False),
        sa.Column("loss", sa.BigInteger(), nullable=False),
        sa.Column("ended", sa.Integer(), nullable=False, comment="Loans of its members that ended"),
        sa.Column("bad", sa.Integer(), nullable=False, comment="Of these that defaulted"),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("merged_into", sa.Text(), nullable=True),
        sa.Column("judged", sa.Text(), nullable=True, comment="CONFIRMED or DISMISSED by a person, whatever became of it"),
        sa.Column("judged_members", sa.LargeBinary(), nullable=True, comment="Who was in it then, JSON"),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True, comment="Sealed by the institution's key"),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="People and merchants who act as one",
    )
    op.create_index("rings_by_score", "rings", ["institution", "state", "score"])
