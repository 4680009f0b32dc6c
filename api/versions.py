"""ETag and If-Match: an edit names the version it was made from."""

import re
from typing import Annotated

from fastapi import Header, Response

from api.problems import PreconditionRequired
from orderwright.domain.failures import Stale

ETAG = re.compile(r'"v([0-9]{1,9})"')
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match", description='The ETag that was read, as `"v3"`', examples=['"v1"'], max_length=64
    ),
]


def expected(if_match: str | None) -> int:
    """The version the caller has read. Raises PreconditionRequired, Stale."""
    if if_match is None:
        raise PreconditionRequired("send If-Match with the ETag you have read")
    found = ETAG.fullmatch(if_match.strip())
    if found is None:
        raise Stale("that is no ETag of this")
    return int(found.group(1))


def tag(response: Response, version: int) -> None:
    """Say which version this is."""
    response.headers["ETag"] = f'"v{version}"'
