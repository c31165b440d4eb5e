"""The spine: institutions, access, idempotency, audit, jobs, strategies and decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _audit_entries()
    _audit_heads()
    _deployment()
    _idempotency_keys()
    _institutions()
    _jobs()
    _sign_in_tries()
    _principals()
    _api_keys()
    _links()
    _sessions()
    _decisions()
    _live_strategies()
    _strategies()
    _decision_reasons()


def downgrade() -> None:
    for name in (
        "decision_reasons",
        "strategies",
        "live_strategies",
        "decisions",
        "sessions",
        "links",
        "api_keys",
        "principals",
        "sign_in_tries",
        "jobs",
        "institutions",
        "idempotency_keys",
        "deployment",
        "audit_heads",
        "audit_entries",
    ):
        op.drop_table(name)


def _audit_entries() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subjects", sa.Text(), nullable=False, comment="Ids, separated by spaces"),
        sa.Column("digest", sa.Text(), nullable=False, comment="SHA-256 of what was answered, hexadecimal, or empty"),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="HMAC-SHA256 over the entry before and this one"),
        sa.PrimaryKeyConstraint("institution", "sequence"),
        comment="Who asked what and what was answered: ids and hashes only",
    )


def _audit_heads() -> None:
    op.create_table(
        "audit_heads",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("institution"),
        comment="The end of each institution's audit chain",
    )


def _deployment() -> None:
    op.create_table(
        "deployment",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="What must not change from start to start: the check value of the key file",
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("mutation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("input_hash", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="The moment of the first call; its retries use the same"),
        sa.Column("first_used_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False, comment="Until then the first call is running; past when answered"),
        sa.Column("fence", sa.Integer(), nullable=False, comment="Rises with each claim: only the latest may answer"),
        sa.Column("answer", sa.Text(), nullable=True, comment="What the call made, as JSON; null until it succeeded"),
        sa.PrimaryKeyConstraint("institution", "mutation", "key"),
        comment="One key, one effect",
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["first_used_at"], unique=False)


def _institutions() -> None:
    op.create_table(
        "institutions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("suspended_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="Lenders: the tenants",
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False, comment="Sealed by the institution's key"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("lease_until", sa.BigInteger(), nullable=False),
        sa.Column("fence", sa.Integer(), nullable=False, comment="Rises each time that a worker takes it"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True, comment="Why the last attempt failed: an error's name"),
        sa.PrimaryKeyConstraint("id"),
        comment="Work to be done later, leased to one worker at a time",
    )
    op.create_index("jobs_due", "jobs", ["done_at", "due_at"], unique=False)
    op.create_index("jobs_waiting", "jobs", ["institution", "done_at"], unique=False)


def _sign_in_tries() -> None:
    op.create_table(
        "sign_in_tries",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="Keyed hash of who was tried and from where"),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        comment="Wrong passwords of the last minutes",
    )
    op.create_index("sign_in_tries_by_age", "sign_in_tries", ["since"], unique=False)


def _principals() -> None:
    op.create_table(
        "principals",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("service", sa.Boolean(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False, comment="Names separated by commas, sorted"),
        sa.Column("password", sa.Text(), nullable=True, comment="Argon2id; null for services"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["institution"],
            ["institutions.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("institution", "name", name="principals_by_name"),
        comment="Staff and services of institutions",
    )


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the key, which is 256 random bits"),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False, comment="What the key may do; the principal's roles bound it"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal"],
            ["principals.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        sa.UniqueConstraint("id"),
        comment="API keys, shown once",
    )
    op.create_index("api_keys_by_principal", "api_keys", ["principal"], unique=False)


def _links() -> None:
    op.create_table(
        "links",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the token, which is 256 random bits"),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False, comment="The page that it opens"),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal"],
            ["principals.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        comment="One-time links that open a page with a session",
    )
    op.create_index("links_by_end", "links", ["expires_at"], unique=False)


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of the cookie's value, which is 256 random bits"),
        sa.Column("principal", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal"],
            ["principals.id"],
        ),
        sa.PrimaryKeyConstraint("hash"),
        comment="Sessions of staff in browsers",
    )
    op.create_index("sessions_by_end", "sessions", ["expires_at"], unique=False)
    op.create_index("sessions_by_principal", "sessions", ["principal"], unique=False)


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("loan", sa.Text(), nullable=False),
        sa.Column("merchant", sa.Text(), nullable=False),
        sa.Column("applicant", sa.Text(), nullable=True),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("degraded", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("known_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.Column("strategy_name", sa.Text(), nullable=False),
        sa.Column("strategy_version", sa.Integer(), nullable=False),
        sa.Column("inputs_hash", sa.Text(), nullable=False),
        sa.Column("dossier", sa.LargeBinary(), nullable=False, comment="Canonical JSON, at most 32 KiB"),
        sa.Column("judgement", sa.LargeBinary(), nullable=False, comment="Canonical JSON"),
        sa.Column("timing", sa.Text(), nullable=False, comment="JSON list of milliseconds: total, facts, graph, signals, rules, records"),
        sa.Column("cpu", sa.Float(), nullable=False),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        comment="Decisions: immutable but for replaced_by, which is set once",
    )
    op.create_index("decisions_by_applicant", "decisions", ["institution", "applicant", "decided_at", "id"], unique=False)
    op.create_index("decisions_by_degraded", "decisions", ["institution", "degraded", "decided_at", "id"], unique=False)
    op.create_index("decisions_by_loan", "decisions", ["institution", "loan", "decided_at", "id"], unique=False)
    op.create_index("decisions_by_merchant", "decisions", ["institution", "merchant", "decided_at", "id"], unique=False)
    op.create_index("decisions_by_verdict", "decisions", ["institution", "verdict", "decided_at", "id"], unique=False)
    op.create_index("decisions_newest", "decisions", ["institution", "decided_at", "id"], unique=False)


def _live_strategies() -> None:
    op.create_table(
        "live_strategies",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("institution"),
        comment="Which version judges an institution's applications",
    )


def _strategies() -> None:
    op.create_table(
        "strategies",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False, comment="Canonical JSON"),
        sa.PrimaryKeyConstraint("institution", "id"),
        sa.UniqueConstraint("institution", "name", "version", name="strategies_by_version"),
        comment="Versions of strategies: never changed and never deleted, since decisions cite them",
    )


def _decision_reasons() -> None:
    op.create_table(
        "decision_reasons",
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision"],
            ["decisions.id"],
        ),
        sa.PrimaryKeyConstraint("institution", "code", "decided_at", "decision"),
        comment="Reason codes of decisions, one line each: how a list by reason code is walked",
    )
