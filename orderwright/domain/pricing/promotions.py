"""Which promotions take effect on a cart, and what does each take off its lines and its shipping?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.money import rated, share

MILLION = 1_000_000


class PromotionKind(StrEnum):
    """What it gives."""

    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    BUY_X_GET_Y = "buy_x_get_y"
    FREE_SHIPPING = "free_shipping"
    TIERED = "tiered"


class Stacking(StrEnum):
    """Beside which others: none; combinable ones and of its own sort only the first; all combinable ones."""

    EXCLUSIVE = "exclusive"
    PRIORITY = "priority"
    COMBINABLE = "combinable"


class UnknownPromotion(Invalid):
    """A code that is none, or is not valid now, here or for this customer."""

    code = "unknown_promotion"


class PromotionNotMet(Invalid):
    """A code whose conditions the cart does not meet: too little of it, or nothing it is for."""

    code = "promotion_not_met"


class PromotionUsedUp(Conflict):
    """A code that has been used as often as it may be, by all or by this customer."""

    code = "promotion_used_up"


@dataclass(frozen=True, slots=True)
class Tier:
    """From `minimum` of eligible goods on: so many millionths off, or an amount in minor units."""

    minimum: int
    ppm: int = 0
    amount: int = 0


@dataclass(frozen=True, slots=True)
class Promotion:
    """What counts for the calculation. `skus` empty: all goods. Higher `priority` is calculated first.

    `ppm` is the share taken off, of buy x get y off each of the `get` cheapest of every `buy + get` units.
    """

    id: UUID
    name: str
    kind: PromotionKind
    code: str | None = None
    ppm: int = 0
    amount: int = 0
    buy: int = 0
    get: int = 0
    tiers: Sequence[Tier] = ()
    minimum: int = 0
    skus: frozenset[str] = frozenset()
    priority: int = 0
    stacking: Stacking = Stacking.COMBINABLE


@dataclass(frozen=True, slots=True)
class CartItem:
    """Units of a SKU and their amount in minor units before any discount."""

    sku: str
    units: int
    amount: int


@dataclass(frozen=True, slots=True)
class Applied:
    """What one promotion takes off each line, in their order, and off the shipping."""

    promotion: Promotion
    lines: Sequence[int]
    shipping: int = 0

    @property
    def amount(self) -> int:
        """All of it."""
        return sum(self.lines) + self.shipping


@dataclass(frozen=True, slots=True)
class Discounts:
    """What takes effect, in the order of its calculation."""

    applied: Sequence[Applied]
    lines: Sequence[int]
    shipping: int

    @property
    def amount(self) -> int:
        """All that is taken off."""
        return sum(self.lines) + self.shipping


def apply(promotions: Sequence[Promotion], items: Sequence[CartItem], shipping: int) -> Discounts:
    """The best for the customer: one exclusive promotion alone, or those that go together.

    Each is calculated on what those before it have left. No line falls below zero.
    """
    ranked = sorted(promotions, key=lambda one: (-one.priority, str(one.id)))
    first = [one for one in ranked if one.stacking is Stacking.PRIORITY]
    alone = [[one] for one in ranked if one.stacking is Stacking.EXCLUSIVE]
    together = [one for one in ranked if one.stacking is Stacking.COMBINABLE]
    mixes = [[one for one in ranked if one in together or one is leader] for leader in first] or [together]
    # Of the promotions that go by priority only the first that gives anything takes part.
    with_leader = next(
        (found for mix in mixes if _leads((found := _in_turn(mix, items, shipping)))),
        _in_turn(together, items, shipping),
    )
    return max([with_leader, *(_in_turn(one, items, shipping) for one in alone)], key=lambda one: one.amount)


def why_not(promotion: Promotion, items: Sequence[CartItem]) -> str:
    """Why it gives nothing on this cart, for people; empty where it could give something."""
    eligible = [item for item in items if not promotion.skus or item.sku in promotion.skus]
    if not eligible:
        return "nothing in the cart is part of it"
    if sum(item.amount for item in eligible) < promotion.minimum:
        return f"it needs goods for at least {promotion.minimum} (minor units)"
    if promotion.kind is PromotionKind.BUY_X_GET_Y:
        needed = promotion.buy + promotion.get
        return "" if sum(item.units for item in eligible) >= needed else f"it needs {needed} units"
    if promotion.kind is PromotionKind.TIERED and not _tier(promotion, sum(i.amount for i in eligible)):
        return f"its first step begins at {min(tier.minimum for tier in promotion.tiers)} (minor units)"
    return ""


def _leads(found: Discounts) -> bool:
    return any(one.promotion.stacking is Stacking.PRIORITY for one in found.applied)


def _in_turn(promotions: Sequence[Promotion], items: Sequence[CartItem], shipping: int) -> Discounts:
    taken, postage, applied = [0] * len(items), shipping, []
    for one in promotions:
        rest = [
            item.amount - off if not one.skus or item.sku in one.skus else 0
            for item, off in zip(items, taken, strict=True)
        ]
        found = _one(one, items, rest, postage)
        if found.amount:
            applied.append(found)
            taken = [off + more for off, more in zip(taken, found.lines, strict=True)]
            postage -= found.shipping
    return Discounts(applied, taken, shipping - postage)


def _one(one: Promotion, items: Sequence[CartItem], rest: Sequence[int], postage: int) -> Applied:
    nothing = Applied(one, [0] * len(items))
    if why_not(one, items) or not items:
        return nothing
    whole = sum(rest)
    match one.kind:
        case PromotionKind.FREE_SHIPPING:
            return Applied(one, nothing.lines, min(postage, one.amount or postage))
        case PromotionKind.PERCENTAGE:
            off = rated(whole, one.ppm)
        case PromotionKind.AMOUNT:
            off = min(whole, one.amount)
        case PromotionKind.TIERED:
            tier = _tier(one, sum(i.amount for i in items if not one.skus or i.sku in one.skus))
            off = min(whole, rated(whole, tier.ppm) + tier.amount) if tier else 0
        case PromotionKind.BUY_X_GET_Y:
            return Applied(one, _free_units(one, items, rest))
    return Applied(one, share(off, rest) if off else nothing.lines)


def _tier(one: Promotion, amount: int) -> Tier | None:
    reached = [tier for tier in one.tiers if tier.minimum <= amount]
    return max(reached, key=lambda tier: tier.minimum, default=None)


def _free_units(one: Promotion, items: Sequence[CartItem], rest: Sequence[int]) -> list[int]:
    """Of every `buy + get` units the cheapest `get` are reduced; the cheapest lines first."""
    eligible = [i for i, item in enumerate(items) if not one.skus or item.sku in one.skus]
    left = sum(items[i].units for i in eligible) // (one.buy + one.get) * one.get
    off = [0] * len(items)
    for i in sorted(eligible, key=lambda i: (rest[i] * MILLION // items[i].units, i)):
        units = min(left, items[i].units)
        off[i] = rated(share(rest[i], [units, items[i].units - units])[0], one.ppm)
        left -= units
    return off
