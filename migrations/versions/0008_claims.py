"""Claims: the queue of each tenant by priority and age, and lookups of runs by id that stay cheap on a fresh database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


# IS TRUE keeps the seed's index on status out of the race: the planner guesses that nearly every running run is awake, and
# would go through all sleepers by status to find the few that are (measured with 10,000 sleepers: 3 instead of 0.1 ms).
def upgrade() -> None:
    op.drop_index("idx_runs_pending", "runs")
    op.create_index(
        "idx_runs_pending",
        "runs",
        ["tenant_id", sa.text("priority DESC"), "created_at"],
        unique=False,
        postgresql_where=sa.text("(status = 'pending') IS TRUE"),
    )
    # Runs that are claimed by themselves: those awake, which are counted, sleepers by the time they are due, and sleepers that
    # someone has or wants to cancel. Children are their root's.
    op.drop_index("idx_runs_running", "runs")
    op.create_index(
        "idx_runs_awake",
        "runs",
        ["tenant_id"],
        unique=False,
        postgresql_where=sa.text("(status = 'running') IS TRUE AND root_run_id IS NULL AND wake_at IS NULL"),
    )
    op.create_index(
        "idx_runs_asleep",
        "runs",
        ["tenant_id", "wake_at"],
        unique=False,
        postgresql_where=sa.text("(status = 'running') IS TRUE AND root_run_id IS NULL AND wake_at IS NOT NULL"),
    )
    op.create_index(
        "idx_runs_roused",
        "runs",
        ["tenant_id"],
        unique=False,
        postgresql_where=sa.text(
            "(status = 'running') IS TRUE AND root_run_id IS NULL AND wake_at IS NOT NULL"
            " AND (owner IS NOT NULL OR cancel_requested_at IS NOT NULL)"
        ),
    )
    # On a table that was never analysed PostgreSQL finds all indexes equally good and takes the newest. The foreign keys of
    # the journal ask for (tenant_id, id): they took idx_runs_tenant and read every run of the tenant for each row that was
    # written (measured with 200 runs: 63 instead of 6 microseconds). So the primary key is made once more, as the newest.
    op.execute("ALTER TABLE runs DROP CONSTRAINT pk_runs, ADD CONSTRAINT pk_runs PRIMARY KEY (id)")


def downgrade() -> None:
    for name in ("idx_runs_roused", "idx_runs_asleep", "idx_runs_awake", "idx_runs_pending"):
        op.drop_index(name, "runs")
    op.create_index("idx_runs_running", "runs", ["tenant_id"], unique=False, postgresql_where=sa.text("status = 'running'"))
    op.create_index("idx_runs_pending", "runs", ["priority", "created_at"], unique=False, postgresql_where=sa.text("status = 'pending'"))
