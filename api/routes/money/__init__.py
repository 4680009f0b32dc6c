"""Money over HTTP: what a cart costs, its documents, and what is kept: gift cards, credit, transfers."""

from api.routes.money import balances, documents, fees, promotions, quotes, sellers, tax, transfers

ROUTERS = (
    quotes.router,
    promotions.router,
    tax.router,
    fees.router,
    balances.router,
    transfers.router,
    documents.router,
    sellers.router,
)
