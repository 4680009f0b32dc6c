"""What may somebody want to be different about an order, and who may want what?"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.failures import Conflict, Forbidden, Invalid
from orderwright.domain.orders import Scope


class ChangeKind(StrEnum):
    """What is changed."""

    ADD_LINE = "add_line"
    REMOVE_LINE = "remove_line"
    QUANTITY = "quantity"
    SWAP = "swap"
    ADDRESS = "address"
    SERVICE = "service"
    PRICE = "price"
    DATE = "date"


class ChangeState(StrEnum):
    """How a confirmed change ended; `taken_back`: what it added was not paid in time."""

    APPLIED = "applied"
    AWAITING_RECALL = "awaiting_recall"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"


class StalePreview(Conflict):
    """Something has moved since the preview: look at a new one."""

    code = "stale_preview"


class NothingLeft(Conflict):
    """No unit of the order would be left: that is a cancel."""

    code = "nothing_left"


class NotEnough(Conflict):
    """Fewer units than that are there for this order."""

    code = "not_enough"


class TooEarly(Conflict):
    """It cannot be there on that day."""

    code = "too_early"


class WindowOver(Conflict):
    """The time in which a customer may change an order has passed."""

    code = "change_window_over"


@dataclass(frozen=True, slots=True)
class Wish:
    """One difference. `line`: the id or SKU of a line or kit of the order; `sku`: what comes new.

    `units`: of a new line, what is left of one, or None for all of it; `unit_price` in minor units of a
    single one, where it is agreed; `day`: on which it is wanted at the customer's, at the latest.
    """

    kind: ChangeKind
    line: UUID | str | None = None
    sku: str | None = None
    units: int | None = None
    unit_price: int | None = None
    service: str | None = None
    ship_to: Address | None = None
    day: date | None = None


_NEEDS: dict[ChangeKind, tuple[str, ...]] = {
    ChangeKind.ADD_LINE: ("sku", "units"),
    ChangeKind.REMOVE_LINE: ("line",),
    ChangeKind.QUANTITY: ("line", "units"),
    ChangeKind.SWAP: ("line", "sku"),
    ChangeKind.ADDRESS: ("ship_to",),
    ChangeKind.SERVICE: ("service",),
    ChangeKind.PRICE: ("line", "unit_price"),
    ChangeKind.DATE: ("day",),
}
_MAY: dict[ChangeKind, tuple[str, ...]] = {
    ChangeKind.ADD_LINE: ("unit_price",),
    ChangeKind.SWAP: ("units", "unit_price"),
}
_FIELDS = ("line", "sku", "units", "unit_price", "service", "ship_to", "day")
_ONCE = (ChangeKind.ADDRESS, ChangeKind.SERVICE, ChangeKind.DATE)


def check(wishes: Sequence[Wish], actor: Actor, reason: str) -> None:
    """Whether they say what their kind needs and nothing else, and may be asked for by `actor`.

    Raises Invalid, Forbidden. A storefront may take away, send elsewhere, choose a day; prices need a reason.
    """
    if not wishes:
        raise Invalid("nothing is to be changed", field="changes")
    for wish in wishes:
        _check_fields(wish)
    once = [wish.kind for wish in wishes if wish.kind in _ONCE]
    named = [str(wish.line) for wish in wishes if wish.line is not None]
    if len(set(once)) < len(once) or len(set(named)) < len(named):
        raise Invalid("one thing is changed once", field="changes")
    if any(wish.unit_price is not None for wish in wishes) and not reason:
        raise Invalid("an agreed price has a reason", field="reason")
    if not actor.may(Scope.OPERATIONS) and any(_needs_staff(wish) for wish in wishes):
        raise Forbidden(
            "a customer may take units away, send them elsewhere or choose their day", needs=["operations"]
        )


def _check_fields(wish: Wish) -> None:
    needs, may = _NEEDS[wish.kind], _MAY.get(wish.kind, ())
    for name in _FIELDS:
        there = getattr(wish, name) is not None
        if there and name not in (*needs, *may):
            raise Invalid(f"{wish.kind} says nothing of {name}", field=name)
        if not there and name in needs:
            raise Invalid(f"{wish.kind} needs {name}", field=name)
    least = 0 if wish.kind is ChangeKind.QUANTITY else 1
    if (wish.units is not None and wish.units < least) or (wish.unit_price or 0) < 0:
        raise Invalid("less than nothing", field="units")


def _needs_staff(wish: Wish) -> bool:
    """Adding by a higher quantity is found out where the line is known."""
    free = (ChangeKind.REMOVE_LINE, ChangeKind.QUANTITY, ChangeKind.ADDRESS, ChangeKind.DATE)
    return wish.kind not in free
