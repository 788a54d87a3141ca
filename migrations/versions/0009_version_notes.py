"""Versions: what changed since the one before is counted when it is published, and its note may be put into better words."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

KEPT = ("id", "workflow_id", "version", "definition", "published_by", "published_at", "tenant_id", "changes")


def upgrade() -> None:
    op.add_column(
        "workflow_versions",
        sa.Column("changes", postgresql.JSONB(), nullable=True, comment="How many elements differ from the version before, by kind"),
    )
    op.execute("DROP TRIGGER workflow_versions_immutable ON workflow_versions")
    old, new = (", ".join(f"{row}.{name}" for name in KEPT) for row in ("OLD", "NEW"))
    op.execute(
        "CREATE TRIGGER workflow_versions_immutable BEFORE UPDATE ON workflow_versions FOR EACH ROW"
        f" WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION refuse_change()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER workflow_versions_immutable ON workflow_versions")
    op.execute(
        "CREATE TRIGGER workflow_versions_immutable BEFORE UPDATE ON workflow_versions FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
    op.drop_column("workflow_versions", "changes")
