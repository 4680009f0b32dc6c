"""Routes of money."""

from api.routes.money import documents, sellers

ROUTERS = (documents.router, sellers.router)
