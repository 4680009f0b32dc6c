"""Returned goods on their way to vendors, as they are gathered, shipped, settled and read."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Currency, Identifier, Minor, Note, Out, Text, Units
from orderwright.domain.money import Money
from orderwright.domain.returns.vendors import (
    SETTLE_DAYS,
    Becomes,
    Named,
    RefusedUnits,
    VendorReturnState,
)
from orderwright.services.vendors.reading import VendorReturnRecord
from orderwright.services.vendors.settling import Sent, Settled

WaitDays = Annotated[int, Field(strict=True, ge=1, le=365)]
TrackingCode = Annotated[str, StringConstraints(max_length=100, pattern=r"^[!-~]*$")]


class VendorUnitsBody(Body):
    """Units of one SKU that wait: all of them, or so many; of any lot, or of one."""

    sku: Identifier
    quantity: Units | None = Field(default=None, description="Left out: all that wait")
    lot: Identifier | None = None


class VendorReturnBody(Body):
    """What goes to whom. Without `lines`: all that waits at the location."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"vendor": "MAKER", "location": "LON", "lines": [{"sku": "MUG", "quantity": 2}]}]
        }
    )

    vendor: Identifier = Field(description="As the shop calls him")
    location: Identifier
    lines: list[VendorUnitsBody] = Field(default=[], max_length=1000)
    note: Note = ""

    @model_validator(mode="after")
    def _named_once(self) -> Self:
        names = [(line.sku, line.lot) for line in self.lines]
        if len(set(names)) < len(names):
            raise PydanticCustomError("named_twice", "A SKU is named twice")
        return self

    def wanted(self) -> list[Named]:
        """As the services have it."""
        return [Named(line.sku, line.quantity, line.lot) for line in self.lines]


class VendorShipBody(Body):
    """With the vendor's authorization, and how it goes. Not settled in `days`: a person is asked."""

    authorization_number: Text = Field(default="", description="The vendor's, where he gave one")
    carrier: Text = ""
    tracking_code: TrackingCode = ""
    days: WaitDays = SETTLE_DAYS

    def sent(self) -> Sent:
        """As the services have it."""
        return Sent(self.authorization_number, self.carrier, self.tracking_code, self.days)


class VendorRefusedBody(Body):
    """Units that the vendor does not take: on the shelf again, or gone for good."""

    sku: Identifier
    quantity: Units
    becomes: Becomes
    lot: Identifier | None = None


class VendorSettleBody(Body):
    """What the vendor credits, 0 for nothing, and what he does not take."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "credit": 800, "currency": "GBP", "reference": "CN-77",
                    "refused": [{"sku": "MUG", "quantity": 1, "becomes": "restock"}],
                }
            ]
        }
    )  # fmt: skip

    credit: Minor
    currency: Currency
    reference: Text = Field(default="", description="Of the vendor's credit")
    refused: list[VendorRefusedBody] = Field(default=[], max_length=1000)

    def settled(self) -> Settled:
        """As the services have it."""
        refused = [RefusedUnits(one.sku, one.quantity, one.becomes, one.lot) for one in self.refused]
        return Settled(Money(self.credit, self.currency), self.reference, refused)


class VendorReturnLineView(Out):
    """Units of one inspection, and what the vendor made of them."""

    sku: str
    lot: str | None
    units: int
    return_number: str = Field(description="Of the customer's return they came with")
    refused: int
    restocked: int = Field(description="Of the refused, on the shelf again")
    credit: int


class VendorReturnView(Out):
    """One return to a vendor. `due_at`: when a person is asked what keeps him."""

    id: UUID
    number: str
    vendor: str
    location: str
    state: VendorReturnState
    note: str
    authorization_number: str
    carrier: str
    tracking_code: str
    due_at: datetime | None
    credit: int | None
    currency: str | None
    reference: str
    opened_by: str
    created_at: datetime
    shipped_by: str | None
    shipped_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    lines: list[VendorReturnLineView]

    @classmethod
    def of(cls, record: VendorReturnRecord) -> "VendorReturnView":
        """From its rows."""
        own = {name: getattr(record.row, name) for name in cls.model_fields if name != "lines"}
        names = [name for name in VendorReturnLineView.model_fields if name != "return_number"]
        lines = [
            VendorReturnLineView(
                **{name: getattr(line.row, name) for name in names}, return_number=line.return_number
            )
            for line in record.lines
        ]
        return cls(**own, lines=lines)


class VendorWaitingView(Out):
    """Units that wait at a location for their vendor."""

    location: str
    sku: str
    lot: str | None
    units: int
    since: datetime
