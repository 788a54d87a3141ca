"""Editing sessions: which windows have a workflow open, so that people see each other before they collide."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NOW = sa.text("now()")
_INSTANT = postgresql.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "editing_sessions",
        sa.Column("id", sa.UUID(), nullable=False, comment="Session id, made by the window for one open workflow"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow that is open"),
        sa.Column("user_id", sa.UUID(), nullable=True, comment="User at the window; empty: the program itself"),
        sa.Column("opened_at", _INSTANT, server_default=_NOW, nullable=False, comment="When it was opened"),
        sa.Column("seen_at", _INSTANT, server_default=_NOW, nullable=False, comment="Last heartbeat; one that is too old means gone"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_editing_sessions_tenant_id")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=op.f("fk_editing_sessions_tenant_id_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_editing_sessions_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_editing_sessions")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_editing_sessions_tenant_id_id")),
        comment="Windows that have a workflow open; rows live as long as their heartbeat",
    )
    op.create_index("idx_editing_sessions_workflow", "editing_sessions", ["tenant_id", "workflow_id"], unique=False)
    op.create_index("idx_editing_sessions_user", "editing_sessions", ["user_id"], unique=False)


def downgrade() -> None:
    op.drop_table("editing_sessions")
