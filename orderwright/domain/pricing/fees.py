"""Which fees does an order bear: for its size, its fuel, its hazards, its payment, its broken contract?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from orderwright.domain.money import rated
from orderwright.domain.payments import PaymentMethod


class FeeKind(StrEnum):
    """What a fee is for."""

    SMALL_ORDER = "small_order"
    FUEL = "fuel"
    HAZMAT = "hazmat"
    PAYMENT_METHOD = "payment_method"
    CONTRACT_PENALTY = "contract_penalty"


@dataclass(frozen=True, slots=True)
class FeeRule:
    """Millionths of what it is counted on, and an amount in minor units beside them.

    Small order: below `below` of goods after discounts, `ppm` of these. Fuel: `ppm` of the shipping. Hazmat:
    `amount` per order, or per hazardous unit where `per_unit`. Payment: by `method`, `ppm` of goods and
    shipping. Contract penalty: below `below` of goods or below `below_units`, `ppm` of the goods.
    """

    code: str
    name: str
    kind: FeeKind
    amount: int = 0
    ppm: int = 0
    below: int = 0
    per_unit: bool = False
    method: PaymentMethod | None = None
    tax_class: str = "standard"
    below_units: int = 0


@dataclass(frozen=True, slots=True)
class Fee:
    """Minor units, before tax."""

    rule: FeeRule
    amount: int


@dataclass(frozen=True, slots=True)
class Load:
    """What fees look at: goods after discounts, shipping, hazardous units, how it is paid, all units."""

    goods: int
    shipping: int
    hazardous: int
    method: PaymentMethod
    units: int = 0


def fees(rules: Sequence[FeeRule], load: Load) -> list[Fee]:
    """The fees that are not zero, by code. An order of nothing bears none."""
    if load.goods + load.shipping == 0:
        return []
    found = [Fee(rule, _amount(rule, load)) for rule in sorted(rules, key=lambda rule: rule.code)]
    return [fee for fee in found if fee.amount]


def _amount(rule: FeeRule, load: Load) -> int:
    match rule.kind:
        case FeeKind.SMALL_ORDER:
            return rule.amount + rated(load.goods, rule.ppm) if load.goods < rule.below else 0
        case FeeKind.FUEL:
            return rule.amount + rated(load.shipping, rule.ppm) if load.shipping else 0
        case FeeKind.HAZMAT:
            return rule.amount * (load.hazardous if rule.per_unit else min(1, load.hazardous))
        case FeeKind.PAYMENT_METHOD:
            base = load.goods + load.shipping
            return rule.amount + rated(base, rule.ppm) if rule.method is load.method else 0
        case FeeKind.CONTRACT_PENALTY:
            missed = load.goods < rule.below or load.units < rule.below_units
            return rule.amount + rated(load.goods, rule.ppm) if missed else 0
