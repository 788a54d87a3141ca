"""What a run was asked for besides being a whole one: a part of the workflow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "runs",
        sa.Column(
            "request",
            postgresql.JSONB(none_as_null=True),
            comment="What was asked for besides a whole run: kind, path and step of a partial run; empty: nothing",
        ),
    )


def downgrade() -> None:
    op.drop_column("runs", "request")
