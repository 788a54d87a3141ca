"""The audit log: append only, chained by hashes, one chain per tenant."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Every column counts, in a text that does not depend on settings of the session.
AUDIT_ENTRY_HASH = """
CREATE FUNCTION audit_entry_hash(entry audit_logs) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(entry.prev_hash || jsonb_build_array(
        entry.seq, entry.id, entry.tenant_id, entry.actor_id, entry.actor_email, entry.action, entry.resource_type,
        entry.resource_id, entry.metadata, text(entry.ip_address), entry.user_agent,
        to_char(entry.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    )::text, 'UTF8')), 'hex')
$$
"""

# The head's row is locked until the transaction ends: entries of one tenant come one after the other.
AUDIT_CHAIN = """
CREATE FUNCTION audit_chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head audit_heads%ROWTYPE;
BEGIN
    INSERT INTO audit_heads (tenant_id, seq, hash) VALUES (NEW.tenant_id, 0, repeat('0', 64)) ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM audit_heads WHERE tenant_id = NEW.tenant_id FOR UPDATE;
    NEW.created_at := coalesce(NEW.created_at, now());
    NEW.seq := head.seq + 1;
    NEW.prev_hash := head.hash;
    NEW.hash := audit_entry_hash(NEW);
    UPDATE audit_heads SET seq = NEW.seq, hash = NEW.hash WHERE tenant_id = NEW.tenant_id;
    RETURN NEW;
END $$
"""

AUDIT_HEAD_STEP = """
CREATE FUNCTION audit_head_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.tenant_id <> OLD.tenant_id OR NEW.seq <> OLD.seq + 1 THEN
        RAISE restrict_violation USING MESSAGE = 'audit_heads moves one entry at a time';
    END IF;
    RETURN NEW;
END $$
"""

FUNCTIONS = (
    (AUDIT_ENTRY_HASH, "COMMENT ON FUNCTION audit_entry_hash(audit_logs) IS 'The hash an entry must have'"),
    (AUDIT_CHAIN, "COMMENT ON FUNCTION audit_chain() IS 'Trigger: number and hash of a new entry'"),
    (AUDIT_HEAD_STEP, "COMMENT ON FUNCTION audit_head_step() IS 'Trigger: the end of a chain only moves on'"),
)

TRIGGERS = (
    "CREATE TRIGGER audit_logs_chain BEFORE INSERT ON audit_logs FOR EACH ROW EXECUTE FUNCTION audit_chain()",
    "CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER audit_heads_step BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION audit_head_step()",
    "CREATE TRIGGER audit_heads_kept BEFORE DELETE OR TRUNCATE ON audit_heads FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
)


def upgrade() -> None:
    op.create_table(
        "audit_logs",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Entry id"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant that owns the row"),
        sa.Column("actor_id", sa.UUID(), nullable=True, comment="User who acted; empty: the program itself"),
        sa.Column("actor_email", sa.String(length=255), nullable=True, comment="E-mail address of that user at the time"),
        sa.Column(
            "action", sa.String(length=100), nullable=False, comment="What was done: create, update, delete, publish, execute and others"
        ),
        sa.Column(
            "resource_type", sa.String(length=100), nullable=False, comment="Kind of thing it was done to: workflow, run, secret and others"
        ),
        sa.Column("resource_id", sa.UUID(), nullable=True, comment="Which one"),
        sa.Column("metadata", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True, comment="Details of the action"),
        sa.Column("ip_address", postgresql.INET(), nullable=True, comment="Address the request came from"),
        sa.Column("user_agent", sa.Text(), nullable=True, comment="Program the request came from"),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=True,
            comment="When the row was made",
        ),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="Number in the tenant's chain, from 1; set by a trigger"),
        sa.Column("prev_hash", sa.String(length=64), nullable=False, comment="Hash of the entry before, in hex; set by a trigger"),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="SHA-256 over prev_hash and this entry, in hex; set by a trigger"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_audit_logs_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_logs")),
        sa.UniqueConstraint("tenant_id", "seq", name=op.f("uq_audit_logs_tenant_id_seq")),
        comment="Who did what, chained by hashes; rows are only ever added",
    )
    op.create_index("idx_audit_logs_created", "audit_logs", ["created_at"], unique=False)
    op.create_index("idx_audit_logs_resource", "audit_logs", ["tenant_id", "resource_type", "resource_id"], unique=False)
    op.create_index("idx_audit_logs_tenant", "audit_logs", ["tenant_id"], unique=False)
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant whose chain it is"),
        sa.Column("seq", sa.BigInteger(), nullable=False, comment="Number of the last entry"),
        sa.Column("hash", sa.String(length=64), nullable=False, comment="Hash of the last entry"),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_audit_heads_tenant_id")),
        sa.PrimaryKeyConstraint("tenant_id", name=op.f("pk_audit_heads")),
        comment="End of each tenant's audit chain; locked while an entry is added",
    )
    for function, comment in FUNCTIONS:
        op.execute(function)
        op.execute(comment)
    for trigger in TRIGGERS:
        op.execute(trigger)


def downgrade() -> None:
    op.execute("DROP FUNCTION audit_entry_hash(audit_logs)")
    op.drop_table("audit_heads")
    op.drop_table("audit_logs")
    op.execute("DROP FUNCTION audit_head_step()")
    op.execute("DROP FUNCTION audit_chain()")
