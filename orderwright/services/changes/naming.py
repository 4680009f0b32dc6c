"""Which units of which lines are meant: a change as its wishes name it, in lines of the order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.changes.wishes import ChangeKind, Wish
from orderwright.domain.failures import Conflict, Forbidden, Invalid
from orderwright.domain.fulfillment.shipping import Faster
from orderwright.domain.orders import Scope
from orderwright.persistence.tables import OrderKit, OrderLine


@dataclass(frozen=True, slots=True)
class Added:
    """Units that come new, at the catalog's price or an agreed one, in minor units of a single one."""

    sku: str
    units: int
    unit_price: int | None = None


@dataclass(frozen=True, slots=True)
class Hurried:
    """A part that goes with a faster service, by the day it was promised for; the customer pays nothing."""

    part: UUID
    faster: Faster


@dataclass(slots=True)
class Delta:
    """What is different: units that go, by line; units that come; prices; where, how, when it is sent.

    `hurried` stands alone.
    """

    less: dict[UUID, int] = field(default_factory=dict)
    more: list[Added] = field(default_factory=list)
    prices: dict[UUID, int] = field(default_factory=dict)
    service: str | None = None
    ship_to: Address | None = None
    day: date | None = None
    hurried: Hurried | None = None

    @property
    def of_the_way(self) -> bool:
        """Whether it is about how all of it is sent, so that no part of it may have begun."""
        return self.service is not None or self.ship_to is not None or self.day is not None

    @property
    def of_all_parts(self) -> bool:
        """Whether every part that has not begun is made anew."""
        return bool(self.more) or self.of_the_way


@dataclass(frozen=True, slots=True)
class Named:
    """What a wish names: lines of one SKU, or the components of a kit; `each`: units of it in one kit."""

    lines: Sequence[OrderLine]
    sku: str
    each: Sequence[int] = ()

    @property
    def units(self) -> int:
        """What is left of it; of a kit, in whole ones."""
        left = [line.ordered - line.canceled for line in self.lines]
        if self.each:
            return min(units // n for units, n in zip(left, self.each, strict=True))
        return sum(left)

    def take(self, units: int) -> dict[UUID, int]:
        """So many of them by line, those that were ordered last first."""
        if self.each:
            return {line.id: units * n for line, n in zip(self.lines, self.each, strict=True)}
        found = {}
        for line in reversed(self.lines):
            found[line.id] = min(units, line.ordered - line.canceled)
            units -= found[line.id]
        return {line: count for line, count in found.items() if count}


@dataclass(frozen=True, slots=True)
class Content:
    """Lines and kits of an order."""

    lines: Sequence[OrderLine]
    kits: Sequence[OrderKit]

    def find(self, name: UUID | str) -> Named:
        """By id or SKU; several lines of a SKU are one. Raises Invalid: none, several, a part of a kit."""
        named = [*self._kits(name), *self._lines(name)]
        standing = [one for one in named if one.units] or named
        if len(standing) != 1:
            words = "several are called that: name one by its id" if standing else "no such line"
            raise Invalid(words, field="line", line=str(name))
        return standing[0]

    def _kits(self, name: UUID | str) -> list[Named]:
        found = []
        for kit in self.kits:
            if name in (kit.id, str(kit.id), kit.sku):
                lines = [line for line in self.lines if line.kit_id == kit.id]
                found.append(Named(lines, kit.sku, [line.ordered // kit.units for line in lines]))
        return found

    def _lines(self, name: UUID | str) -> list[Named]:
        found = [line for line in self.lines if name in (line.id, str(line.id), line.sku)]
        inside = [line for line in found if line.kit_id is not None]
        if inside and len(inside) == len(found):
            raise Invalid("it is part of a kit, of which only whole ones change: name the kit", field="line")
        alone = [line for line in found if line.kit_id is None]
        return [Named(alone, alone[0].sku)] if alone else []


async def content(session: AsyncSession, order_id: UUID) -> Content:
    """In the order of the lines."""
    lines = await session.scalars(
        select(OrderLine)
        .where(OrderLine.order_id == order_id)
        .order_by(OrderLine.position)
        .execution_options(populate_existing=True)
    )
    kits = await session.scalars(
        select(OrderKit).where(OrderKit.order_id == order_id).order_by(OrderKit.position)
    )
    return Content(lines.all(), kits.all())


def meant(wishes: Sequence[Wish], there: Content, actor: Actor) -> Delta:
    """In lines of the order. Raises Invalid, Conflict, Forbidden."""
    delta = Delta()
    for wish in wishes:
        _mean(delta, wish, there)
    if delta.more and not actor.may(Scope.OPERATIONS):
        raise Forbidden("a customer may take units away, not add them", needs=["operations"])
    return delta


def canceled(lines: Mapping[UUID | str, int], there: Content) -> Delta:
    """So many units of these lines or kits go. Raises Invalid, Conflict."""
    delta = Delta()
    if not lines:
        raise Invalid("no lines", field="lines")
    for name, units in lines.items():
        _take(delta, there.find(name), units)
    return delta


def _mean(delta: Delta, wish: Wish, there: Content) -> None:
    if wish.kind is ChangeKind.ADDRESS:
        delta.ship_to = wish.ship_to
    elif wish.kind is ChangeKind.SERVICE:
        delta.service = wish.service
    elif wish.kind is ChangeKind.DATE:
        delta.day = wish.day
    elif wish.kind is ChangeKind.ADD_LINE:
        delta.more.append(Added(wish.sku or "", wish.units or 0, wish.unit_price))
    else:
        _of_line(delta, wish, there.find(wish.line or ""))


def _of_line(delta: Delta, wish: Wish, named: Named) -> None:
    match wish.kind:
        case ChangeKind.QUANTITY:
            wanted = wish.units or 0
            if wanted == named.units:
                raise Invalid("it has that many units", field="units")
            if wanted > named.units:
                delta.more.append(Added(named.sku, wanted - named.units))
            else:
                _take(delta, named, named.units - wanted)
        case ChangeKind.PRICE:
            if len(named.lines) > 1 or named.each:
                raise Invalid("a price is that of one line, and not of a kit", field="line")
            delta.prices[named.lines[0].id] = wish.unit_price or 0
        case _:
            units = named.units if wish.units is None else wish.units
            _take(delta, named, units)
            if wish.kind is ChangeKind.SWAP:
                delta.more.append(Added(wish.sku or "", units, wish.unit_price))


def _take(delta: Delta, named: Named, units: int) -> None:
    if units < 1:
        raise Invalid("fewer than one unit", field="units")
    if units > named.units:
        raise Conflict("fewer units than that are left", sku=named.sku, units=named.units)
    for line_id, count in named.take(units).items():
        delta.less[line_id] = delta.less.get(line_id, 0) + count
