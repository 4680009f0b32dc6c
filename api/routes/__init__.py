"""Routes parse, call one service, and answer with a schema."""

from api.routes import (
    actions,
    assortment,
    customers,
    fulfillment,
    health,
    inbound,
    locations,
    money,
    orders,
    pickup,
    products,
    purchases,
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
    pickup.router,
    purchases.router,
    shipments.router,
    products.router,
    assortment.router,
    locations.router,
    *stock.ROUTERS,
    *money.ROUTERS,
    routing.router,
    customers.router,
    inbound.router,
    health.router,
)
