"""Fulfillment over HTTP: parts, parcels, collection at the counter, purchase orders to suppliers."""

from api.routes.fulfillment import parts, pickup, purchases, shipments

ROUTERS = (
    parts.router,
    pickup.router,
    purchases.router,
    shipments.router,
)
