"""What is sold and where it lies: products, locations, stock levels."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, time

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.addresses import Address
from orderwright.domain.failures import Exists, NotFound, Stale
from orderwright.domain.fulfillment.states import LocationRole, WarehouseKind
from orderwright.domain.stock.units import Tracking
from orderwright.persistence.stock.lots import check_fit
from orderwright.persistence.tables import Location, Product, StockLevel, StockLot


@dataclass(frozen=True, slots=True)
class ProductData:
    """Price in minor units of `currency`, grams, millimeters; the rest as the table says."""

    sku: str
    name: str
    price: int
    currency: str
    tax_class: str = "standard"
    grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    tracking: Tracking = Tracking.NONE
    hazmat: bool = False
    buyer_cap: int | None = None
    release_on: date | None = None
    preorder_limit: int | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class LocationData:
    """Where stock lies. `cutoff` is local time in `timezone`; the rest as the table says."""

    code: str
    name: str
    kind: WarehouseKind
    address: Address
    latitude: float
    longitude: float
    timezone: str = "UTC"
    cutoff: time = time(16)
    handling_cost: int = 0
    active: bool = True
    role: LocationRole = LocationRole.WAREHOUSE
    workdays: Sequence[int] = (1, 2, 3, 4, 5)
    daily_capacity: int | None = None
    carriers: Sequence[str] = ()
    serves: Sequence[str] = ()
    hazmat: bool = False
    ships: bool = True
    pickup: bool = False

    def row(self) -> dict[str, object]:
        """As the table's columns."""
        days = "".join(str(day) for day in sorted(set(self.workdays)))
        return asdict(self) | {
            "workdays": days, "carriers": list(self.carriers), "serves": list(self.serves)
        }  # fmt: skip


async def create_product(session: AsyncSession, data: ProductData) -> Product:
    """A new product. Raises Exists."""
    row: Product | None = await session.scalar(
        insert(Product).values(**asdict(data)).on_conflict_do_nothing().returning(Product)
    )
    if row is None:
        raise Exists("a product has that SKU", sku=data.sku)
    return row


async def product(session: AsyncSession, sku: str) -> Product:
    """One product. Raises NotFound."""
    row = await session.get(Product, sku)
    if row is None:
        raise NotFound("no such product")
    return row


async def products(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Product]:
    """Products by SKU, from after `after`."""
    query = select(Product).order_by(Product.sku).limit(limit)
    return (await session.scalars(query if after is None else query.where(Product.sku > after))).all()


async def replace_product(session: AsyncSession, data: ProductData, version: int) -> Product:
    """Change all of it, if nobody else has since `version`. Raises NotFound, Stale, Conflict (tracking)."""
    row: Product | None = await session.scalar(
        update(Product)
        .where(Product.sku == data.sku, Product.version == version)
        .values(**asdict(data), version=Product.version + 1)
        .returning(Product)
        .execution_options(populate_existing=True)
    )
    if row is None:
        current = await product(session, data.sku)
        raise Stale("somebody has changed this product since", version=current.version)
    await check_fit(session, [data.sku])
    return row


async def put_products(session: AsyncSession, batch: Sequence[ProductData]) -> int:
    """Make or change many at once; the last of one SKU wins. How many products that were.

    Raises Conflict where units in stock are tracked otherwise.
    """
    rows = {data.sku: asdict(data) for data in batch}
    upsert = insert(Product).values([rows[sku] for sku in sorted(rows)])
    changed = {name: upsert.excluded[name] for name in ProductData.__slots__ if name != "sku"}
    await session.execute(
        upsert.on_conflict_do_update(index_elements=["sku"], set_={**changed, "version": Product.version + 1})
    )
    await check_fit(session, rows)
    return len(rows)


async def create_location(session: AsyncSession, data: LocationData) -> Location:
    """A new location. Raises Exists."""
    row: Location | None = await session.scalar(
        insert(Location).values(**data.row()).on_conflict_do_nothing().returning(Location)
    )
    if row is None:
        raise Exists("a location has that code", code=data.code)
    return row


async def location(session: AsyncSession, code: str) -> Location:
    """One location. Raises NotFound."""
    row = await session.get(Location, code)
    if row is None:
        raise NotFound("no such location")
    return row


async def locations(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Location]:
    """Locations by code, from after `after`."""
    query = select(Location).order_by(Location.code).limit(limit)
    return (await session.scalars(query if after is None else query.where(Location.code > after))).all()


async def replace_location(session: AsyncSession, data: LocationData) -> Location:
    """Change all of it. Raises NotFound."""
    row: Location | None = await session.scalar(
        update(Location)
        .where(Location.code == data.code)
        .values(**data.row())
        .returning(Location)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound("no such location")
    return row


async def levels(
    session: AsyncSession,
    *,
    sku: str | None,
    location: str | None,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[StockLevel]:
    """Stock by SKU and location, from after `after`."""
    query = select(StockLevel).order_by(StockLevel.sku, StockLevel.location).limit(limit)
    if sku is not None:
        query = query.where(StockLevel.sku == sku)
    if location is not None:
        query = query.where(StockLevel.location == location)
    if after is not None:
        query = query.where(tuple_(StockLevel.sku, StockLevel.location) > tuple_(*after))
    return (await session.scalars(query)).all()


async def lots(
    session: AsyncSession,
    *,
    sku: str | None,
    location: str | None,
    after: tuple[str, str, str] | None,
    limit: int,
) -> Sequence[StockLot]:
    """Lots that are there, by SKU, location and lot, from after `after`."""
    key = (StockLot.sku, StockLot.location, StockLot.lot)
    query = select(StockLot).where(StockLot.on_hand > 0).order_by(*key).limit(limit)
    if sku is not None:
        query = query.where(StockLot.sku == sku)
    if location is not None:
        query = query.where(StockLot.location == location)
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return (await session.scalars(query)).all()
