"""Money over HTTP: tax, fees, promotions, and what a cart costs by them."""

from api.routes.money import fees, promotions, quotes, tax

ROUTERS = (quotes.router, promotions.router, tax.router, fees.router)
