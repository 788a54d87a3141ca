"""Who owns rows and who may touch them: tenants, users, memberships."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, UniqueConstraint, text

from app.storage.tables_base import (
    Document,
    Instant,
    Uuid,
    created_at,
    deleted_at,
    generated_id,
    metadata,
    one_of,
    tenant_id,
    updated_at,
)

ROLES = ("tenant_admin", "builder", "operator", "viewer")

tenants = Table(
    "tenants",
    metadata,
    generated_id("Tenant id"),
    Column("name", String(255), nullable=False, comment="Display name"),
    Column("slug", String(255), nullable=False, unique=True, comment="URL-safe identifier"),
    Column(
        "settings",
        Document,
        server_default=text("'{}'::jsonb"),
        comment="Tenant settings, such as data_retention_days and max_concurrent_runs",
    ),
    created_at(),
    updated_at(),
    deleted_at(),
    CheckConstraint("slug ~ '^[A-Za-z0-9._~-]+$'", name="slug_url_safe"),
    comment="Owners of everything else; what belongs to one tenant is never seen by another",
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True, comment="User id: the subject at the login provider, or made for the operating system's user"),
    tenant_id("Home tenant"),
    Column("email", String(255), nullable=False, comment="E-mail address, unique in the tenant"),
    Column("name", String(255), comment="Display name"),
    Column("role", String(50), nullable=False, server_default=text("'viewer'"), comment="tenant_admin, builder, operator or viewer"),
    Column("last_login_at", Instant, comment="Last successful login"),
    created_at(),
    updated_at(),
    UniqueConstraint("tenant_id", "email"),
    CheckConstraint(one_of("role", *ROLES), name="role"),
    comment="People who log in",
)

memberships = Table(
    "memberships",
    metadata,
    generated_id("Membership id"),
    Column("login", String(63), nullable=False, comment="Database login that acts for the user"),
    Column("user_id", Uuid, ForeignKey("users.id", ondelete="CASCADE"), nullable=False, comment="The user"),
    tenant_id("Tenant in which the user has the role"),
    Column("role", String(50), nullable=False, comment="tenant_admin, builder, operator or viewer"),
    Column("disabled_at", Instant, comment="Set means the membership no longer counts"),
    created_at(),
    updated_at(),
    UniqueConstraint("login", "user_id", "tenant_id"),
    CheckConstraint(one_of("role", *ROLES), name="role"),
    Index("idx_memberships_user", "user_id"),
    Index("idx_memberships_tenant", "tenant_id"),
    comment="Which database login and user holds which role in which tenant",
)
