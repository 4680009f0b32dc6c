"""`python -m orderwright.simulator.mail`: start the mail catcher."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from orderwright.simulator.mail.box import Box
from orderwright.simulator.mail.smtp import protocol
from orderwright.simulator.mail.web import Web
from orderwright.simulator.switches import Switches


def build(data_dir: Path, host: str, smtp_port: int) -> FastAPI:
    """One box, read over HTTP and filled over SMTP, on one event loop."""
    box = Box(data_dir)
    switches = Switches(box.store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: protocol(box, switches), host, smtp_port)
        yield
        server.close()
        box.store.db.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    Web(box, switches).mount(app)
    return app


def main() -> None:
    """Parse the command line and serve until told to stop."""
    parser = argparse.ArgumentParser(
        prog="python -m orderwright.simulator.mail", description="The mail catcher."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--http-port", type=int, default=8025)
    parser.add_argument("--data-dir", type=Path, default=Path(".simulator"))
    given = parser.parse_args()
    app = build(given.data_dir, given.host, given.smtp_port)
    uvicorn.run(app, host=given.host, port=given.http_port, log_level="warning", access_log=False, ws="none")


if __name__ == "__main__":
    main()
