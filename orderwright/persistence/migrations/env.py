"""Alembic's entry: the URL comes from `migrate.py`, the truth from the tables."""

from alembic import context
from sqlalchemy import create_engine, pool

from orderwright.persistence.tables import Base

with create_engine(
    context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool
).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()
