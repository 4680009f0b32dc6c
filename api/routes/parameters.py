"""Path parameters and answers that several routes share."""

from typing import Annotated, Any

from fastapi import Path

OrderName = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9-]{1,64}$", description="The order's id or number", examples=["ORD-10001"]),
]
Sku = Annotated[str, Path(pattern=r"^[^\x00-\x1f\x7f]{1,100}$", examples=["MUG"])]
LocationCode = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,29}$", examples=["LON"])]
Responses = dict[int | str, dict[str, Any]]  # Any: FastAPI's own


def file_of(*media_types: str) -> Responses:
    """The answer is a file, in one of these forms."""
    return {
        200: {"content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in media_types}}
    }
