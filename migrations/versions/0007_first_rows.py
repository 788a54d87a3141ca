"""The rows every installation starts with: the default tenant and the builtin adapters."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DEFAULT_TENANT = """
INSERT INTO tenants (id, name, slug, settings)
VALUES ('00000000-0000-0000-0000-000000000001', 'Default', 'default', '{"data_retention_days": 30, "max_concurrent_runs": 10}')
ON CONFLICT DO NOTHING
"""

BUILTIN_ADAPTERS = """
INSERT INTO adapters (id, name, description, type)
VALUES
    ('mock', 'Mock', 'Answers from its own config, without a network: for trials and tests', 'builtin'),
    ('openai', 'OpenAI', 'Chat models of OpenAI and of compatible servers', 'builtin'),
    ('anthropic', 'Anthropic', 'Claude models of Anthropic', 'builtin'),
    ('http', 'HTTP', 'One request to a web server', 'builtin')
ON CONFLICT DO NOTHING
"""


def upgrade() -> None:
    op.execute(DEFAULT_TENANT)
    op.execute(BUILTIN_ADAPTERS)


def downgrade() -> None:
    """Only rows that nothing leans on go: a tenant that was worked in stays for the tables' own downgrade."""
    op.execute("DELETE FROM adapters WHERE type = 'builtin' AND id IN ('mock', 'openai', 'anthropic', 'http')")
    op.execute(
        """
        DO $$
        BEGIN
            DELETE FROM tenants WHERE id = '00000000-0000-0000-0000-000000000001';
        EXCEPTION WHEN foreign_key_violation THEN
            NULL;
        END $$
        """
    )
