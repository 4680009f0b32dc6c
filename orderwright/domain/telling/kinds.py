"""Of which kind is a message, as far as a customer may do without it?"""

from enum import StrEnum

from orderwright.domain.telling.stages import Stage


class Kind(StrEnum):
    """What must be known always goes by mail: it confirms, delays, ends or pays back, or asks of them."""

    ESSENTIAL = "essential"
    PROGRESS = "progress"
    RETURNS = "returns"


_KINDS = {
    Stage.SHIPPED: Kind.PROGRESS, Stage.DELIVERED: Kind.PROGRESS, Stage.RETURN_RECEIVED: Kind.RETURNS,
}  # fmt: skip
OPTIONAL = frozenset(_KINDS)
"""What a customer may do without."""


def kind_of(stage: Stage) -> Kind:
    """What is not known as optional is essential."""
    return _KINDS.get(stage, Kind.ESSENTIAL)
