"""What a person chooses about a webhook, what is shown of a delivery, and whether a schedule's run is still open."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "webhooks",
        sa.Column(
            "signature",
            sa.String(length=50),
            server_default=sa.text("'timestamped'"),
            nullable=False,
            comment="Form of signature: timestamped or standard",
        ),
    )
    op.add_column(
        "webhooks", sa.Column("respond_within_ms", sa.Integer(), nullable=True, comment="Wait so long for the run's output; empty: never")
    )
    op.add_column(
        "webhooks", sa.Column("rate_limit", sa.Integer(), nullable=True, comment="Deliveries a minute; empty: the program's default")
    )
    op.create_check_constraint(op.f("ck_webhooks_signature"), "webhooks", "signature IN ('timestamped', 'standard')")
    op.create_check_constraint(op.f("ck_webhooks_respond_within_ms"), "webhooks", "respond_within_ms BETWEEN 1 AND 120000")
    op.create_check_constraint(op.f("ck_webhooks_rate_limit"), "webhooks", "rate_limit > 0")
    json = postgresql.JSONB(none_as_null=True, astext_type=sa.Text())
    op.add_column("webhook_deliveries", sa.Column("headers", json, nullable=True, comment="Headers of a delivery whose signature held"))
    op.add_column("webhook_deliveries", sa.Column("payload", json, nullable=True, comment="Its payload, unless it is large"))
    op.add_column("webhook_deliveries", sa.Column("status_code", sa.Integer(), nullable=True, comment="HTTP status of the answer"))
    op.create_index(
        "idx_runs_schedule_open",
        "runs",
        ["schedule_id"],
        unique=False,
        postgresql_where=sa.text("schedule_id IS NOT NULL AND status IN ('pending', 'running')"),
    )


def downgrade() -> None:
    op.drop_index("idx_runs_schedule_open", table_name="runs")
    for column in ("headers", "payload", "status_code"):
        op.drop_column("webhook_deliveries", column)
    for column in ("signature", "respond_within_ms", "rate_limit"):
        op.drop_column("webhooks", column)
