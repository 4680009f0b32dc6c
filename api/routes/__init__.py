"""Routes parse, call one service, and answer with a schema."""

from api.routes import (
    actions,
    assortment,
    availability,
    customers,
    fulfillment,
    health,
    inbound,
    locations,
    orders,
    products,
    routing,
    shipments,
    stock,
    tasks,
)

ROUTERS = (
    orders.router,
    actions.router,
    tasks.router,
    fulfillment.router,
    shipments.router,
    products.router,
    assortment.router,
    locations.router,
    stock.router,
    availability.router,
    routing.router,
    customers.router,
    inbound.router,
    health.router,
)
