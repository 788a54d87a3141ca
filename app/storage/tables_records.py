"""What stands beside workflows: adapters, secrets, usage_daily, audit_logs and the heads of their chains."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Numeric,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import INET

from app.storage.tables_base import (
    Document,
    Instant,
    Uuid,
    created_at,
    generated_id,
    metadata,
    one_of,
    tenant_id,
    updated_at,
    within_tenant,
)

adapters = Table(
    "adapters",
    metadata,
    Column("id", String(100), primary_key=True, comment="mock, openai, anthropic or http; a tenant's own: slug/name"),
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), comment="Tenant that owns it; empty: everyone's"),
    Column("name", String(255), nullable=False, comment="Display name"),
    Column("description", Text, comment="What the adapter does"),
    Column("type", String(50), nullable=False, comment="builtin or custom"),
    Column("config", Document, comment="Default config"),
    Column("input_schema", Document, comment="JSON Schema of its config"),
    Column("output_schema", Document, comment="JSON Schema of its output"),
    Column("enabled", Boolean, nullable=False, server_default=text("true"), comment="Whether steps may use it"),
    created_at(),
    updated_at(),
    CheckConstraint(one_of("type", "builtin", "custom"), name="type"),
    Index("idx_adapters_tenant", "tenant_id"),
    comment="Ways to the world outside",
)

secrets = Table(
    "secrets",
    metadata,
    generated_id("Secret id"),
    tenant_id(),
    Column("name", String(255), nullable=False, comment="Name, as in {{ secrets.NAME }}"),
    Column("encrypted_value", Text, nullable=False, comment="AES-256-GCM sealed value; never clear text"),
    Column("created_by", Uuid, ForeignKey("users.id"), comment="User who made it"),
    created_at(),
    updated_at(),
    Column("key_id", String(100), comment="Key it is sealed with"),
    Column("last_used_at", Instant, comment="When a run last used it"),
    UniqueConstraint("tenant_id", "name"),
    Index("idx_secrets_created_by", "created_by"),
    comment="Sealed values that adapters use",
)

usage_daily = Table(
    "usage_daily",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True, comment="Tenant that owns the row"),
    Column("day", Date, primary_key=True, comment="Day in UTC"),
    Column("workflow_id", Uuid, primary_key=True, comment="Workflow"),
    Column("adapter_id", String(100), primary_key=True, server_default=text("''"), comment="Adapter; empty text: the runs themselves"),
    Column("model", String(255), primary_key=True, server_default=text("''"), comment="Model; empty text: none"),
    Column("input_tokens", BigInteger, nullable=False, server_default=text("0"), comment="Tokens sent"),
    Column("output_tokens", BigInteger, nullable=False, server_default=text("0"), comment="Tokens received"),
    Column("cost_usd", Numeric(20, 10), comment="Cost in US dollars; empty: no price is known"),
    Column("runs", BigInteger, nullable=False, server_default=text("0"), comment="Runs"),
    within_tenant("workflow_id", "workflows", ondelete="CASCADE"),
    Index("idx_usage_daily_workflow", "workflow_id"),
    comment="Usage added up by day, so that dashboards need not read the journal",
)

audit_logs = Table(
    "audit_logs",
    metadata,
    generated_id("Entry id"),
    tenant_id(),
    Column("actor_id", Uuid, comment="User who acted; empty: the program itself"),
    Column("actor_email", String(255), comment="E-mail address of that user at the time"),
    Column("action", String(100), nullable=False, comment="What was done: create, update, delete, publish, execute and others"),
    Column("resource_type", String(100), nullable=False, comment="Kind of thing it was done to: workflow, run, secret and others"),
    Column("resource_id", Uuid, comment="Which one"),
    Column("metadata", Document, comment="Details of the action"),
    Column("ip_address", INET, comment="Address the request came from"),
    Column("user_agent", Text, comment="Program the request came from"),
    created_at(),
    Column("seq", BigInteger, nullable=False, comment="Number in the tenant's chain, from 1; set by a trigger"),
    Column("prev_hash", String(64), nullable=False, comment="Hash of the entry before, in hex; set by a trigger"),
    Column("hash", String(64), nullable=False, comment="SHA-256 over prev_hash and this entry, in hex; set by a trigger"),
    UniqueConstraint("tenant_id", "seq"),
    Index("idx_audit_logs_tenant", "tenant_id"),
    Index("idx_audit_logs_created", "created_at"),
    Index("idx_audit_logs_resource", "tenant_id", "resource_type", "resource_id"),
    comment="Who did what, chained by hashes; rows are only ever added",
)

audit_heads = Table(
    "audit_heads",
    metadata,
    Column("tenant_id", Uuid, ForeignKey("tenants.id"), primary_key=True, comment="Tenant whose chain it is"),
    Column("seq", BigInteger, nullable=False, comment="Number of the last entry"),
    Column("hash", String(64), nullable=False, comment="Hash of the last entry"),
    comment="End of each tenant's audit chain; locked while an entry is added",
)
