"""Answers to providers and to whoever asks how we are."""

from typing import Literal

from pydantic import Field

from api.schemas.base import Out


class Received(Out):
    """Stored, or here before, or of a kind that is not used: do not send it again."""

    received: bool


class HealthView(Out):
    """`degraded`: orders are taken, and go on once Temporal answers again."""

    status: Literal["ok", "degraded", "down"]
    database: Literal["ok", "down"]
    temporal: Literal["ok", "down"]
    version: str = Field(examples=["0.1.0"])
