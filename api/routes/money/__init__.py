"""Money over HTTP that belongs to no order: gift cards and store credit."""

from api.routes.money import balances

ROUTERS = (balances.router,)
