"""Stored payment methods: what a shopper lets Adyen keep."""

from __future__ import annotations

from orderwright.simulator.adyen.form import error
from orderwright.simulator.types import Json
from orderwright.simulator.world import World

CARD = {"brand": "visa", "lastFour": "1111", "expiryMonth": "03", "expiryYear": "2030"}


class Stored:
    """A token belongs to its shopper. One that only the storefront has seen so far is taken for stored."""

    def __init__(self, world: World) -> None:
        self._world = world

    def used(self, shopper: str, token: str) -> None:
        """It is paid with; raises where it has been deleted."""
        kept = self._world.store.get(_id(shopper, token))
        if kept is None:
            self.keep(shopper, token)
        elif not kept["stored"]:
            raise error(422, "803", "PaymentDetail not found")

    def keep(self, shopper: str, token: str) -> None:
        """Store it."""
        kept: Json = {"id": _id(shopper, token), "token": token, "stored": True}
        self._world.store.put("as", kept, parent=shopper)

    def of(self, shopper: str) -> Json:
        """storedPaymentMethods.list."""
        kept = [one for one in self._world.store.children(shopper, "as") if one["stored"]]
        return {
            "shopperReference": shopper,
            "storedPaymentMethods": [
                {"id": one["token"], "type": "scheme", "shopperReference": shopper, **CARD} for one in kept
            ],
        }

    def delete(self, shopper: str, token: str) -> Json:
        """storedPaymentMethods.delete."""
        kept = self._world.store.get(_id(shopper, token))
        if kept is None or not kept["stored"]:
            raise error(422, "803", "PaymentDetail not found")
        self._world.store.put("as", {**kept, "stored": False})
        return {}


def _id(shopper: str, token: str) -> str:
    return f"{shopper}/{token}"
