"""A refund, as it is asked for. Amounts are integers in minor units of the order's currency."""

from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Identifier, Positive, Text, Units
from orderwright.domain.payments import RefundTo
from orderwright.services.payments.giving_back import LineWanted, Wanted


class RefundLineBody(Body):
    """A line by its id, or by its SKU where one line has it; what its units are worth, or an `amount`."""

    line_id: UUID | None = None
    sku: Identifier | None = None
    quantity: Units | None = Field(default=None, description="Single units; they count as refunded")
    amount: Positive | None = Field(
        default=None, description="Left out: exactly what the units were paid with"
    )

    @model_validator(mode="after")
    def _one_line(self) -> Self:
        if (self.line_id is None) == (self.sku is None):
            raise PydanticCustomError("one_line", "Give either line_id or sku")
        if self.quantity is None and self.amount is None:
            raise PydanticCustomError("quantity_or_amount", "Give quantity, amount or both")
        return self

    def wanted(self) -> LineWanted:
        """As the services have it."""
        line = self.line_id or self.sku
        assert line is not None  # noqa: S101 - _one_line has seen to it
        return LineWanted(line, self.quantity or 0, self.amount)


class RefundBody(Body):
    """An ad hoc `amount`, or `lines` and `shipping`; none of these: everything that is left to give back."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"lines": [{"sku": "MUG", "quantity": 1}], "shipping": "all", "reason": "arrived broken"},
                {"amount": 500, "reason": "arrived late"},
            ]
        }
    )

    amount: Positive | None = None
    lines: list[RefundLineBody] = Field(default=[], max_length=1000)
    shipping: Positive | Literal["all"] | None = None
    to: Literal[RefundTo.ORIGINAL, RefundTo.STORE_CREDIT] = Field(
        default=RefundTo.ORIGINAL, description="`original`: back to the instruments, by the largest remainder"
    )
    reason: Text = ""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.amount is not None and (self.lines or self.shipping is not None):
            raise PydanticCustomError("amount_or_lines", "Give an amount, or lines and shipping")
        return self

    def wanted(self) -> Wanted:
        """As the services have it."""
        return Wanted(
            self.reason, self.amount, [line.wanted() for line in self.lines], self.shipping, self.to
        )
