"""The one engine of a process, and its transactions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine


class Database:
    """Sessions on one async engine. A session is one transaction; whoever opens it is an edge."""

    def __init__(self, url: str, *, pool: int = 20) -> None:
        self.engine = create_async_engine(
            url, pool_size=pool, max_overflow=0, pool_timeout=10, pool_pre_ping=False, pool_recycle=1800,
            hide_parameters=True,  # an error's text would carry names and addresses
            connect_args={"connect_timeout": 5, "options": "-c statement_timeout=15000 -c timezone=UTC"},
        )  # fmt: skip
        self.sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, autoflush=False,
            execution_options={"synchronize_session": False},  # who needs a row as it is now reads it anew
        )  # fmt: skip
        self._frozen = self.engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end of the block, rolls back on any error."""
        async with self.sessions() as session, session.begin():
            yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Reads only, and all of it as of the first statement: what belongs together is seen together."""
        async with self.sessions(bind=self._frozen) as session, session.begin():
            yield session

    async def close(self) -> None:
        """Give the connections back."""
        await self.engine.dispose()
