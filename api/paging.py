"""Keyset pages: a cursor says where the last page ended, the Link header (RFC 8288) where the next is."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from orderwright.domain.failures import Invalid

Row = TypeVar("Row")


class BadCursor(Invalid):
    """Not a cursor of ours, or of another list."""

    code = "bad_cursor"


class Page:
    """What the caller asked for: how many, and after what."""

    def __init__(
        self,
        request: Request,
        response: Response,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
        cursor: Annotated[str | None, Query(max_length=500, description="`next` of the page before")] = None,
    ) -> None:
        self._request, self._response = request, response
        self.limit, self._cursor = limit, cursor

    @property
    def wanted(self) -> int:
        """One row more than shown tells whether there is a next page."""
        return self.limit + 1

    def after(self, parse: Callable[..., Row]) -> Row | None:
        """The cursor's parts given to `parse`; None on the first page. Raises BadCursor."""
        if self._cursor is None:
            return None
        try:
            padded = self._cursor.encode() + b"=" * (-len(self._cursor) % 4)
            parts = json.loads(base64.urlsafe_b64decode(padded))
            if not isinstance(parts, list) or not all(isinstance(p, str) and "\0" not in p for p in parts):
                raise BadCursor("not a cursor of this list")
            return parse(*parts)
        except (ValueError, TypeError, binascii.Error, RecursionError, OverflowError) as unreadable:
            raise BadCursor("not a cursor of this list") from unreadable

    def cut(
        self, rows: Sequence[Row], key: Callable[[Row], Sequence[object]]
    ) -> tuple[Sequence[Row], str | None]:
        """The rows to show and the next cursor; sets the Link header."""
        if len(rows) <= self.limit:
            return rows, None
        shown = rows[: self.limit]
        text = json.dumps([str(part) for part in key(shown[-1])], separators=(",", ":"))
        following = base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")
        query = [(k, v) for k, v in self._request.query_params.multi_items() if k != "cursor"]
        target = f"{self._request.url.path}?{urlencode([*query, ('cursor', following)])}"
        self._response.headers["Link"] = f'<{target}>; rel="next"'
        return shown, following


InPage = Annotated[Page, Depends()]
