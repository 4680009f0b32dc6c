"""The simulator's application: providers mounted side by side, the courier beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI
from starlette.routing import Mount

from orderwright.simulator.adyen.disputes import Disputes
from orderwright.simulator.adyen.payments import Payments
from orderwright.simulator.adyen.routes import routes as adyen_routes
from orderwright.simulator.control import Control
from orderwright.simulator.easypost.routes import routes as easypost_routes
from orderwright.simulator.easypost.trackers import Trackers
from orderwright.simulator.partners.supplier import Supplier
from orderwright.simulator.partners.warehouse import Warehouse
from orderwright.simulator.posting.courier import Courier
from orderwright.simulator.stripe.planting import Planting
from orderwright.simulator.stripe.routes import routes as stripe_routes
from orderwright.simulator.twilio import Twilio
from orderwright.simulator.world import Options, World


def build(options: Options) -> FastAPI:
    """One world and its HTTP surface. Providers are plain routes: their speed is part of every benchmark."""
    world = World(options)
    courier = Courier(world)
    trackers = Trackers(world)
    payments = Payments(world)
    warehouse, supplier = Warehouse(world, trackers), Supplier(world, trackers)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        running = asyncio.create_task(courier.run())
        yield
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        world.store.db.close()

    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.router.routes += [
        Mount("/stripe", routes=stripe_routes(world)),
        Mount("/adyen", routes=adyen_routes(world, payments)),
        Mount("/easypost", routes=easypost_routes(world, trackers)),
        Mount("/twilio", routes=Twilio(world).routes()),
        Mount("/warehouse", routes=warehouse.routes()),
        Mount("/supplier", routes=supplier.routes()),
    ]
    app.include_router(Planting(world).router())
    app.include_router(Disputes(world, payments).router())
    app.include_router(Control(world, warehouse, supplier, trackers).router())
    return app
