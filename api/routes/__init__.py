"""Routes parse, call one service, and answer with a schema."""

from api.routes import (
    actions,
    aftersale,
    assortment,
    contact,
    customers,
    fulfillment,
    health,
    inbound,
    locations,
    money,
    orders,
    products,
    routing,
    stock,
    tasks,
    unroutable,
)

ROUTERS = (
    orders.router,
    actions.router,
    *aftersale.ROUTERS,
    tasks.router,
    *fulfillment.ROUTERS,
    products.router,
    assortment.router,
    locations.router,
    *stock.ROUTERS,
    *money.ROUTERS,
    routing.router,
    unroutable.router,
    customers.router,
    *contact.ROUTERS,
    inbound.router,
    health.router,
)
