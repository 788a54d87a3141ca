"""Workflows: drafts of steps, edges and block groups, and their published versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TOUCHED = ("workflows", "steps", "block_groups")
INHERITING = ("workflow_versions", "steps", "edges", "block_groups")

TENANT_FROM_WORKFLOW = """
CREATE FUNCTION tenant_from_workflow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    SELECT tenant_id INTO NEW.tenant_id FROM workflows WHERE id = NEW.workflow_id;
    IF NEW.tenant_id IS NULL THEN
        RAISE foreign_key_violation USING MESSAGE = format('%s: there is no workflow %s', TG_TABLE_NAME, NEW.workflow_id);
    END IF;
    RETURN NEW;
END $$
"""

REFUSE_CHANGE = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE restrict_violation USING MESSAGE = format('%s takes no %s', TG_TABLE_NAME, TG_OP);
END $$
"""


def upgrade() -> None:
    op.execute(TENANT_FROM_WORKFLOW)
    op.execute("COMMENT ON FUNCTION tenant_from_workflow() IS 'Trigger: a row without tenant gets the tenant of its workflow'")
    op.execute(REFUSE_CHANGE)
    op.execute("COMMENT ON FUNCTION refuse_change() IS 'Trigger: the table does not take this kind of change'")
    op.create_table(
        "workflows",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Workflow id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("description", sa.Text(), nullable=True, comment="What the workflow is for"),
        sa.Column(
            "status",
            sa.String(length=50),
            server_default=sa.text("'draft'"),
            nullable=False,
            comment="draft until first published, then published",
        ),
        sa.Column(
            "version",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Number under which the draft will be published; increments on publish",
        ),
        sa.Column(
            "input_schema",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="JSON Schema of a run's input",
        ),
        sa.Column(
            "output_schema",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
            comment="JSON Schema of a run's output",
        ),
        sa.Column("created_by", sa.UUID(), nullable=True, comment="User who made it"),
        sa.Column("published_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When it was last published"),
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
        sa.Column("deleted_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Soft delete: set means deleted"),
        sa.Column(
            "revision",
            sa.BigInteger(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Counts the saves of the draft; a save names the revision it was made from",
        ),
        sa.Column(
            "settings",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Settings of the draft, such as run_timeout_ms",
        ),
        sa.Column(
            "notes",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'[]'::jsonb"),
            nullable=False,
            comment="Sticky notes of the draft",
        ),
        sa.CheckConstraint("status IN ('draft', 'published')", name=op.f("ck_workflows_status")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_workflows_created_by")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_workflows_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflows")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_workflows_tenant_id_id")),
        comment="The draft of each workflow",
    )
    op.create_index("idx_workflows_created_by", "workflows", ["created_by"], unique=False)
    op.create_index("idx_workflows_status", "workflows", ["status"], unique=False)
    op.create_index("idx_workflows_tenant", "workflows", ["tenant_id"], unique=False)
    op.create_table(
        "workflow_versions",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Version id"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column("version", sa.Integer(), nullable=False, comment="Number of the version, from 1"),
        sa.Column(
            "definition",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=False,
            comment="Full snapshot: steps, edges, block groups, notes and positions",
        ),
        sa.Column("published_by", sa.UUID(), nullable=True, comment="User who published it"),
        sa.Column(
            "published_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When it was published",
        ),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("note", sa.Text(), nullable=True, comment="What the author says about this version"),
        sa.ForeignKeyConstraint(["published_by"], ["users.id"], name=op.f("fk_workflow_versions_published_by")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"], ["workflows.tenant_id", "workflows.id"], name=op.f("fk_workflow_versions_tenant_id_workflow_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflow_versions")),
        sa.UniqueConstraint("workflow_id", "version", name=op.f("uq_workflow_versions_workflow_id_version")),
        comment="Published snapshots; never changed",
    )
    op.create_index("idx_workflow_versions_published_by", "workflow_versions", ["published_by"], unique=False)
    op.create_index("idx_workflow_versions_tenant", "workflow_versions", ["tenant_id", "workflow_id"], unique=False)
    op.create_table(
        "block_groups",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Block group id"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("type", sa.String(length=50), nullable=False, comment="parallel, try_catch, if_else, switch_case, foreach or while"),
        sa.Column(
            "config",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Config of the group's type",
        ),
        sa.Column("parent_group_id", sa.UUID(), nullable=True, comment="Group around this one"),
        sa.Column("position_x", sa.Integer(), server_default=sa.text("0"), nullable=True, comment="Left edge on the canvas"),
        sa.Column("position_y", sa.Integer(), server_default=sa.text("0"), nullable=True, comment="Top edge on the canvas"),
        sa.Column("width", sa.Integer(), server_default=sa.text("400"), nullable=True, comment="Width on the canvas"),
        sa.Column("height", sa.Integer(), server_default=sa.text("300"), nullable=True, comment="Height on the canvas"),
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
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("group_role", sa.String(length=50), nullable=True, comment="Role of the parent group in which this group stands"),
        sa.Column("ordinal", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Place in the order of the definition"),
        sa.Column(
            "deleted_at",
            postgresql.TIMESTAMP(timezone=True),
            nullable=True,
            comment="Set when the group left the draft; the row stays because runs of published versions refer to it",
        ),
        sa.CheckConstraint(
            "type IN ('parallel', 'try_catch', 'if_else', 'switch_case', 'foreach', 'while')", name=op.f("ck_block_groups_type")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id", "parent_group_id"],
            ["block_groups.tenant_id", "block_groups.workflow_id", "block_groups.id"],
            name=op.f("fk_block_groups_tenant_id_workflow_id_parent_group_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=op.f("fk_block_groups_tenant_id_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_block_groups")),
        sa.UniqueConstraint("tenant_id", "workflow_id", "id", name=op.f("uq_block_groups_tenant_id_workflow_id_id")),
        comment="Control flow constructs of the drafts, and those that runs still refer to",
    )
    op.create_index("idx_block_groups_parent", "block_groups", ["parent_group_id"], unique=False)
    op.create_index("idx_block_groups_workflow", "block_groups", ["workflow_id"], unique=False)
    op.create_index("uq_block_groups_tenant_id_id", "block_groups", ["tenant_id", "id"], unique=True)
    op.create_table(
        "steps",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Step id"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Name, unique in the workflow"),
        sa.Column(
            "type",
            sa.String(length=50),
            nullable=False,
            comment="llm, tool, condition, map, join, subflow, or another step type of the catalog",
        ),
        sa.Column(
            "config",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=False,
            comment="Config of the step's type",
        ),
        sa.Column("position_x", sa.Integer(), server_default=sa.text("0"), nullable=True, comment="Left edge on the canvas"),
        sa.Column("position_y", sa.Integer(), server_default=sa.text("0"), nullable=True, comment="Top edge on the canvas"),
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
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("block_group_id", sa.UUID(), nullable=True, comment="Block group around the step"),
        sa.Column("group_role", sa.String(length=50), nullable=True, comment="Role of the group in which the step stands"),
        sa.Column("ordinal", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Place in the order of the definition"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id", "block_group_id"],
            ["block_groups.tenant_id", "block_groups.workflow_id", "block_groups.id"],
            name=op.f("fk_steps_tenant_id_workflow_id_block_group_id"),
            ondelete="SET NULL (block_group_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=op.f("fk_steps_tenant_id_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steps")),
        sa.UniqueConstraint("tenant_id", "workflow_id", "id", name=op.f("uq_steps_tenant_id_workflow_id_id")),
        comment="Steps of the drafts",
    )
    op.create_index("idx_steps_block_group", "steps", ["block_group_id"], unique=False)
    op.create_index("idx_steps_workflow", "steps", ["workflow_id"], unique=False)
    op.create_table(
        "edges",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Edge id"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column("source_step_id", sa.UUID(), nullable=False, comment="Step whose output goes on"),
        sa.Column("target_step_id", sa.UUID(), nullable=False, comment="Step that receives it"),
        sa.Column("condition", sa.Text(), nullable=True, comment="Expression that decides whether the edge is taken; none: always"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant of the parent row; a trigger fills it when it is left out"),
        sa.Column("ordinal", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Place in the order of the definition"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id", "source_step_id"],
            ["steps.tenant_id", "steps.workflow_id", "steps.id"],
            name=op.f("fk_edges_tenant_id_workflow_id_source_step_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id", "target_step_id"],
            ["steps.tenant_id", "steps.workflow_id", "steps.id"],
            name=op.f("fk_edges_tenant_id_workflow_id_target_step_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=op.f("fk_edges_tenant_id_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edges")),
        sa.UniqueConstraint("source_step_id", "target_step_id", name=op.f("uq_edges_source_step_id_target_step_id")),
        comment="Edges of the drafts",
    )
    op.create_index("idx_edges_target", "edges", ["target_step_id"], unique=False)
    op.create_index("idx_edges_workflow", "edges", ["workflow_id"], unique=False)
    for table in TOUCHED:
        op.execute(f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()")
    for table in INHERITING:
        op.execute(
            f"CREATE TRIGGER {table}_tenant BEFORE INSERT ON {table} FOR EACH ROW"
            " WHEN (NEW.tenant_id IS NULL) EXECUTE FUNCTION tenant_from_workflow()"
        )
    op.execute(
        "CREATE TRIGGER workflow_versions_immutable BEFORE UPDATE ON workflow_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    for table in ("edges", "steps", "block_groups", "workflow_versions", "workflows"):
        op.drop_table(table)
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION tenant_from_workflow()")
