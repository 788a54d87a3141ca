"""What starts runs by itself: schedules with their ticks, webhooks with their deliveries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TOUCHED = ("schedules", "webhooks")


def upgrade() -> None:
    op.create_table(
        "schedules",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Schedule id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column(
            "workflow_version", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="Published version to run; 0: the latest"
        ),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("description", sa.Text(), nullable=True, comment="What the schedule is for"),
        sa.Column("cron_expression", sa.String(length=100), nullable=False, comment="Five cron fields, read in the time zone"),
        sa.Column("timezone", sa.String(length=50), server_default=sa.text("'UTC'"), nullable=False, comment="IANA time zone"),
        sa.Column("input", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Input of its runs"),
        sa.Column("status", sa.String(length=50), server_default=sa.text("'active'"), nullable=False, comment="active or paused"),
        sa.Column("next_run_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Next tick"),
        sa.Column("last_run_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Last tick that made a run"),
        sa.Column("last_run_id", sa.UUID(), nullable=True, comment="Run of that tick"),
        sa.Column("run_count", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Runs made so far"),
        sa.Column("created_by", sa.UUID(), nullable=True, comment="User who made it"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row last changed; set by a trigger",
        ),
        sa.Column(
            "misfire_policy",
            sa.String(length=50),
            server_default=sa.text("'once'"),
            nullable=False,
            comment="What happens to missed ticks: skip them, run once for all, or run all",
        ),
        sa.Column(
            "overlap_policy",
            sa.String(length=50),
            server_default=sa.text("'skip'"),
            nullable=False,
            comment="What a tick does while the last run goes on: skip, queue or allow",
        ),
        sa.Column(
            "grace_seconds", sa.Integer(), server_default=sa.text("3600"), nullable=False, comment="A tick later than this counts as missed"
        ),
        sa.Column("deleted_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Soft delete: set means deleted"),
        sa.CheckConstraint("misfire_policy IN ('skip', 'once', 'all')", name=op.f("ck_schedules_misfire_policy")),
        sa.CheckConstraint("overlap_policy IN ('skip', 'queue', 'allow')", name=op.f("ck_schedules_overlap_policy")),
        sa.CheckConstraint("status IN ('active', 'paused')", name=op.f("ck_schedules_status")),
        sa.CheckConstraint("grace_seconds >= 0", name=op.f("ck_schedules_grace_seconds")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_schedules_created_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "last_run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_schedules_tenant_id_last_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"], ["workflows.tenant_id", "workflows.id"], name=op.f("fk_schedules_tenant_id_workflow_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_schedules_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_schedules_tenant_id_id")),
        comment="Cron lines that start runs",
    )
    op.create_index("idx_schedules_created_by", "schedules", ["created_by"], unique=False)
    op.create_index("idx_schedules_last_run", "schedules", ["last_run_id"], unique=False)
    op.create_index("idx_schedules_next_run", "schedules", ["next_run_at"], unique=False, postgresql_where=sa.text("status = 'active'"))
    op.create_index("idx_schedules_tenant", "schedules", ["tenant_id"], unique=False)
    op.create_index("idx_schedules_workflow", "schedules", ["workflow_id"], unique=False)
    op.create_table(
        "schedule_ticks",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Tick id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("schedule_id", sa.UUID(), nullable=False, comment="Schedule"),
        sa.Column("scheduled_for", postgresql.TIMESTAMP(timezone=True), nullable=False, comment="Time of the tick"),
        sa.Column("outcome", sa.String(length=50), nullable=False, comment="run, missed or overlapped"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why there was no run"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.CheckConstraint("outcome IN ('run', 'missed', 'overlapped')", name=op.f("ck_schedule_ticks_outcome")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "schedule_id"],
            ["schedules.tenant_id", "schedules.id"],
            name=op.f("fk_schedule_ticks_tenant_id_schedule_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_schedule_ticks_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_ticks")),
        sa.UniqueConstraint("schedule_id", "scheduled_for", name=op.f("uq_schedule_ticks_schedule_id_scheduled_for")),
        comment="What became of each tick of a schedule",
    )
    op.create_index("idx_schedule_ticks_tenant", "schedule_ticks", ["tenant_id", "schedule_id"], unique=False)
    op.create_table(
        "webhooks",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Webhook id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("description", sa.Text(), nullable=True, comment="What the webhook is for"),
        sa.Column("secret", sa.String(length=255), nullable=False, comment="HMAC signing key, sealed; never clear text"),
        sa.Column(
            "input_mapping",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="Name of a run input to JSONPath in the payload",
        ),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="Whether deliveries are taken"),
        sa.Column("last_triggered_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Last delivery that made a run"),
        sa.Column("trigger_count", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Runs made so far"),
        sa.Column("created_by", sa.UUID(), nullable=True, comment="User who made it"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row last changed; set by a trigger",
        ),
        sa.Column("previous_secret", sa.String(length=255), nullable=True, comment="Signing key before the last rotation, sealed"),
        sa.Column(
            "previous_valid_until",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="The previous signing key is taken until then",
        ),
        sa.Column("workflow_version", sa.Integer(), nullable=True, comment="Published version to run; 0 or empty: the latest"),
        sa.Column(
            "last_payload",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="Last payload, for the test listener",
        ),
        sa.Column("deleted_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Soft delete: set means deleted"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_webhooks_created_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"], ["workflows.tenant_id", "workflows.id"], name=op.f("fk_webhooks_tenant_id_workflow_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_webhooks_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhooks")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_webhooks_tenant_id_id")),
        comment="Addresses that start runs when something is posted to them",
    )
    op.create_index("idx_webhooks_created_by", "webhooks", ["created_by"], unique=False)
    op.create_index("idx_webhooks_tenant", "webhooks", ["tenant_id"], unique=False)
    op.create_index("idx_webhooks_workflow", "webhooks", ["workflow_id"], unique=False)
    op.create_table(
        "webhook_deliveries",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Delivery id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("webhook_id", sa.UUID(), nullable=False, comment="Webhook"),
        sa.Column("message_id", sa.String(length=255), nullable=True, comment="Message id that the sender gave"),
        sa.Column(
            "received_at", postgresql.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False, comment="When it arrived"
        ),
        sa.Column("verdict", sa.String(length=50), nullable=False, comment="accepted, duplicate or refused"),
        sa.Column("reason", sa.Text(), nullable=True, comment="Why it was not accepted"),
        sa.Column("run_id", sa.UUID(), nullable=True, comment="Run it made"),
        sa.CheckConstraint("verdict IN ('accepted', 'duplicate', 'refused')", name=op.f("ck_webhook_deliveries_verdict")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_webhook_deliveries_tenant_id_run_id"),
            ondelete="SET NULL (run_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "webhook_id"],
            ["webhooks.tenant_id", "webhooks.id"],
            name=op.f("fk_webhook_deliveries_tenant_id_webhook_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_webhook_deliveries_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        comment="What arrived at each webhook",
    )
    op.create_index("idx_webhook_deliveries_run", "webhook_deliveries", ["run_id"], unique=False)
    op.create_index("idx_webhook_deliveries_tenant", "webhook_deliveries", ["tenant_id"], unique=False)
    op.create_index("idx_webhook_deliveries_webhook", "webhook_deliveries", ["webhook_id", "received_at"], unique=False)
    op.create_index(
        "uq_webhook_deliveries_accepted",
        "webhook_deliveries",
        ["webhook_id", "message_id"],
        unique=True,
        postgresql_where=sa.text("verdict = 'accepted'"),
    )
    op.create_foreign_key(
        "fk_runs_tenant_id_schedule_id",
        "runs",
        "schedules",
        ["tenant_id", "schedule_id"],
        ["tenant_id", "id"],
        ondelete="SET NULL (schedule_id)",
    )
    op.create_foreign_key(
        "fk_runs_tenant_id_webhook_id",
        "runs",
        "webhooks",
        ["tenant_id", "webhook_id"],
        ["tenant_id", "id"],
        ondelete="SET NULL (webhook_id)",
    )
    for table in TOUCHED:
        op.execute(f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()")


def downgrade() -> None:
    op.drop_constraint("fk_runs_tenant_id_webhook_id", "runs", type_="foreignkey")
    op.drop_constraint("fk_runs_tenant_id_schedule_id", "runs", type_="foreignkey")
    for table in ("webhook_deliveries", "webhooks", "schedule_ticks", "schedules"):
        op.drop_table(table)
