"""Runs and their journal: step runs, block group runs and approvals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# A heartbeat touches only the claim's columns and is no change that a reader of the run wants to hear of.
SEEN_OF_RUNS = "status, input, output, error, error_detail, started_at, completed_at, cancel_requested_at, wake_at, takeovers, priority"

TENANT_FROM_RUN = """
CREATE FUNCTION tenant_from_run() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT tenant_id INTO NEW.tenant_id FROM runs WHERE id = NEW.run_id;
    IF NEW.tenant_id IS NULL THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s: there is no run %s', TG_TABLE_NAME, NEW.run_id);
    END IF;
    RETURN NEW;
END $$
"""

# A run of a version may name a group that is no longer in the draft, or whose row is gone. Its row comes back from the
# run's own definition, marked as deleted: so the seed's foreign key holds and a run never fails to keep its journal.
BLOCK_GROUP_RUN_PARENTS = """
CREATE FUNCTION block_group_run_parents() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    run runs%ROWTYPE;
BEGIN
    IF NEW.tenant_id IS NOT NULL AND EXISTS (SELECT FROM block_groups WHERE id = NEW.block_group_id) THEN
        RETURN NEW;
    END IF;
    SELECT * INTO run FROM runs WHERE id = NEW.run_id;
    IF NOT FOUND THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s: there is no run %s', TG_TABLE_NAME, NEW.run_id);
    END IF;
    NEW.tenant_id := coalesce(NEW.tenant_id, run.tenant_id);
    IF NOT EXISTS (SELECT FROM block_groups WHERE id = NEW.block_group_id) THEN
        INSERT INTO block_groups (id, tenant_id, workflow_id, name, type, config, deleted_at)
        SELECT NEW.block_group_id, run.tenant_id, run.workflow_id, member ->> 'name', member ->> 'type',
               coalesce(member -> 'config', '{}'), now()
        FROM jsonb_array_elements(coalesce(
            run.definition,
            (SELECT definition FROM workflow_versions WHERE workflow_id = run.workflow_id AND version = run.workflow_version)
        ) -> 'block_groups') AS member
        WHERE lower(member ->> 'id') = NEW.block_group_id::text
        ON CONFLICT (id) DO NOTHING;
    END IF;
    RETURN NEW;
END $$
"""

NEXT_CHANGE_SEQ = """
CREATE FUNCTION next_change_seq() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.seq := nextval('change_seq');
    RETURN NEW;
END $$
"""

FUNCTIONS = (
    (TENANT_FROM_RUN, "COMMENT ON FUNCTION tenant_from_run() IS 'Trigger: a row without tenant gets the tenant of its run'"),
    (
        BLOCK_GROUP_RUN_PARENTS,
        "COMMENT ON FUNCTION block_group_run_parents() IS 'Trigger: fills the tenant and brings back a group that only the version knows'",
    ),
    (NEXT_CHANGE_SEQ, "COMMENT ON FUNCTION next_change_seq() IS 'Trigger: a changed row gets the next change number'"),
)


def upgrade() -> None:
    op.execute("CREATE SEQUENCE change_seq")
    op.execute("COMMENT ON SEQUENCE change_seq IS 'Numbers the changes of runs, step_runs and block_group_runs'")
    op.create_table(
        "runs",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Run id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column(
            "workflow_version", sa.Integer(), nullable=False, comment="Published version that runs; of a test run the number its draft had"
        ),
        sa.Column(
            "status",
            sa.String(length=50),
            server_default=sa.text("'pending'"),
            nullable=False,
            comment="pending, running, completed, failed or cancelled",
        ),
        sa.Column("mode", sa.String(length=50), server_default=sa.text("'production'"), nullable=False, comment="test or production"),
        sa.Column("input", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Input of the run"),
        sa.Column("output", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Result of the run"),
        sa.Column("error", sa.Text(), nullable=True, comment="Why it failed, one sentence"),
        sa.Column(
            "triggered_by",
            sa.String(length=50),
            server_default=sa.text("'manual'"),
            nullable=False,
            comment="manual, schedule or webhook; subflow for a run that another run made",
        ),
        sa.Column("triggered_by_user", sa.UUID(), nullable=True, comment="User who asked for it"),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When a worker first took it up"),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When it reached its last status"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column(
            "definition",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="Snapshot of the draft for a test run; empty: the published version's",
        ),
        sa.Column("priority", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Larger is taken up earlier"),
        sa.Column("schedule_id", sa.UUID(), nullable=True, comment="Schedule that made the run"),
        sa.Column("scheduled_for", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Tick of the schedule"),
        sa.Column("webhook_id", sa.UUID(), nullable=True, comment="Webhook that made the run"),
        sa.Column(
            "idempotency_key",
            sa.String(length=255),
            nullable=True,
            comment="Message id of the delivery; a second delivery makes no second run",
        ),
        sa.Column("parent_run_id", sa.UUID(), nullable=True, comment="Run that started this one as a subflow or map item"),
        sa.Column("parent_path", sa.Text(), nullable=True, comment="Path in the parent run"),
        sa.Column(
            "root_run_id", sa.UUID(), nullable=True, comment="Run whose worker owns this one; empty for a run that is claimed by itself"
        ),
        sa.Column("resumed_from", sa.UUID(), nullable=True, comment="Run whose journal rows were copied into this one"),
        sa.Column("cancel_requested_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When someone asked to cancel it"),
        sa.Column("owner", sa.Text(), nullable=True, comment="Worker session that holds the claim"),
        sa.Column(
            "lease_until", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="The claim is void after this, in database time"
        ),
        sa.Column(
            "fence",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Number of the claim; a writer with an older number is refused",
        ),
        sa.Column(
            "takeovers", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Times a dead worker's claim was taken over"
        ),
        sa.Column("takeover_path", sa.Text(), nullable=True, comment="Path that was in flight at the last takeover"),
        sa.Column(
            "wake_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="Everything in the run sleeps until then; it is given back and taken up when due",
        ),
        sa.Column(
            "error_detail",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="The error as an object: type, message, step, path, attempt, retryable, details",
        ),
        sa.Column(
            "seq",
            sa.BigInteger(),
            server_default=sa.text("nextval('change_seq')"),
            nullable=False,
            comment="Number of the row's last change, larger on each update; read per run as changes since n",
        ),
        sa.CheckConstraint("mode IN ('test', 'production')", name=op.f("ck_runs_mode")),
        sa.CheckConstraint("status IN ('pending', 'running', 'completed', 'failed', 'cancelled')", name=op.f("ck_runs_status")),
        sa.CheckConstraint("triggered_by IN ('manual', 'schedule', 'webhook', 'subflow')", name=op.f("ck_runs_triggered_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_run_id"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_runs_tenant_id_parent_run_id"),
            ondelete="SET NULL (parent_run_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "resumed_from"],
            ["runs.tenant_id", "runs.id"],
            name=op.f("fk_runs_tenant_id_resumed_from"),
            ondelete="SET NULL (resumed_from)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "root_run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_runs_tenant_id_root_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"], ["workflows.tenant_id", "workflows.id"], name=op.f("fk_runs_tenant_id_workflow_id")
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_runs_tenant_id")),
        sa.ForeignKeyConstraint(["triggered_by_user"], ["users.id"], name=op.f("fk_runs_triggered_by_user")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("schedule_id", "scheduled_for", name=op.f("uq_runs_schedule_id_scheduled_for")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_runs_tenant_id_id")),
        sa.UniqueConstraint("webhook_id", "idempotency_key", name=op.f("uq_runs_webhook_id_idempotency_key")),
        comment="Executions of workflows",
    )
    op.create_index("idx_runs_parent", "runs", ["parent_run_id"], unique=False, postgresql_where=sa.text("parent_run_id IS NOT NULL"))
    op.create_index("idx_runs_pending", "runs", ["priority", "created_at"], unique=False, postgresql_where=sa.text("status = 'pending'"))
    op.create_index("idx_runs_resumed_from", "runs", ["resumed_from"], unique=False, postgresql_where=sa.text("resumed_from IS NOT NULL"))
    op.create_index("idx_runs_root", "runs", ["root_run_id"], unique=False, postgresql_where=sa.text("root_run_id IS NOT NULL"))
    op.create_index("idx_runs_running", "runs", ["tenant_id"], unique=False, postgresql_where=sa.text("status = 'running'"))
    op.create_index("idx_runs_status", "runs", ["status"], unique=False)
    op.create_index("idx_runs_tenant", "runs", ["tenant_id"], unique=False)
    op.create_index("idx_runs_tenant_created", "runs", ["tenant_id", "created_at"], unique=False)
    op.create_index("idx_runs_triggered_by_user", "runs", ["triggered_by_user"], unique=False)
    op.create_index("idx_runs_workflow", "runs", ["workflow_id"], unique=False)
    op.create_index("idx_runs_workflow_created", "runs", ["workflow_id", "created_at"], unique=False)
    op.create_table(
        "step_runs",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Step run id"),
        sa.Column("run_id", sa.UUID(), nullable=False, comment="Run"),
        sa.Column("step_id", sa.UUID(), nullable=False, comment="Step at the time of execution; it may be gone from the draft"),
        sa.Column("step_name", sa.String(length=255), nullable=False, comment="Name of the step at the time of execution"),
        sa.Column(
            "status",
            sa.String(length=50),
            server_default=sa.text("'pending'"),
            nullable=False,
            comment="pending, running, completed, failed, skipped, waiting, cancelled, or lost with its worker",
        ),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("1"), nullable=False, comment="Number of the attempt, from 1"),
        sa.Column("input", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Input of the step"),
        sa.Column("output", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Output of the step"),
        sa.Column("error", sa.Text(), nullable=True, comment="Why it failed, one sentence"),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When the attempt began"),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When the attempt ended"),
        sa.Column("duration_ms", sa.Integer(), nullable=True, comment="Milliseconds between the two"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("path", sa.Text(), nullable=True, comment="Place in the run, unique and stable, such as /each_link[3]/summarise"),
        sa.Column(
            "seq",
            sa.BigInteger(),
            server_default=sa.text("nextval('change_seq')"),
            nullable=False,
            comment="Number of the row's last change, larger on each update; read per run as changes since n",
        ),
        sa.Column("usage", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Tokens and cost"),
        sa.Column("error_type", sa.String(length=100), nullable=True, comment="Type of the error, such as Timeout"),
        sa.Column("step_type", sa.String(length=50), nullable=True, comment="Type of the step at the time of execution"),
        sa.Column(
            "error_detail",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="The error as an object: type, message, step, path, attempt, retryable, details",
        ),
        sa.Column(
            "notes",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="What was changed so that the values could be stored",
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed', 'skipped', 'waiting', 'cancelled', 'lost')",
            name=op.f("ck_step_runs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_step_runs_tenant_id_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_step_runs")),
        sa.UniqueConstraint("run_id", "path", "attempt", name=op.f("uq_step_runs_run_id_path_attempt")),
        comment="The journal: one row for each attempt at one place of a run",
    )
    op.create_index("idx_step_runs_run", "step_runs", ["run_id"], unique=False)
    op.create_index("idx_step_runs_run_seq", "step_runs", ["run_id", "seq"], unique=False)
    op.create_index(
        "uq_step_runs_completed", "step_runs", ["run_id", "path"], unique=True, postgresql_where=sa.text("status = 'completed'")
    )
    op.create_table(
        "block_group_runs",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Block group run id"),
        sa.Column("run_id", sa.UUID(), nullable=False, comment="Run"),
        sa.Column("block_group_id", sa.UUID(), nullable=False, comment="Block group"),
        sa.Column(
            "status",
            sa.String(length=50),
            server_default=sa.text("'pending'"),
            nullable=True,
            comment="pending, running, completed, failed, skipped, waiting, cancelled, or lost with its worker",
        ),
        sa.Column("iteration", sa.Integer(), server_default=sa.text("0"), nullable=True, comment="Turn of a loop, from 0"),
        sa.Column("input", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Group input"),
        sa.Column("output", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Group output"),
        sa.Column("error", sa.Text(), nullable=True, comment="Why it failed, one sentence"),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When it began"),
        sa.Column("completed_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When it ended"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("path", sa.Text(), nullable=True, comment="Place in the run, such as /each_link[3] or /guard.try"),
        sa.Column(
            "seq",
            sa.BigInteger(),
            server_default=sa.text("nextval('change_seq')"),
            nullable=False,
            comment="Number of the row's last change, larger on each update; read per run as changes since n",
        ),
        sa.Column("role", sa.String(length=50), nullable=True, comment="Role of the group that ran"),
        sa.Column(
            "error_detail",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="The error as an object: type, message, step, path, attempt, retryable, details",
        ),
        sa.CheckConstraint(
            "status IN ('pending', 'running', 'completed', 'failed', 'skipped', 'waiting', 'cancelled', 'lost')",
            name=op.f("ck_block_group_runs_status"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "block_group_id"],
            ["block_groups.tenant_id", "block_groups.id"],
            name=op.f("fk_block_group_runs_tenant_id_block_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_block_group_runs_tenant_id_run_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_group_runs")),
        sa.UniqueConstraint("run_id", "path", name=op.f("uq_block_group_runs_run_id_path")),
        comment="Execution of block groups: one row for each role or turn at one place of a run",
    )
    op.create_index("idx_block_group_runs_block_group", "block_group_runs", ["block_group_id"], unique=False)
    op.create_index("idx_block_group_runs_run", "block_group_runs", ["run_id"], unique=False)
    op.create_index("idx_block_group_runs_run_seq", "block_group_runs", ["run_id", "seq"], unique=False)
    op.create_table(
        "approvals",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Approval id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("run_id", sa.UUID(), nullable=False, comment="Run that waits"),
        sa.Column("path", sa.Text(), nullable=False, comment="Place in the run that waits"),
        sa.Column(
            "fields",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="What the person who decides is asked to fill in",
        ),
        sa.Column(
            "assignees",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="Who is asked; empty: everyone who may decide",
        ),
        sa.Column("decision", sa.String(length=50), nullable=True, comment="approved or rejected; empty: still open"),
        sa.Column("decided_by", sa.UUID(), nullable=True, comment="User who decided"),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When it was decided"),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When the wait ends without a decision"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.CheckConstraint("decision IN ('approved', 'rejected')", name=op.f("ck_approvals_decision")),
        sa.ForeignKeyConstraint(["decided_by"], ["users.id"], name=op.f("fk_approvals_decided_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "run_id"], ["runs.tenant_id", "runs.id"], name=op.f("fk_approvals_tenant_id_run_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_approvals_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("run_id", "path", name=op.f("uq_approvals_run_id_path")),
        comment="Questions that a run waits for people to decide",
    )
    op.create_index("idx_approvals_decided_by", "approvals", ["decided_by"], unique=False)
    op.create_index(
        "idx_approvals_open", "approvals", ["tenant_id", "expires_at"], unique=False, postgresql_where=sa.text("decision IS NULL")
    )
    for function, comment in FUNCTIONS:
        op.execute(function)
        op.execute(comment)
    op.execute(
        "CREATE TRIGGER step_runs_tenant BEFORE INSERT ON step_runs FOR EACH ROW"
        " WHEN (NEW.tenant_id IS NULL) EXECUTE FUNCTION tenant_from_run()"
    )
    op.execute(
        "CREATE TRIGGER block_group_runs_parents BEFORE INSERT ON block_group_runs FOR EACH ROW EXECUTE FUNCTION block_group_run_parents()"
    )
    for table in ("step_runs", "block_group_runs"):
        op.execute(f"CREATE TRIGGER {table}_seq BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION next_change_seq()")
    op.execute(f"CREATE TRIGGER runs_seq BEFORE UPDATE OF {SEEN_OF_RUNS} ON runs FOR EACH ROW EXECUTE FUNCTION next_change_seq()")


def downgrade() -> None:
    for table in ("approvals", "block_group_runs", "step_runs", "runs"):
        op.drop_table(table)
    for function in ("next_change_seq", "block_group_run_parents", "tenant_from_run"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("DROP SEQUENCE change_seq")
