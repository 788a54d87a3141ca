"""Who has which workflow open: editing_sessions."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint, text

from app.storage.tables_base import Instant, Uuid, metadata, tenant_id, within_tenant

editing_sessions = Table(
    "editing_sessions",
    metadata,
    Column("id", Uuid, primary_key=True, comment="Session id, made by the window for one open workflow"),
    tenant_id(),
    Column("workflow_id", Uuid, nullable=False, comment="Workflow that is open"),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), comment="User at the window; empty: the program itself"),
    Column("opened_at", Instant, nullable=False, server_default=text("now()"), comment="When it was opened"),
    Column("seen_at", Instant, nullable=False, server_default=text("now()"), comment="Last heartbeat; one that is too old means gone"),
    UniqueConstraint("tenant_id", "id"),
    within_tenant("workflow_id", "workflows", ondelete="CASCADE"),
    Index("idx_editing_sessions_workflow", "tenant_id", "workflow_id"),
    Index("idx_editing_sessions_user", "user_id"),
    comment="Windows that have a workflow open; rows live as long as their heartbeat",
)
