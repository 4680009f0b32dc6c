"""Units of measure and kits, as they are sent and read."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from api.schemas.base import Body, Identifier, Out, Slug, Units
from orderwright.services.kits import Kit

UNITS: dict[str, JsonValue] = {"units": [{"code": "case", "units": 12}, {"code": "pallet", "units": 480}]}
KIT: dict[str, JsonValue] = {"components": [{"sku": "MUG", "units": 2}, {"sku": "TEA", "units": 1}]}


class UnitBody(Body):
    """`units` single ones in one `code`."""

    code: Slug
    units: Annotated[int, Field(strict=True, ge=2, le=1_000_000)]


class UnitsBody(Body):
    """All units of a product beside single ones; an empty list leaves only these."""

    model_config = ConfigDict(json_schema_extra={"examples": [UNITS]})

    units: list[UnitBody] = Field(max_length=20)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({unit.code for unit in self.units}) < len(self.units):
            raise PydanticCustomError("unit_twice", "A unit is named twice")
        return self


class UnitView(Out):
    """`units` single ones in one `code`."""

    code: str
    units: int


class UnitsView(Out):
    """A product's units beside single ones, the smallest first."""

    sku: str
    units: list[UnitView]


class ComponentBody(Body):
    """Units of a product in one kit."""

    sku: Identifier
    units: Units


class KitBody(Body):
    """What is in a kit; an empty list makes it a product again."""

    model_config = ConfigDict(json_schema_extra={"examples": [KIT]})

    components: list[ComponentBody] = Field(max_length=50)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len({one.sku for one in self.components}) < len(self.components):
            raise PydanticCustomError("component_twice", "A component is named twice")
        return self


class ComponentView(Out):
    """Units of a product in one kit."""

    sku: str
    units: int


class KitView(Out):
    """A kit; `available` is how many whole ones the free stock of all locations makes."""

    sku: str
    components: list[ComponentView]
    available: int

    @classmethod
    def of(cls, kit: Kit) -> "KitView":
        """From the service."""
        parts = [ComponentView(sku=sku, units=units) for sku, units in kit.components.items()]
        return cls(sku=kit.sku, components=parts, available=kit.available)
