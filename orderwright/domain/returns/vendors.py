"""Which waiting units go back to their vendor, what he refuses of them, what his credit is worth per line?"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from orderwright.domain.failures import Conflict, Invalid
from orderwright.domain.money import share

SETTLE_DAYS = 30
"""How long a vendor is waited for where nothing else was agreed; then a person is asked, and again."""


class VendorReturnState(StrEnum):
    """Stored. Gathered, on its way with the vendor's authorization, credited or refused, or called off."""

    OPEN = "open"
    SHIPPED = "shipped"
    SETTLED = "settled"
    CANCELED = "canceled"


class Becomes(StrEnum):
    """What becomes of units that the vendor refuses."""

    RESTOCK = "restock"
    WRITE_OFF = "write_off"


@dataclass(frozen=True, slots=True)
class Units:
    """Units of one SKU (of one lot, where `lot` is said) that are alike; `id` names where they are noted."""

    id: UUID
    sku: str
    lot: str | None
    units: int


@dataclass(frozen=True, slots=True)
class Named:
    """What a person names of them: all of a SKU, or so many; of any lot, or of one."""

    sku: str
    units: int | None = None
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedUnits:
    """So many of a SKU that the vendor does not take, and what becomes of them."""

    sku: str
    units: int
    becomes: Becomes
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Credited:
    """Units of one line that the vendor took, and what one of them costs (0: unknown)."""

    accepted: int
    unit_cost: int


def pick(waiting: Sequence[Units], wanted: Sequence[Named]) -> dict[UUID, int]:
    """Units to take, by where they are noted, the oldest first. Nothing named: all that waits.

    Raises Conflict where fewer wait than are named, or none at all.
    """
    left = {one.id: one.units for one in waiting}
    taken: dict[UUID, int] = {}
    for named in wanted or [Named(sku) for sku in sorted({one.sku for one in waiting})]:
        _take(waiting, left, taken, named)
    if not taken:
        raise Conflict("no units wait there for their vendor")
    return taken


def _take(waiting: Sequence[Units], left: dict[UUID, int], taken: dict[UUID, int], named: Named) -> None:
    mine = [one for one in waiting if one.sku == named.sku and named.lot in (None, one.lot)]
    there = sum(left[one.id] for one in mine)
    missing = there if named.units is None else named.units
    if not there or there < missing:
        raise Conflict(
            f"{there} units of {named.sku} wait there for their vendor", sku=named.sku, waiting=there
        )
    for one in mine:
        units = min(left[one.id], missing)
        if units:
            left[one.id] -= units
            missing -= units
            taken[one.id] = taken.get(one.id, 0) + units


def refuse(sent: Sequence[Units], refused: Sequence[RefusedUnits]) -> dict[UUID, dict[Becomes, int]]:
    """What the vendor does not take, by line. Raises Invalid for more than was sent to him."""
    left = list(sent)
    found: dict[UUID, dict[Becomes, int]] = {}
    for one in refused:
        try:
            taken = pick(left, [Named(one.sku, one.units, one.lot)])
        except Conflict:
            raise Invalid(
                f"fewer than {one.units} more units of {one.sku} were sent", field="refused"
            ) from None
        for line, units in taken.items():
            of_line = found.setdefault(line, {})
            of_line[one.becomes] = of_line.get(one.becomes, 0) + units
        left = [Units(s.id, s.sku, s.lot, s.units - taken.get(s.id, 0)) for s in left]
    return found


def split(credit: int, lines: Sequence[Credited]) -> list[int]:
    """The vendor's credit by line: by the cost of what was taken, or by units where one is unknown.

    Raises Invalid where he credits what he has not taken.
    """
    if credit and not any(line.accepted for line in lines):
        raise Invalid("the vendor took nothing: there is nothing to credit", field="credit")
    known = all(line.unit_cost for line in lines if line.accepted)
    return share(credit, [line.accepted * (line.unit_cost if known else 1) for line in lines])
