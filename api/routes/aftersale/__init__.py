"""After the sale: what went wrong with a delivery, and what is done about it."""

from api.routes.aftersale import appeasements, cases, claims

ROUTERS = (
    cases.router,
    claims.router,
    appeasements.router,
)
