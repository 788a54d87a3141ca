"""Every table, in one place to import from; importing it fills the MetaData."""

from __future__ import annotations

from app.storage.tables_access import memberships, tenants, users
from app.storage.tables_base import DEFAULT_TENANT_ID, metadata
from app.storage.tables_editing import editing_sessions
from app.storage.tables_records import adapters, audit_heads, audit_logs, secrets, usage_daily
from app.storage.tables_runs import approvals, block_group_runs, runs, step_runs
from app.storage.tables_triggers import schedule_ticks, schedules, webhook_deliveries, webhooks
from app.storage.tables_workflows import block_groups, edges, steps, workflow_versions, workflows

__all__ = [
    "DEFAULT_TENANT_ID",
    "adapters",
    "approvals",
    "audit_heads",
    "audit_logs",
    "block_group_runs",
    "block_groups",
    "edges",
    "editing_sessions",
    "memberships",
    "metadata",
    "runs",
    "schedule_ticks",
    "schedules",
    "secrets",
    "step_runs",
    "steps",
    "tenants",
    "usage_daily",
    "users",
    "webhook_deliveries",
    "webhooks",
    "workflow_versions",
    "workflows",
]
