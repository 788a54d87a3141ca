"""Claims: the queue of each tenant by priority and age, and lookups of runs by id that stay cheap on a fresh database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("idx_runs_pending", "runs")
    op.create_index(
        "idx_runs_pending",
        "runs",
        ["tenant_id", sa.text("priority DESC"), "created_at"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    # Awake runs of a tenant, which are counted, and its sleepers by the time they are due. Children are their root's.
    op.drop_index("idx_runs_running", "runs")
    op.create_index(
        "idx_runs_running",
        "runs",
        ["tenant_id", "wake_at"],
        unique=False,
        postgresql_where=sa.text("status = 'running' AND root_run_id IS NULL"),
    )
    op.create_index(
        "idx_runs_roused",
        "runs",
        ["tenant_id"],
        unique=False,
        postgresql_where=sa.text(
            "status = 'running' AND root_run_id IS NULL AND wake_at IS NOT NULL AND (owner IS NOT NULL OR cancel_requested_at IS NOT NULL)"
        ),
    )
    # On a table that was never analysed PostgreSQL finds all indexes equally good and takes the newest. The foreign keys of
    # the journal ask for (tenant_id, id): they took idx_runs_tenant and read every run of the tenant for each row that was
    # written (measured with 200 runs: 63 instead of 6 microseconds). So the primary key is made once more, as the newest.
    op.execute("ALTER TABLE runs DROP CONSTRAINT pk_runs, ADD CONSTRAINT pk_runs PRIMARY KEY (id)")


def downgrade() -> None:
    op.drop_index("idx_runs_roused", "runs")
    op.drop_index("idx_runs_running", "runs")
    op.create_index("idx_runs_running", "runs", ["tenant_id"], unique=False, postgresql_where=sa.text("status = 'running'"))
    op.drop_index("idx_runs_pending", "runs")
    op.create_index("idx_runs_pending", "runs", ["priority", "created_at"], unique=False, postgresql_where=sa.text("status = 'pending'"))
