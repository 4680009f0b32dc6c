"""The shipped sample stories, told by a shop of the tests."""

from orderwright.services.telling.rendering import Shop
from orderwright.services.telling.sample import (
    CONTACT,
    DEADLINE,
    ORDER,
    PARCEL,
    PICKUP,
    RETURNED,
    WAIT,
    euro,
    story,
)

__all__ = ["CONTACT", "DEADLINE", "ORDER", "PARCEL", "PICKUP", "RETURNED", "SHOP", "WAIT", "euro", "story"]

SHOP = Shop.of(
    sender="Blue Shop <orders@shop.example>",
    public_url="http://127.0.0.1:8080/",
    business_email="boss@shop.example",
)
