"""Which products are sold as one, and how many of such a kit are there?"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Conflict, Invalid, NotFound, UnknownProduct
from orderwright.domain.stock import promising
from orderwright.persistence import stock
from orderwright.persistence.tables import KitComponent, Product, StockLevel

_WRITING = 0x5709  # the advisory lock behind which kits are written, so that no kit gets into another


class KitOfKits(Conflict):
    """A kit holds products, never another kit."""

    code = "kit_of_kits"


@dataclass(frozen=True, slots=True)
class Kit:
    """A kit, its components by SKU, and how many whole ones the free stock makes."""

    sku: str
    components: Mapping[str, int]
    available: int


async def put(session: AsyncSession, sku: str, components: Mapping[str, int]) -> Kit:
    """Make the product a kit of these, or (of none) a product again; orders keep what they were placed with.

    Raises NotFound, UnknownProduct, Invalid (itself), KitOfKits, Conflict (it has stock of its own).
    """
    await session.execute(select(func.pg_advisory_xact_lock(_WRITING)))
    if await session.get(Product, sku) is None:
        raise NotFound("no such product")
    if components:
        await _check(session, sku, components)
    await session.execute(delete(KitComponent).where(KitComponent.kit == sku))
    rows = [{"kit": sku, "component": one, "units": units} for one, units in components.items()]
    if rows:
        await session.execute(insert(KitComponent), rows)
    return (await _with_stock(session, {sku: components}))[0]


async def _check(session: AsyncSession, sku: str, components: Mapping[str, int]) -> None:
    if sku in components:
        raise Invalid("a kit cannot hold itself", sku=sku)
    known = await session.scalars(select(Product.sku).where(Product.sku.in_(components)))
    if missing := sorted(set(components) - set(known)):
        raise UnknownProduct("no such product", skus=missing)
    inner = select(KitComponent.kit).where(KitComponent.kit.in_(components)).limit(1)
    if (kit := await session.scalar(inner)) is not None:
        raise KitOfKits(f"{kit} is a kit itself", sku=kit)
    outer = select(KitComponent.kit).where(KitComponent.component == sku).limit(1)
    if (kit := await session.scalar(outer)) is not None:
        raise KitOfKits(f"{sku} is in the kit {kit}", sku=kit)
    if await session.scalar(select(exists().where(StockLevel.sku == sku, StockLevel.on_hand > 0))):
        raise Conflict(f"{sku} has stock of its own", sku=sku)


async def kit(session: AsyncSession, sku: str) -> Kit:
    """One kit. Raises NotFound."""
    found = await components(session, [sku])
    if sku not in found:
        raise NotFound("no such kit")
    return (await _with_stock(session, found))[0]


async def kits(session: AsyncSession, *, after: str | None, limit: int) -> Sequence[Kit]:
    """Kits by SKU, from after `after`."""
    query = select(KitComponent.kit).distinct().order_by(KitComponent.kit).limit(limit)
    skus = (await session.scalars(query if after is None else query.where(KitComponent.kit > after))).all()
    found = await components(session, skus)
    return await _with_stock(session, {sku: found[sku] for sku in skus})


async def components(session: AsyncSession, skus: Collection[str]) -> dict[str, dict[str, int]]:
    """Units of each component in one kit, for those of `skus` that are kits; in one statement."""
    query = select(KitComponent).where(KitComponent.kit.in_(skus))
    found: dict[str, dict[str, int]] = {}
    for row in await session.scalars(query.order_by(KitComponent.kit, KitComponent.component)):
        found.setdefault(row.kit, {})[row.component] = row.units
    return found


async def _with_stock(session: AsyncSession, found: Mapping[str, Mapping[str, int]]) -> Sequence[Kit]:
    places = await stock.available(session, {one for parts in found.values() for one in parts})
    free: dict[str, int] = {}
    for units_by_sku in places.values():
        for sku, units in units_by_sku.items():
            free[sku] = free.get(sku, 0) + units
    return [
        Kit(sku, parts, promising.kits((free.get(one, 0), each) for one, each in parts.items()))
        for sku, parts in found.items()
    ]
