"""Tenants, users and memberships, with the functions that every table leans on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TOUCHED = ("tenants", "users", "memberships")

# The seed's defaults say uuid_generate_v4(). Servers without the uuid-ossp extension (the embedded one), or logins that may
# not create it, get a function of that name; both make random UUIDs.
UUID_GENERATE_V4 = """
DO $$
BEGIN
    IF to_regprocedure('uuid_generate_v4()') IS NULL THEN
        BEGIN
            CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
        EXCEPTION WHEN undefined_file OR feature_not_supported OR insufficient_privilege THEN
            CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS 'SELECT gen_random_uuid()';
            COMMENT ON FUNCTION uuid_generate_v4() IS 'A random UUID; stands in for the uuid-ossp extension';
        END;
    END IF;
END $$
"""

# A function that belongs to the extension stays: other databases' objects may lean on it.
DROP_OWN_UUID_GENERATE_V4 = """
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_depend
        WHERE classid = 'pg_proc'::regclass AND objid = to_regprocedure('uuid_generate_v4()') AND deptype = 'e'
    ) THEN
        DROP FUNCTION IF EXISTS uuid_generate_v4();
    END IF;
END $$
"""

TOUCH_UPDATED_AT = """
CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.updated_at := now();
    RETURN NEW;
END $$
"""


def upgrade() -> None:
    op.execute(UUID_GENERATE_V4)
    op.execute(TOUCH_UPDATED_AT)
    op.execute("COMMENT ON FUNCTION touch_updated_at() IS 'Trigger: an update moves updated_at'")
    op.execute("COMMENT ON TABLE alembic_version IS 'Which migration the database stands at'")
    op.execute("COMMENT ON COLUMN alembic_version.version_num IS 'Revision of the last migration'")
    op.create_table(
        "tenants",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Tenant id"),
        sa.Column("name", sa.String(length=255), nullable=False, comment="Display name"),
        sa.Column("slug", sa.String(length=255), nullable=False, comment="URL-safe identifier"),
        sa.Column(
            "settings",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            server_default=sa.text("'{}'::jsonb"),
            nullable=True,
            comment="Tenant settings, such as data_retention_days and max_concurrent_runs",
        ),
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
        sa.CheckConstraint("slug ~ '^[A-Za-z0-9._~-]+$'", name=op.f("ck_tenants_slug_url_safe")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("slug", name=op.f("uq_tenants_slug")),
        comment="Owners of everything else; what belongs to one tenant is never seen by another",
    )
    op.create_table(
        "users",
        sa.Column(
            "id", sa.UUID(), nullable=False, comment="User id: the subject at the login provider, or made for the operating system's user"
        ),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Home tenant"),
        sa.Column("email", sa.String(length=255), nullable=False, comment="E-mail address, unique in the tenant"),
        sa.Column("name", sa.String(length=255), nullable=True, comment="Display name"),
        sa.Column(
            "role",
            sa.String(length=50),
            server_default=sa.text("'viewer'"),
            nullable=False,
            comment="tenant_admin, builder, operator or viewer",
        ),
        sa.Column("last_login_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Last successful login"),
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
        sa.CheckConstraint("role IN ('tenant_admin', 'builder', 'operator', 'viewer')", name=op.f("ck_users_role")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_users_tenant_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("tenant_id", "email", name=op.f("uq_users_tenant_id_email")),
        comment="People who log in",
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.UUID(), server_default=sa.text("uuid_generate_v4()"), nullable=False, comment="Membership id"),
        sa.Column("login", sa.String(length=63), nullable=False, comment="Database login that acts for the user"),
        sa.Column("user_id", sa.UUID(), nullable=False, comment="The user"),
        sa.Column("tenant_id", sa.UUID(), nullable=False, comment="Tenant in which the user has the role"),
        sa.Column("role", sa.String(length=50), nullable=False, comment="tenant_admin, builder, operator or viewer"),
        sa.Column("disabled_at", postgresql.TIMESTAMP(timezone=True), nullable=True, comment="Set means the membership no longer counts"),
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
        sa.CheckConstraint("role IN ('tenant_admin', 'builder', 'operator', 'viewer')", name=op.f("ck_memberships_role")),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_memberships_tenant_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_memberships_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
        sa.UniqueConstraint("login", "user_id", "tenant_id", name=op.f("uq_memberships_login_user_id_tenant_id")),
        comment="Which database login and user holds which role in which tenant",
    )
    op.create_index("idx_memberships_tenant", "memberships", ["tenant_id"], unique=False)
    op.create_index("idx_memberships_user", "memberships", ["user_id"], unique=False)
    for table in TOUCHED:
        op.execute(f"CREATE TRIGGER {table}_touch BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION touch_updated_at()")


def downgrade() -> None:
    op.drop_table("memberships")
    op.drop_table("users")
    op.drop_table("tenants")
    op.execute("DROP FUNCTION touch_updated_at()")
    op.execute(DROP_OWN_UUID_GENERATE_V4)
