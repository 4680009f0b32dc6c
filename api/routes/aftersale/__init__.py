"""After the sale over HTTP."""

from api.routes.aftersale import policies, returns

ROUTERS = (returns.router, policies.router)
