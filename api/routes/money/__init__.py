"""Money over HTTP: what a cart costs, and what belongs to no order: gift cards, store credit, transfers."""

from api.routes.money import balances, fees, promotions, quotes, tax, transfers

ROUTERS = (
    quotes.router,
    promotions.router,
    tax.router,
    fees.router,
    balances.router,
    transfers.router,
)
