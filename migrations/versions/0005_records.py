"""Adapters, secrets and the daily sums of usage."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TOUCHED = ("adapters", "secrets")


def upgrade() -> None:
    op.create_table(
        "adapters",
        sa.Column("id", sa.String(length=100), nullable=False, comment="mock, openai, anthropic or http; a tenant's own: slug/name"),
        sa.Column("tenant_id", sa.UUID(), nullable=True, comment="Tenant that owns it; empty: everyone's"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("description", sa.Text(), nullable=True, comment="What the adapter does"),
        sa.Column("type", sa.String(length=50), nullable=False, comment="builtin or custom"),
        sa.Column("config", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Default config"),
        sa.Column(
            "input_schema", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="JSON Schema of its config"
        ),
        sa.Column(
            "output_schema", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="JSON Schema of its output"
        ),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False, comment="Whether steps may use it"),
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
        sa.CheckConstraint("type IN ('builtin', 'custom')", name=op.f("ck_adapters_type")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_adapters_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_adapters")),
        comment="Ways to the world outside",
    )
    op.create_index("idx_adapters_tenant", "adapters", ["tenant_id"], unique=False)
    op.create_table(
        "secrets",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Secret id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Name, as in {{ secrets.NAME }}"),
        sa.Column("encrypted_value", sa.Text(), nullable=False, comment="AES-256-GCM sealed value; never clear text"),
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
        sa.Column("key_id", sa.String(length=100), nullable=True, comment="Key it is sealed with"),
        sa.Column("last_used_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="When a run last used it"),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_secrets_created_by")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_secrets_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_secrets")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_secrets_tenant_id_name")),
        comment="Sealed values that adapters use",
    )
    op.create_index("idx_secrets_created_by", "secrets", ["created_by"], unique=False)
    op.create_table(
        "usage_daily",
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("day", sa.Date(), nullable=False, comment="Day in UTC"),
        sa.Column("workflow_id", sa.UUID(), nullable=False, comment="Workflow"),
        sa.Column(
            "adapter_id",
            sa.String(length=100),
            server_default=sa.text("''"),
            nullable=False,
            comment="Adapter; empty text: the runs themselves",
        ),
        sa.Column("model", sa.String(length=255), server_default=sa.text("''"), nullable=False, comment="Model; empty text: none"),
        sa.Column("input_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Tokens sent"),
        sa.Column("output_tokens", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Tokens received"),
        sa.Column("cost_usd", sa.Numeric(precision=20, scale=10), nullable=True, comment="Cost in US dollars; empty: no price is known"),
        sa.Column("runs", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="Runs"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "workflow_id"],
            ["workflows.tenant_id", "workflows.id"],
            name=op.f("fk_usage_daily_tenant_id_workflow_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_usage_daily_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", "day", "workflow_id", "adapter_id", "model", name=op.f("pk_usage_daily")),
        comment="Usage added up by day, so that dashboards need not read the journal",
    )
    op.create_index("idx_usage_daily_workflow", "usage_daily", ["workflow_id"], unique=False)
    for table in TOUCHED:
        op.execute(f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()")


def downgrade() -> None:
    for table in ("usage_daily", "secrets", "adapters"):
        op.drop_table(table)
