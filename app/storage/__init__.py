"""Everything that is kept: the only package that knows SQLAlchemy, psycopg and Alembic."""
