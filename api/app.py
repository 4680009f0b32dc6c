"""The HTTP API: `uvicorn api.app:create_app --factory`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI

from api import problems
from api.access import Keyring
from api.console import PAGES
from api.edge import Edge
from api.openapi import describe
from api.routes import ROUTERS
from api.transaction import Replayed, replay
from orderwright.container import Container
from orderwright.runtime import telemetry
from orderwright.runtime.settings import Settings


def create_app(container: Container | None = None) -> FastAPI:
    """The application; with a container of the caller's own, that one is used and not closed."""
    app = FastAPI(
        title="Orderwright", version=version("orderwright"), lifespan=_lifespan,
        openapi_url="/v1/openapi.json", docs_url="/docs", redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.container = container
    app.state.keyring = Keyring()
    problems.install(app)
    app.add_exception_handler(Replayed, replay)
    app.add_middleware(Edge)
    for router in ROUTERS:
        app.include_router(router)
    for page in PAGES:
        app.include_router(page)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Make what the process needs, and give it back."""
    if app.state.container is not None:
        yield
        return
    settings = Settings()
    telemetry.configure(level=settings.log_level)
    container = Container.build(settings)
    app.state.container = container
    await container.start()
    try:
        yield
    finally:
        await container.close()
