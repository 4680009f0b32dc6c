"""What all messages share."""

from pydantic import BaseModel, ConfigDict


class Message(BaseModel):
    """Frozen; unknown fields are passed over, so that an older worker reads a newer message."""

    model_config = ConfigDict(frozen=True, extra="ignore")
