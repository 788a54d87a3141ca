"""Runs that pause at breakpoints: how often they were answered, and whether a person changed their data."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

BEFORE = "What was asked for besides a whole run: kind, path and step of a partial run; empty: nothing"
NOW = "What was asked for besides a whole run: kind, path and step of a partial run; breakpoints"


def upgrade() -> None:
    op.add_column(
        "runs",
        sa.Column(
            "answers", sa.Integer(), nullable=False, server_default=sa.text("0"), comment="How many answers people gave it where it paused"
        ),
    )
    op.add_column(
        "runs",
        sa.Column(
            "edited",
            sa.Boolean(),
            nullable=False,
            server_default=sa.text("false"),
            comment="Whether a person changed data while it paused",
        ),
    )
    op.alter_column("runs", "request", comment=NOW, existing_comment=BEFORE)


def downgrade() -> None:
    op.alter_column("runs", "request", comment=BEFORE, existing_comment=NOW)
    op.drop_column("runs", "edited")
    op.drop_column("runs", "answers")
