"""Bring a database to the newest form of the record."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, pool


def config(url: str) -> Config:
    """Alembic's settings for `url`, without an ini file."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return settings


def upgrade(url: str) -> None:
    """Run every migration that is missing. Each is one transaction."""
    command.upgrade(config(url), "head")


def pending(url: str) -> bool:
    """Whether a migration is missing there."""
    engine = create_engine(url, poolclass=pool.NullPool)
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current != ScriptDirectory.from_config(config(url)).get_current_head()
