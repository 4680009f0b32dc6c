"""What passes between a run and the people at the Temporal UI, as text."""

import json
from typing import Any

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from orderwright.messages.orders import Position


def details(position: Position) -> str:
    """Where the order stands and what it waits for; nothing personal."""
    waits = ", ".join(hold.type.value for hold in position.holds)
    parts = "; ".join(
        f"part {part.number} at {part.location}: {part.state.value}, parcel {part.shipment or '-'}"
        for part in position.parts
    )
    return (
        f"{position.number}: {position.state.value}"
        + (f"\n\nwaits for: {waits}" if waits else "")
        + (f"\n\n{parts}" if parts else "")
    )


def typed_text(said: tuple[Any, ...]) -> str:  # Any: people type what they like
    """What was typed as JSON; empty, as unreadable, where it is none (a number of 5,000 digits)."""
    try:
        return json.dumps(said, default=lambda _: {})[:1000]
    except (ValueError, TypeError, RecursionError):
        return ""
