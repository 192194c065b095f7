"""Run the migrations on the connection that `store.opening` hands over, inside its transaction."""

from alembic import context

from store.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,  # the caller's transaction holds; none is begun or committed here
    render_as_batch=True,
)
context.run_migrations()
