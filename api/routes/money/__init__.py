"""Money over HTTP: prices, documents, gift cards, credit, transfers, the books and the provider's side."""

from api.routes.money import (
    balances,
    books,
    differences,
    disputes,
    documents,
    exchange,
    fees,
    promotions,
    quotes,
    receivables,
    saved,
    sellers,
    tax,
    transfers,
)

ROUTERS = (
    quotes.router,
    promotions.router,
    tax.router,
    fees.router,
    balances.router,
    transfers.router,
    receivables.router,
    saved.router,
    documents.router,
    sellers.router,
    books.router,
    exchange.router,
    differences.router,
    disputes.router,
)
