"""How large a delivery was, and how long it took."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "webhook_deliveries"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("body_bytes", sa.Integer(), nullable=True, comment="Length of its body"))
    op.add_column(
        TABLE, sa.Column("took_ms", sa.Integer(), nullable=True, comment="From its first byte until it was written or refused, in ms")
    )


def downgrade() -> None:
    for column in ("body_bytes", "took_ms"):
        op.drop_column(TABLE, column)
