"""Every tax engine says the same of the same sale: our own table and Stripe Tax."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio

from orderwright.adapters.tax.stripe_tax import StripeTax
from orderwright.domain.pricing.tax import (
    Assessment,
    Item,
    Place,
    Rate,
    Rounding,
    Sale,
    ShippingTax,
    TaxReason,
    UnknownTaxClass,
)
from orderwright.persistence.database import Database
from orderwright.ports.tax import TaxEngine
from orderwright.services import customers
from orderwright.services.customers import CustomerData
from orderwright.services.pricing import tariffs, taxing
from orderwright.services.pricing.tariffs import ExemptionData, RegimeData
from tests.adapters.world import World

TODAY = datetime.now(UTC).date()
LONDON, PARIS, MANHATTAN = Place("GB", "", "SW1A 1AA"), Place("FR", "", "75001"), Place("US", "NY", "10001")
CODES = {"standard": "txcd_99999999", "exempt": "txcd_00000000"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def record(module_database_url: str) -> AsyncIterator[Database]:
    """The seeded rates, and how tax is counted where the tests sell."""
    db = Database(module_database_url)
    async with db.transaction() as session:
        for country in ("GB", "FR", "US"):
            regime = RegimeData(
                country, shipping=ShippingTax.OWN_CLASS, rounding=Rounding.LINE,
                seller_country="DE" if country == "FR" else None,
            )  # fmt: skip
            await tariffs.put_regime(session, regime)
        museum = await customers.create(session, CustomerData("Museum", external_id="museum"))
        for country in ("GB", "US"):
            await tariffs.exempt(session, ExemptionData(museum.id, "EX-7", country, date(2026, 1, 1)))
    yield db
    await db.close()


@dataclass
class OfRecord:
    """The table, asked in a transaction of its own; a sale with a certificate is the museum's."""

    db: Database

    async def assess(self, sale: Sale) -> Assessment:
        async with self.db.transaction() as session:
            museum = await customers.by_external_id(session, "museum")
            buyer = museum.id if museum and sale.certificate else None
            return await taxing.RateTable(session, buyer).assess(sale)


@pytest.fixture(params=["table", "stripe"])
def engine(
    request: pytest.FixtureRequest, record: Database, world: World, pool: ThreadPoolExecutor
) -> TaxEngine:
    """Each engine in turn."""
    if request.param == "table":
        return OfRecord(record)
    return StripeTax("sk_test_x", f"{world.url}/stripe", codes=CODES, pool=pool)


def sale(place: Place, *amounts: int, **more: object) -> Sale:
    given = Sale(TODAY, place, [Item("standard", amount) for amount in amounts], currency="EUR")
    return replace(given, **more)  # type: ignore[arg-type] # any field of a sale


async def test_what_prices_hold_is_said_and_nothing_is_added(engine: TaxEngine) -> None:
    said = await engine.assess(sale(LONDON, 1200, 2999))

    assert [one.tax for one in said.goods] == [200, 500]
    assert {(one.rate, one.jurisdiction, one.reason) for one in said.goods} == {
        (Rate(200_000, inclusive=True), "GB", TaxReason.RATE)
    }
    assert (said.shipping, said.evidence) == ([], None)


async def test_what_comes_on_top_is_rounded_half_up_per_line(engine: TaxEngine) -> None:
    said = await engine.assess(sale(MANHATTAN, 1000, 2999, 4))

    assert [one.tax for one in said.goods] == [89, 266, 0]
    assert {(one.rate, one.jurisdiction) for one in said.goods} == {(Rate(88_750), "US-NY")}


async def test_fees_and_shipping_are_taxed_beside_the_goods(engine: TaxEngine) -> None:
    said = await engine.assess(sale(MANHATTAN, 1000, fees=[Item("standard", 300)], shipping=500))

    assert [one.tax for one in said.fees] == [27]
    assert [(item.amount, one.tax, one.rate) for item, one in said.shipping] == [(500, 44, Rate(88_750))]


async def test_shipping_alone_is_taxed_too(engine: TaxEngine) -> None:
    said = await engine.assess(sale(LONDON, 0, shipping=600))

    assert said.goods[0].tax == 0
    assert [(item.amount, one.tax) for item, one in said.shipping] == [(600, 100)]


async def test_a_class_that_bears_no_tax_bears_none(engine: TaxEngine) -> None:
    said = await engine.assess(sale(MANHATTAN, 1, goods=[Item("exempt", 1000), Item("standard", 1000)]))

    assert [one.tax for one in said.goods] == [0, 89]


async def test_who_has_a_certificate_owes_nothing_on_top(engine: TaxEngine) -> None:
    said = await engine.assess(sale(MANHATTAN, 1000, shipping=500, certificate="EX-7"))

    everything = [*said.goods, *(one for _, one in said.shipping)]
    assert {(one.tax, one.relief, one.reason) for one in everything} == {(0, 0, TaxReason.EXEMPT)}
    assert said.evidence == "EX-7"


async def test_tax_that_prices_hold_and_nobody_owes_leaves_them(engine: TaxEngine) -> None:
    free = await engine.assess(sale(LONDON, 1200, shipping=600, certificate="EX-7"))
    company = await engine.assess(sale(PARIS, 1200, vat_id="ATU12345678"))

    assert [(one.tax, one.relief) for one in free.goods] == [(0, 200)]
    assert [(one.tax, one.relief) for _, one in free.shipping] == [(0, 100)]
    assert [(one.tax, one.relief, one.reason, one.forgone) for one in company.goods] == [
        (0, 200, TaxReason.REVERSE_CHARGE, Rate(200_000, inclusive=True))
    ]
    assert company.evidence == "ATU12345678"


async def test_a_company_at_home_and_a_person_owe_it(engine: TaxEngine) -> None:
    company = await engine.assess(sale(PARIS, 1200, vat_id="DE136695976"))
    person = await engine.assess(sale(PARIS, 1200))

    assert [one.tax for one in company.goods] == [one.tax for one in person.goods] == [200]
    assert company.evidence is None


async def test_a_class_nobody_knows_is_refused_never_taxed_at_nothing(engine: TaxEngine) -> None:
    with pytest.raises(UnknownTaxClass):
        await engine.assess(sale(LONDON, 1, goods=[Item("wine", 1000)]))


async def test_a_long_cart_is_answered_line_by_line(engine: TaxEngine) -> None:
    said = await engine.assess(sale(LONDON, *range(6, 1206, 6), shipping=600))

    assert [one.tax for one in said.goods] == list(range(1, 201))
    assert [one.tax for _, one in said.shipping] == [100]


async def test_the_same_sale_is_assessed_alike(engine: TaxEngine) -> None:
    one = sale(MANHATTAN, 1999, 3, shipping=499)

    assert await engine.assess(one) == await engine.assess(one)
