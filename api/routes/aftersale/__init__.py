"""What happens to an order after the sale."""

from api.routes.aftersale import changes

ROUTERS = (changes.router,)
