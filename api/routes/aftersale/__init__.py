"""After the sale: what goes wrong with a delivery, what comes back, and what is done about it."""

from api.routes.aftersale import appeasements, cases, changes, claims, policies, returns, vendors, ways_back

ROUTERS = (
    cases.router,
    changes.router,
    claims.router,
    appeasements.router,
    returns.router,
    ways_back.router,
    vendors.router,
    policies.router,
)
