"""Returns, as they are asked for, received, inspected and read. Amounts are integers in minor units."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Flag, Identifier, Note, Out, Units
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import OrderState
from orderwright.domain.payments import PaymentState
from orderwright.domain.returns.rules import Verdict
from orderwright.domain.returns.states import (
    Condition,
    Disposition,
    Resolution,
    ReturnMethod,
    ReturnReason,
    ReturnState,
)
from orderwright.services.returns.coming import Came
from orderwright.services.returns.exchange_terms import ExchangeWanted, NewGoods, Terms
from orderwright.services.returns.inspecting import Inspected
from orderwright.services.returns.judging import Preview, Wanted, WantedLine
from orderwright.services.returns.reading import ReturnRecord, Swap

Count = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Ppm = Annotated[int, Field(strict=True, ge=0, le=1_000_000)]
Photo = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[!-~]+$")]


class _NamedLine(Body):
    line_id: UUID | None = None
    sku: Identifier | None = Field(default=None, description="Where one line has it")

    @model_validator(mode="after")
    def _one_name(self) -> Self:
        if (self.line_id is None) == (self.sku is None):
            raise PydanticCustomError("one_line", "Give either line_id or sku")
        return self

    @property
    def name(self) -> UUID | str:
        """As the services have it."""
        found = self.line_id or self.sku
        assert found is not None  # noqa: S101 - _one_name has seen to it
        return found


class ReturnLineBody(_NamedLine):
    """Units of a line that are to come back, and why."""

    quantity: Units
    reason: ReturnReason


class NewGoodsBody(Body):
    """Units of a SKU that are wanted instead."""

    sku: Identifier
    quantity: Units


class ReturnBody(Body):
    """What is to come back. `label`: we buy it, and the customer prints it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"lines": [{"sku": "MUG", "quantity": 1, "reason": "damaged"}], "method": "label"}]
        }
    )

    lines: list[ReturnLineBody] = Field(min_length=1, max_length=1000)
    resolution: Resolution = Field(
        default=Resolution.REFUND, description="Left out with `exchange`: an exchange"
    )
    method: ReturnMethod = ReturnMethod.LABEL
    location: Identifier | None = Field(default=None, description="Left out: where it left from")
    note: Note = ""
    exchange: list[NewGoodsBody] = Field(default=[], max_length=1000, description="What is wanted instead")
    ship_first: Flag = Field(
        default=False, description="New goods leave before the others are back: their worth is held on a card"
    )
    payment_source: Identifier | None = Field(
        default=None, description="A card for a difference and the security; left out: as the order was paid"
    )

    def wanted(self) -> Wanted:
        """As the services have it."""
        lines = [WantedLine(line.name, line.quantity, line.reason) for line in self.lines]
        resolution = self.resolution
        if self.exchange and "resolution" not in self.model_fields_set:
            resolution = Resolution.EXCHANGE
        return Wanted(lines, resolution, self.method, self.location, self.note, self._exchange())

    def _exchange(self) -> ExchangeWanted | None:
        if not self.exchange:
            return None
        goods = [NewGoods(one.sku, one.quantity) for one in self.exchange]
        return ExchangeWanted(goods, self.ship_first, self.payment_source)


class ReturnDecisionBody(Body):
    """A word with the decision."""

    note: Note = ""


class ReceivedLineBody(_NamedLine):
    """Units that came; `damaged` of them at first sight; `wrong` ones came and are none of ours."""

    quantity: Count = 0
    damaged: Count = 0
    wrong: Count = 0


class ReceiveReturnBody(Body):
    """What has come, all or some; more may follow until it is inspected."""

    lines: list[ReceivedLineBody] = Field(min_length=1, max_length=1000)
    note: Note = ""

    def came(self) -> list[Came]:
        """As the services have it."""
        return [Came(line.name, line.quantity, line.damaged, line.wrong) for line in self.lines]


class InspectedLineBody(_NamedLine):
    """Units that are alike. `deduct_ppm` millionths of what they are worth are kept."""

    quantity: Units
    condition: Condition
    disposition: Disposition
    deduct_ppm: Ppm = 0
    lot: Identifier | None = None
    note: Note = ""
    photos: list[Photo] = Field(default=[], max_length=20, description="Names of files kept elsewhere")

    def inspected(self) -> Inspected:
        """As the services have it."""
        return Inspected(
            self.name, self.quantity, self.condition, self.disposition, self.deduct_ppm, self.note,
            tuple(self.photos), self.lot,
        )  # fmt: skip


class InspectReturnBody(Body):
    """Every unit that came; what was announced and is not here will not come any more."""

    lines: list[InspectedLineBody] = Field(default=[], max_length=1000)


class ReturnPreviewLine(Out):
    """What holds for one line, and what its units would give back."""

    line_id: UUID
    sku: str
    verdict: Verdict
    why: str
    window_ends: datetime
    withdrawal: bool
    returnable_units: int
    value: int
    restocking: int
    fee: int
    refund: int


class NewGoodsView(Out):
    """Units that are wanted instead, and how many could leave now."""

    sku: str
    units: int
    available_units: int


class ExchangeTermsView(Out):
    """An exchange if all comes back as new: what the return pays (`credit`) of the new goods' `price`, what
    the customer owes or gets back, and what is held until the others are in.
    """

    ship_first: bool
    price: int
    credit: int
    owed: int
    refund: int
    security: int
    available: bool
    goods: list[NewGoodsView]

    @classmethod
    def of(cls, seen: Terms) -> "ExchangeTermsView":
        """From what the services found."""
        goods = [
            NewGoodsView(sku=one.sku, units=one.units, available_units=seen.there.get(one.sku, 0))
            for one in seen.wanted.goods
        ]
        of = seen.bargain
        return cls(
            ship_first=seen.wanted.ship_first, price=of.price, credit=of.credit, owed=of.owed,
            refund=of.back, security=of.security, available=seen.available, goods=goods,
        )  # fmt: skip


class ReturnPreviewView(Out):
    """What a return would be: allowed, for a person to decide, or refused with the reason."""

    verdict: Verdict
    why: str
    currency: str
    fee: int
    shipping: int
    refund: int
    instant: bool
    policy_version: int
    lines: list[ReturnPreviewLine]
    exchange: ExchangeTermsView | None

    @classmethod
    def of(cls, seen: Preview) -> "ReturnPreviewView":
        """From what the services found."""
        rows = zip(seen.ids, seen.skus, seen.free, seen.judgment.lines, seen.reckoning.lines, strict=True)
        lines = [
            ReturnPreviewLine(
                line_id=line_id, sku=sku, verdict=ruled.verdict, why=ruled.why,
                window_ends=ruled.window_ends, withdrawal=ruled.withdrawal, returnable_units=free,
                value=worth.value, restocking=worth.restocking, fee=worth.fee, refund=worth.refund,
            )
            for line_id, sku, free, ruled, worth in rows
        ]  # fmt: skip
        return cls(
            verdict=seen.judgment.verdict, why=seen.judgment.why, currency=seen.currency,
            fee=seen.reckoning.fee, shipping=seen.reckoning.shipping, refund=seen.reckoning.total,
            instant=seen.judgment.instant and seen.terms is None, policy_version=seen.policy.version,
            lines=lines, exchange=None if seen.terms is None else ExchangeTermsView.of(seen.terms),
        )  # fmt: skip


class ReturnLineView(Out):
    """A line: what was announced, what came, and what it gives back."""

    line_id: UUID
    sku: str
    units: int
    reason: ReturnReason
    withdrawal: bool
    window_ends: datetime
    received: int
    damaged: int
    wrong: int
    missing: int
    value: int
    kept: int
    restocking: int
    fee: int
    refund: int


class ReturnInspectionView(Out):
    """Units of one condition."""

    sku: str
    units: int
    condition: Condition
    disposition: Disposition
    deduct_ppm: int
    lot: str | None
    note: str
    photos: list[str]
    inspected_by: str
    at: datetime


class ReturnParcelView(Out):
    """The parcel with our label."""

    state: ShipmentState
    carrier: str | None
    service: str | None
    tracking_code: str | None
    tracking_url: str | None
    label_url: str | None
    scanned_at: datetime | None
    arrived_at: datetime | None


class ExchangeView(Out):
    """The order of the new goods. `credit`: what the return pays of its `price`, agreed until `decided_at`.

    `security_state` is that of the payment that is held while the new goods are out and the others not in.
    """

    order_id: UUID
    order_number: str
    order_state: OrderState
    ship_first: bool
    price: int
    credit: int
    security: int
    security_state: PaymentState | None
    decided_at: datetime | None

    @classmethod
    def of(cls, swap: Swap) -> "ExchangeView":
        """From its rows."""
        row, held = swap.row, swap.security
        return cls(
            order_id=row.order_id, order_number=swap.order_number, order_state=swap.order_state,
            ship_first=row.ship_first, price=row.price, credit=row.credit,
            security=0 if held is None else held.amount,
            security_state=None if held is None else held.state, decided_at=row.decided_at,
        )  # fmt: skip


class ReturnView(Out):
    """One return. `deadline` is that of its state."""

    id: UUID
    number: str
    order_id: UUID
    order_number: str
    state: ReturnState
    resolution: Resolution
    method: ReturnMethod
    location: str
    currency: str
    fee: int
    instant: bool
    policy_version: int
    why: str
    note: str
    deadline: datetime | None
    requested_by: str
    created_at: datetime
    approved_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    inspected_at: datetime | None
    ended_at: datetime | None
    lines: list[ReturnLineView]
    inspections: list[ReturnInspectionView]
    parcel: ReturnParcelView | None
    refunds: list[UUID]
    exchange: ExchangeView | None

    @classmethod
    def of(cls, record: ReturnRecord) -> "ReturnView":
        """From its rows."""
        skus = {line.id: line.sku for line in record.lines}
        own = {name: getattr(record.row, name) for name in cls.model_fields if hasattr(record.row, name)}
        inspections = [
            ReturnInspectionView.model_validate(
                {name: getattr(one, name, None) for name in ReturnInspectionView.model_fields}
                | {"sku": skus[one.return_line_id]}
            )
            for one in record.inspections
        ]
        return cls(
            **own, order_number=record.order_number, currency=record.currency,
            lines=[ReturnLineView.model_validate(line) for line in record.lines], inspections=inspections,
            parcel=None if record.parcel is None else ReturnParcelView.model_validate(record.parcel),
            refunds=list(record.refunds),
            exchange=None if record.swap is None else ExchangeView.of(record.swap),
        )  # fmt: skip
