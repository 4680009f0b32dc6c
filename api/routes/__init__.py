"""Routes parse, call one service, and answer with a schema."""

from api.routes import (
    actions,
    assortment,
    customers,
    fulfillment,
    health,
    inbound,
    locations,
    orders,
    pickup,
    products,
    purchases,
    routing,
    shipments,
    stock,
    tasks,
    unroutable,
)

ROUTERS = (
    orders.router,
    actions.router,
    tasks.router,
    fulfillment.router,
    pickup.router,
    purchases.router,
    shipments.router,
    products.router,
    assortment.router,
    locations.router,
    *stock.ROUTERS,
    routing.router,
    unroutable.router,
    customers.router,
    inbound.router,
    health.router,
)
