"""After the sale: what goes wrong with a delivery, what comes back, and what is done about it."""

from api.routes.aftersale import appeasements, cases, changes, claims, policies, returns, ways_back

ROUTERS = (
    cases.router,
    changes.router,
    claims.router,
    appeasements.router,
    returns.router,
    ways_back.router,
    policies.router,
)
