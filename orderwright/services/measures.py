"""In what units is a product ordered and received beside single ones: cases, pallets?"""

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.failures import Invalid, NotFound
from orderwright.persistence.tables import Product, UnitOfMeasure

MOST_UNITS = 1_000_000
"""Single units in one line or receipt, at most: what a column of units holds with room to add up."""


class UnknownUnit(Invalid):
    """A unit in which that product is not sold."""

    code = "unknown_unit"


class TooManyUnits(Invalid):
    """More single units than one line may have."""

    code = "too_many_units"


async def put(session: AsyncSession, sku: str, sizes: Mapping[str, int]) -> Sequence[UnitOfMeasure]:
    """The product's units from now on, all of them; orders keep what they were placed in. Raises NotFound."""
    known = select(Product.sku).where(Product.sku == sku).with_for_update(key_share=True)
    if await session.scalar(known) is None:
        raise NotFound("no such product")
    await session.execute(delete(UnitOfMeasure).where(UnitOfMeasure.sku == sku))
    rows = [{"sku": sku, "code": code, "units": units} for code, units in sizes.items()]
    if rows:
        await session.execute(insert(UnitOfMeasure), rows)
    return await _of(session, sku)


async def listed(session: AsyncSession, sku: str) -> Sequence[UnitOfMeasure]:
    """The product's units, the smallest first. Raises NotFound."""
    if await session.get(Product, sku) is None:
        raise NotFound("no such product")
    return await _of(session, sku)


async def _of(session: AsyncSession, sku: str) -> Sequence[UnitOfMeasure]:
    query = select(UnitOfMeasure).where(UnitOfMeasure.sku == sku)
    return (await session.scalars(query.order_by(UnitOfMeasure.units, UnitOfMeasure.code))).all()


async def sizes(
    session: AsyncSession, wanted: Iterable[tuple[str, str | None]]
) -> dict[tuple[str, str], int]:
    """Single units per (SKU, unit); where no unit is named, nothing is asked. Raises UnknownUnit."""
    named = {(sku, unit) for sku, unit in wanted if unit is not None}
    if not named:
        return {}
    rows = await session.scalars(
        select(UnitOfMeasure).where(UnitOfMeasure.sku.in_({sku for sku, _ in named}))
    )
    found = {(row.sku, row.code): row.units for row in rows}
    if missing := sorted(named - set(found)):
        sku, unit = missing[0]
        known = sorted(code for of, code in found if of == sku)
        raise UnknownUnit(f"{sku} does not come in {unit}", sku=sku, unit=unit, known=known)
    return {one: found[one] for one in named}


def each(sku: str, units: int, size: int) -> int:
    """Single units in `units` of `size`; below zero too. Raises TooManyUnits."""
    if abs(units * size) > MOST_UNITS:
        raise TooManyUnits(f"more than {MOST_UNITS} single units of {sku}", sku=sku, most=MOST_UNITS)
    return units * size
