"""Money over HTTP that belongs to no order: gift cards, store credit, bank transfers."""

from api.routes.money import balances, transfers

ROUTERS = (balances.router, transfers.router)
