"""A second wall between institutions, on PostgreSQL: the app's role sees the rows of the institution that its transaction is for.

Without an institution it sees who may ask and which jobs wait (that is how a caller is found in the first place), and nothing of what
is kept of lending. What is never changed it may not change. SQLite has neither roles nor policies: there this step does nothing.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROLE = "ringfence_app"

CURRENT = "nullif(current_setting('ringfence.institution', true), '')"

LENDING = {
    "audit_entries": "SELECT, INSERT",
    "audit_heads": "SELECT, INSERT, UPDATE",
    "decision_reasons": "SELECT, INSERT",
    "decisions": "SELECT, INSERT, UPDATE (replaced_by)",
    "idempotency_keys": "SELECT, INSERT, UPDATE, DELETE",
    "live_strategies": "SELECT, INSERT, UPDATE",
    "strategies": "SELECT, INSERT",
}
"""What is kept of lending, and what the app may do there."""

ACCESS = {
    "institutions": (f"id = {CURRENT}", "SELECT, INSERT, UPDATE"),
    "principals": (f"institution = {CURRENT}", "SELECT, INSERT, UPDATE"),
    "api_keys": ("EXISTS (SELECT FROM principals WHERE id = principal)", "SELECT, INSERT, UPDATE"),
    "links": ("EXISTS (SELECT FROM principals WHERE id = principal)", "SELECT, INSERT, UPDATE, DELETE"),
    "sessions": ("EXISTS (SELECT FROM principals WHERE id = principal)", "SELECT, INSERT, UPDATE, DELETE"),
    "jobs": (f"institution = {CURRENT}", "SELECT, INSERT, UPDATE, DELETE"),
}
"""Who may ask, and jobs: seen without an institution, too."""

SHARED = {"alembic_version": "SELECT", "deployment": "SELECT, INSERT", "sign_in_tries": "SELECT, INSERT, UPDATE, DELETE"}
"""What is no institution's."""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    _make_role()
    for table, rights in LENDING.items():
        _wall(table, f"institution = {CURRENT}", rights)
    for table, (own, rights) in ACCESS.items():
        _wall(table, f"{CURRENT} IS NULL OR {own}", rights)
    for table, rights in SHARED.items():
        op.execute(f"GRANT {rights} ON {table} TO {ROLE}")


def downgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for table in (*LENDING, *ACCESS):
        op.execute(f"DROP POLICY own_institution ON {table}")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    for table in (*LENDING, *ACCESS, *SHARED):
        op.execute(f"REVOKE ALL ON {table} FROM {ROLE}")
    # The role belongs to the whole server, where other databases may use it: it stays.


def _wall(table: str, condition: str, rights: str) -> None:
    op.execute(f"GRANT {rights} ON {table} TO {ROLE}")
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_institution ON {table} FOR ALL TO {ROLE} USING ({condition}) WITH CHECK ({condition})")


def _make_role() -> None:
    found = op.get_bind().execute(sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": ROLE}).scalar()
    if found is None:
        op.execute(f"CREATE ROLE {ROLE} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB")
