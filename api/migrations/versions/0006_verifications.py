"""Verifications: keys of subjects, evidence, faces, hits, and the work that waits for people."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

OWN = (
    "evidence",
    "face_templates",
    "identity_keys",
    "identity_tickets",
    "screening_hits",
    "verifications",
    "work_items",
    "proposals",
)

RIGHTS = "SELECT, INSERT, UPDATE, DELETE"


def upgrade() -> None:
    _evidence()
    _face_templates()
    _identity_keys()
    _identity_tickets()
    _screening_hits()
    _verifications()
    _work_items()
    _proposals()
    if op.get_bind().dialect.name == "postgresql":
        for table in OWN:
            op.execute(f"GRANT {RIGHTS} ON {table} TO {ROLE}")
            op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
            condition = f"institution = {CURRENT}"
            op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def downgrade() -> None:
    for table in OWN:
        op.drop_table(table)


def _evidence() -> None:
    op.create_table(
        "evidence",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=True, comment="Of a consent"),
        sa.Column("positive", sa.Boolean(), nullable=True, comment="Whether a visit found the business as declared, or a code came back"),
        sa.Column(
            "content",
            sa.LargeBinary(),
            nullable=True,
            comment="Sealed JSON: what was declared, seen or read; null until read, and once erased",
        ),
        sa.Column(
            "image",
            sa.LargeBinary(),
            nullable=True,
            comment="Sealed JPEG; frames of a challenge one after the other; null without one, and once erased",
        ),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("added_at", sa.BigInteger(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False, comment="Principal"),
        sa.Column("retained_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="What was given to prove an identity",
    )
    op.create_index("evidence_by_end", "evidence", ["institution", "retained_until"], unique=False)
    op.create_index("evidence_by_subject", "evidence", ["institution", "subject"], unique=False)
    op.create_index("evidence_by_verification", "evidence", ["institution", "verification", "added_at"], unique=False)


def _face_templates() -> None:
    op.create_table(
        "face_templates",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False, comment="Rises with each change of the institution"),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("template", sa.LargeBinary(), nullable=True, comment="Sealed; null for one that was erased"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution", "number"),
        comment="Changes to the faces that are kept: the search follows them",
    )
    op.create_index("face_templates_by_subject", "face_templates", ["institution", "subject"], unique=False)


def _identity_keys() -> None:
    op.create_table(
        "identity_keys",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="Entity id of a merchant or person"),
        sa.Column(
            "key",
            sa.LargeBinary(),
            nullable=True,
            comment="Wrapped by the institution's key; null once erased: all that is sealed under it is then lost",
        ),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "subject"),
        comment="A key for each subject",
    )


def _identity_tickets() -> None:
    op.create_table(
        "identity_tickets",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("verification", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="UPLOAD, LIVENESS or CODE"),
        sa.Column("about", sa.Text(), nullable=False, comment="Kind of evidence, the challenge's actions, or a token of the contact"),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=True, comment="Keyed hash of a code"),
        sa.Column("image", sa.LargeBinary(), nullable=True, comment="Sealed JPEG that was sent"),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="Leave to send an image, to answer a challenge, to enter a code",
    )
    op.create_index("identity_tickets_by_end", "identity_tickets", ["institution", "expires_at"], unique=False)
    op.create_index(
        "identity_tickets_by_verification", "identity_tickets", ["institution", "verification", "kind", "created_at"], unique=False
    )


def _screening_hits() -> None:
    op.create_table(
        "screening_hits",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("list", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False, comment="JSON: the entry as it was matched"),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("sentence", sa.LargeBinary(), nullable=False, comment="Sealed under the subject's key"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("judgement", sa.Text(), nullable=True, comment="TRUE_MATCH or FALSE_MATCH"),
        sa.Column("reason", sa.LargeBinary(), nullable=True, comment="Sealed under the subject's key"),
        sa.Column("judged_by", sa.Text(), nullable=True),
        sa.Column("judged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "id"),
        sa.UniqueConstraint("institution", "subject", "list", "key", name="screening_hits_by_entry"),
        comment="Possible matches of subjects with lists",
    )


def _verifications() -> None:
    op.create_table(
        "verifications",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="PERSON or MERCHANT"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False, comment="Rises with each change"),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_version", sa.Integer(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False, comment="JSON: steps that staff asked for anew, each with the moment"),
        sa.Column("checks", sa.Text(), nullable=False, comment="JSON: what each check said; nothing personal"),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="When it expires without evidence, or must be renewed"),
        sa.Column("due_at", sa.BigInteger(), nullable=True, comment="When a person should have decided; null while nobody must"),
        sa.Column("verified_at", sa.BigInteger(), nullable=True),
        sa.Column("faces", sa.Integer(), nullable=True, comment="People with this face, the subject included; null without a face"),
        sa.Column("conclusion", sa.LargeBinary(), nullable=True, comment="Sealed: accepted, reason, when, by whom"),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="Verifications of merchants and people",
    )
    op.create_index("verifications_by_age", "verifications", ["institution", "opened_at", "id"], unique=False)
    op.create_index("verifications_by_end", "verifications", ["institution", "state", "expires_at"], unique=False)
    op.create_index("verifications_by_subject", "verifications", ["institution", "subject", "opened_at"], unique=False)


def _work_items() -> None:
    op.create_table(
        "work_items",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False, comment="Id of a verification, hit or proposal that waits for a person"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False, comment="9223372036854775807 without a bound"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True, comment="Principal"),
        sa.PrimaryKeyConstraint("institution", "item"),
        comment="What waits for people; an item is removed when it is done",
    )
    op.create_index("work_items_by_urgency", "work_items", ["institution", "due_at", "opened_at", "item"], unique=False)


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False, comment="Id of what it would change"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Of the subject when it was proposed: a change since makes it lapse"),
        sa.Column("accepts", sa.Boolean(), nullable=False, comment="What would be decided"),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False, comment="Sealed by the institution's key"),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("institution", "id"),
        comment="What takes effect when a second person agrees",
    )
    op.create_index("proposals_by_subject", "proposals", ["institution", "subject"], unique=False)
