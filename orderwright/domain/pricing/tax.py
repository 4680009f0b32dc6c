"""Which tax is owed on each line, on shipping and on fees, where, at which rate, and if none, why?"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from orderwright.domain.failures import Failure, Invalid
from orderwright.domain.money import rated, share

MILLION = 1_000_000
ANY = "*"
# Member states of the European Union by ISO 3166-1. Source: Council Directive 2006/112/EC, article 5.
EU = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
     "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK"]
)  # fmt: skip


class UnknownTaxClass(Invalid):
    """A tax class without any rate there: refused, never taxed at 0 silently."""

    code = "unknown_tax_class"


class TaxRefused(Invalid):
    """An engine that will not say what is owed on this sale."""

    code = "tax_refused"


class TaxUnavailable(Failure):
    """Nobody can be asked right now what is owed: try again."""

    code = "tax_unavailable"


class Basis(StrEnum):
    """Whose rates count: those of the place it goes to, or of the place it is sold from."""

    DESTINATION = "destination"
    ORIGIN = "origin"


class ShippingTax(StrEnum):
    """How shipping is taxed: not at all, as the goods are (by their mix), or by a class of its own."""

    UNTAXED = "untaxed"
    GOODS = "goods"
    OWN_CLASS = "own_class"


class Rounding(StrEnum):
    """Where fractions of a minor unit are rounded: on every line, or once per rate of the whole document."""

    LINE = "line"
    DOCUMENT = "document"


class TaxReason(StrEnum):
    """Why it is taxed as it is. `flat` is what orders of before 0013 say: rates without dates."""

    RATE = "rate"
    FLAT = "flat"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    UNTAXED = "untaxed"


@dataclass(frozen=True, slots=True)
class Rate:
    """A tax rate in millionths; `inclusive`: prices hold it already."""

    ppm: int = 0
    inclusive: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """As much of an address as decides about tax."""

    country: str
    region: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class TableRate:
    """A rate from `valid_from` to before `valid_to`."""

    tax_class: str
    rate: Rate
    country: str = ANY
    region: str = ANY
    postal_prefix: str = ""
    valid_from: date = date.min
    valid_to: date | None = None

    def fits(self, tax_class: str, place: Place, day: date) -> bool:
        """Whether it is the class, the place and the time."""
        timely = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        here = self.country in (ANY, place.country) and self.region in (ANY, place.region)
        return (
            self.tax_class == tax_class and timely and here and _plain(place).startswith(self.postal_prefix)
        )

    @property
    def exactness(self) -> tuple[bool, bool, int, date]:
        """The greatest counts: a named country, a named region, the longest beginning of a postal code."""
        named = (self.country != ANY, self.region != ANY, len(self.postal_prefix))
        return (*named, self.valid_from)

    @property
    def jurisdiction(self) -> str:
        """`US`, `US-NY`, `US-NY-100`; `*` is everywhere."""
        parts = [self.country, "" if self.region == ANY else self.region, self.postal_prefix]
        return "-".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Regime:
    """How tax is counted in a country or region. `seller`: our place of business for sales there."""

    country: str = ANY
    region: str = ANY
    basis: Basis = Basis.DESTINATION
    shipping: ShippingTax = ShippingTax.UNTAXED
    shipping_class: str = "standard"
    rounding: Rounding = Rounding.LINE
    seller: Place | None = None


@dataclass(frozen=True, slots=True)
class Certificate:
    """A customer's exemption in a country or region, from `valid_from` to before `valid_to`."""

    number: str
    country: str
    region: str = ANY
    valid_from: date = date.min
    valid_to: date | None = None

    def covers(self, place: Place, day: date) -> bool:
        """Whether nothing is owed there on that day."""
        timely = self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
        return timely and self.country == place.country and self.region in (ANY, place.region)


@dataclass(frozen=True, slots=True)
class Item:
    """Something taxed: its class, and minor units after discounts."""

    tax_class: str
    amount: int


@dataclass(frozen=True, slots=True)
class Sale:
    """What is sold to whom, where to, on which day. `shipping` in minor units.

    `certificate` is the number of the customer's, for an engine that cannot look it up; ours reads the row.
    """

    day: date
    destination: Place
    goods: Sequence[Item]
    fees: Sequence[Item] = ()
    shipping: int = 0
    vat_id: str | None = None
    currency: str = "XXX"
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Taxed:
    """What is owed. `relief`: tax that the price holds at the rate `forgone` and that is not owed."""

    rate: Rate
    jurisdiction: str
    reason: TaxReason
    tax: int = 0
    relief: int = 0
    forgone: Rate = Rate()


@dataclass(frozen=True, slots=True)
class Assessment:
    """An answer per line and fee, in their order; shipping in shares of one rate each.

    `evidence`: the number of the certificate, or the customer's VAT id.
    """

    goods: Sequence[Taxed]
    fees: Sequence[Taxed]
    shipping: Sequence[tuple[Item, Taxed]]
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class TaxTable:
    """All that may matter for a sale."""

    rates: Sequence[TableRate]
    regimes: Sequence[Regime] = ()
    certificates: Sequence[Certificate] = ()


def included(amount: int, ppm: int) -> int:
    """The tax inside an amount that holds it, rounded half up to a minor unit."""
    exact = Decimal(amount) * ppm / (MILLION + ppm)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def tax_of(amount: int, rate: Rate) -> int:
    """The tax on an amount, or in it, rounded half up to a minor unit."""
    return included(amount, rate.ppm) if rate.inclusive else rated(amount, rate.ppm)


def assess(sale: Sale, table: TaxTable) -> Assessment:
    """What is owed, by the table. Raises UnknownTaxClass."""
    regime = regime_of(table.regimes, sale.destination)
    place = regime.seller if regime.basis is Basis.ORIGIN and regime.seller else sale.destination
    why, evidence = _released(sale, regime, table.certificates)
    goods = [_decide(item, place, sale.day, table.rates, why) for item in sale.goods]
    fees = [_decide(item, place, sale.day, table.rates, why) for item in sale.fees]
    shares = _shipping(sale, regime, goods)
    shipping = [
        said if said is not None else _decide(item, place, sale.day, table.rates, why)
        for item, said in shares
    ]
    items = [*sale.goods, *sale.fees, *(item for item, _ in shares)]
    counted = _count(items, [*goods, *fees, *shipping], regime.rounding)
    first, second = len(goods), len(goods) + len(fees)
    parts = [(item, said) for (item, _), said in zip(shares, counted[second:], strict=True)]
    return Assessment(counted[:first], counted[first:second], parts, evidence)


def regime_of(regimes: Sequence[Regime], place: Place) -> Regime:
    """The region's, else the country's, else everywhere's, else the plainest."""
    fitting = [
        one for one in regimes if one.country in (ANY, place.country) and one.region in (ANY, place.region)
    ]
    return max(fitting, key=lambda one: (one.country != ANY, one.region != ANY), default=Regime())


def rate_of(rates: Sequence[TableRate], tax_class: str, place: Place, day: date) -> TableRate:
    """The most exact that is valid. Raises UnknownTaxClass."""
    fitting = [one for one in rates if one.fits(tax_class, place, day)]
    if not fitting:
        raise UnknownTaxClass("no tax rate for that class", classes=[tax_class])
    return max(fitting, key=lambda one: one.exactness)


def _released(
    sale: Sale, regime: Regime, certificates: Sequence[Certificate]
) -> tuple[TaxReason | None, str | None]:
    """Why nothing is owed at all, and what proves it."""
    covering = [one.number for one in certificates if one.covers(sale.destination, sale.day)]
    if covering:
        return TaxReason.EXEMPT, covering[0]
    if reverse_charged(sale.vat_id, regime.seller, sale.destination):
        return TaxReason.REVERSE_CHARGE, sale.vat_id
    return None, None


def reverse_charged(vat_id: str | None, seller: Place | None, destination: Place) -> bool:
    """Whether the buyer owes it: a company with a VAT id of another member state than the seller's.

    Source: Council Directive 2006/112/EC, articles 138 and 196. Greek VAT ids begin with EL.
    """
    if vat_id is None or seller is None:
        return False
    home = "GR" if vat_id.startswith("EL") else vat_id[:2]
    return {seller.country, destination.country, home} <= EU and seller.country not in (
        destination.country,
        home,
    )


def _decide(item: Item, place: Place, day: date, rates: Sequence[TableRate], why: TaxReason | None) -> Taxed:
    found = rate_of(rates, item.tax_class, place, day)
    if why is not None:
        return Taxed(Rate(), found.jurisdiction, why, forgone=found.rate)
    return Taxed(found.rate, found.jurisdiction, TaxReason.RATE)


def _shipping(sale: Sale, regime: Regime, goods: Sequence[Taxed]) -> list[tuple[Item, Taxed | None]]:
    """Shares of the shipping with their tax; None: to be decided by its own class."""
    if not sale.shipping:
        return []
    if regime.shipping is ShippingTax.OWN_CLASS:
        return [(Item(regime.shipping_class, sale.shipping), None)]
    if regime.shipping is ShippingTax.UNTAXED or not goods:
        return [(Item("", sale.shipping), Taxed(Rate(), "", TaxReason.UNTAXED))]
    mix: dict[Taxed, tuple[str, int]] = {}
    for item, said in zip(sale.goods, goods, strict=True):
        tax_class, weight = mix.get(said, (item.tax_class, 0))
        mix[said] = (tax_class, weight + item.amount)
    amounts = share(sale.shipping, [weight for _, weight in mix.values()])
    parts = zip(mix.items(), amounts, strict=True)
    return [(Item(tax_class, amount), said) for (said, (tax_class, _)), amount in parts if amount]


def _count(items: Sequence[Item], said: Sequence[Taxed], rounding: Rounding) -> list[Taxed]:
    """The amounts: rounded one by one, or once per rate and then shared among its items."""
    if rounding is Rounding.LINE:
        return [
            replace(one, tax=tax_of(item.amount, one.rate), relief=_relief(item.amount, one))
            for item, one in zip(items, said, strict=True)
        ]
    groups: dict[Taxed, list[int]] = {}
    for i, one in enumerate(said):
        groups.setdefault(one, []).append(i)
    counted = list(said)
    for one, members in groups.items():
        amounts = [items[i].amount for i in members]
        taxes, reliefs = (
            share(whole, amounts) for whole in (tax_of(sum(amounts), one.rate), _relief(sum(amounts), one))
        )
        for i, tax, relief in zip(members, taxes, reliefs, strict=True):
            counted[i] = replace(one, tax=tax, relief=relief)
    return counted


def _relief(amount: int, said: Taxed) -> int:
    return included(amount, said.forgone.ppm) if said.forgone.inclusive else 0


def _plain(place: Place) -> str:
    return place.postal_code.replace(" ", "").upper()
