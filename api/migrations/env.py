"""What Alembic runs: the steps, over the connection that `api.migrations` opened and holds the write lock of."""

from alembic import context

from api.migrations import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=list(METADATA), render_as_batch=True)
context.run_migrations()
