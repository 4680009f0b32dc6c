"""Which units of an order are to be canceled?"""

from typing import Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Identifier, Units


class LineUnitsBody(Body):
    """Units of a line or kit, by its id or by its SKU where one line has it."""

    line_id: UUID | None = None
    sku: Identifier | None = None
    quantity: Units = Field(description="Single units, or whole kits")

    @model_validator(mode="after")
    def _one_line(self) -> Self:
        if (self.line_id is None) == (self.sku is None):
            raise PydanticCustomError("one_line", "Give either line_id or sku")
        return self


def named(lines: list[LineUnitsBody]) -> dict[UUID | str, int]:
    """Units by what their line is named by; named twice, they add up."""
    found: dict[UUID | str, int] = {}
    for line in lines:
        name = line.line_id or line.sku or ""
        found[name] = found.get(name, 0) + line.quantity
    return found
