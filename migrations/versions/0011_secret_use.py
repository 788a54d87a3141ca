"""Secrets: being used is no change of a secret; `updated_at` stays where its value was last set."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DROP TRIGGER secrets_touch ON secrets")
    op.execute(
        "CREATE TRIGGER secrets_touch BEFORE UPDATE OF name, encrypted_value, key_id ON secrets "
        "FOR EACH ROW EXECUTE FUNCTION touch_updated_at()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER secrets_touch ON secrets")
    op.execute("CREATE TRIGGER secrets_touch BEFORE UPDATE ON secrets FOR EACH ROW EXECUTE FUNCTION touch_updated_at()")
