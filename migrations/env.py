"""Runs migrations on the connection that app.storage.migrate opened; there is no other way in."""

from __future__ import annotations

from alembic import context

from app.storage.tables import metadata

config = context.config
connection = config.attributes["connection"]
on_progress = config.attributes.get("on_progress")
total = len(list(context.script.walk_revisions()))
done = 0


def report(*, step, **_) -> None:
    """Tell who waits how far it is: a count of all migrations, and the first line of the one just applied."""
    global done  # noqa: PLW0603 - Alembic runs this module anew for each command
    done += 1
    if on_progress is not None:
        on_progress(done, total, context.script.get_revision(step.up_revision_id).doc)


context.configure(
    connection=connection,
    target_metadata=metadata,
    compare_server_default=True,
    on_version_apply=[report],
)
with context.begin_transaction():
    context.run_migrations()
