"""A change of an order as it is asked for, shown and told. Amounts in minor units of its currency."""

from datetime import date, datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from api.schemas.base import Body, Identifier, Out, Text
from api.schemas.customers import AddressBody
from orderwright.domain.changes.wishes import ChangeKind, ChangeState, Wish
from orderwright.persistence.tables import OrderChange
from orderwright.services.changes.applying import Made, Standing
from orderwright.services.changes.compensations import Compensations


class WishBody(Body):
    """One difference. What a kind needs, and nothing else: 422 says what."""

    kind: ChangeKind
    line: UUID | Identifier | None = Field(default=None, description="Id or SKU of a line or kit")
    sku: Identifier | None = Field(default=None, description="What comes new")
    quantity: int | None = Field(default=None, ge=0, le=1_000_000, description="Of `quantity`: what is left")
    unit_price: int | None = Field(default=None, ge=0, le=10**12, description="Agreed; needs a reason")
    service: Identifier | None = None
    ship_to: AddressBody | None = None
    day: date | None = Field(
        default=None, description="On which it is wanted at the customer's, at the latest"
    )

    def wish(self) -> Wish:
        """As the rules have it."""
        to = None if self.ship_to is None else self.ship_to.address()
        return Wish(
            self.kind, self.line, self.sku, self.quantity, self.unit_price, self.service, to, self.day
        )


class ChangeBody(Body):
    """What is to be different, all of it or nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"changes": [{"kind": "add_line", "sku": "CUP", "quantity": 1},
                             {"kind": "quantity", "line": "MUG", "quantity": 1}], "reason": "called us"}
            ]
        }
    )  # fmt: skip

    changes: list[WishBody] = Field(min_length=1, max_length=100)
    reason: Text = ""

    def wishes(self) -> list[Wish]:
        """As the rules have them."""
        return [one.wish() for one in self.changes]


class ConfirmBody(ChangeBody):
    """The same with what its preview was marked with: made as it was shown, or refused."""

    fingerprint: str = Field(pattern="^[0-9a-f]{64}$")


class LineWorthView(Out):
    """A line as it would stand: units that are wanted, and their total."""

    id: UUID
    sku: str
    units: int
    total: int


class OrderWorthView(Out):
    """What the order is worth."""

    total: int
    shipping: int
    tax: int
    discount: int
    lines: list[LineWorthView]

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """From the services."""
        return cls.model_validate(standing)


class CompensationView(Out):
    """One thing that is undone. `chance` in percent, by that location's past answers; null: it always works.

    `amount`: the label's price, or the money concerned.
    """

    kind: str
    subject: str
    amount: int | None
    currency: str | None
    chance: int | None
    why: str


class ChangePreview(Out):
    """What would happen; nothing has. Confirm with `fingerprint`.

    `further`: what is asked for beside the money that is held; below zero, so much is free again.
    `promised_on`: the day on which what has not begun is there; null while no place holds it.
    `parts_anew` are made and labeled anew; `parts_recalled` are asked back first, and may be refused.
    """

    fingerprint: str
    before: OrderWorthView
    after: OrderWorthView
    further: int
    parts_anew: list[int]
    parts_recalled: list[int]
    freed: dict[str, int]
    promised_on: date | None
    compensations: list[CompensationView]

    @classmethod
    def of(cls, made: Made, found: Compensations) -> Self:
        """From the services."""
        return cls(
            fingerprint=made.fingerprint, before=OrderWorthView.of(made.before),
            after=OrderWorthView.of(made.after),
            further=made.further, parts_anew=list(made.anew), parts_recalled=list(made.recall),
            freed=made.freed, promised_on=made.promised_on,
            compensations=[CompensationView.model_validate(one) for one in found],
        )  # fmt: skip


class CancelPreview(Out):
    """What a cancel would undo, with what is left of the order. `possible`: false, and `why` says it."""

    possible: bool
    why: str
    whole: bool
    left: OrderWorthView | None
    compensations: list[CompensationView]


class ChangeView(Out):
    """A confirmed change; `answer`: why it was refused."""

    id: UUID
    number: int
    state: ChangeState
    actor: str
    reason: str
    delta: dict[str, Any]  # Any: JSON, as the change was asked for
    total_before: int
    total_after: int
    answer: str
    at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: OrderChange) -> Self:
        """From the row, without an address that waits in it."""
        shown = cls.model_validate(row)
        shown.delta = {**shown.delta, "ship_to": None}
        return shown


class ChangesView(Out):
    """All changes of an order, oldest first."""

    data: list[ChangeView]
