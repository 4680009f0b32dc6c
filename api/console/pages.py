"""How does a page leave: rendered, named by its content, open to no other site, kept by no cache?"""

import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from api.access import container_of
from api.console.words import Words, chosen
from orderwright.domain.failures import Failure, NotFound
from orderwright.runtime.settings import Settings
from orderwright.services.portal.links import LinkEnded

_HERE = Path(__file__).parent
_BELOW_ORDER = re.compile(r"(/o/[A-Za-z0-9_-]{44})/")
PRIVATE = {
    "Cache-Control": "private, no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self' data:;"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow",
}
"""The address is the secret: it is told to nobody by a link, kept by no cache, found by no search."""


@dataclass(frozen=True, slots=True)
class Brand:
    """Whose pages these are."""

    name: str
    color: str
    contact: str

    @classmethod
    def of(cls, settings: Settings) -> "Brand":
        """From the settings of the shop."""
        name = settings.mail_from.partition("<")[0].strip().strip('"') or settings.mail_from
        return cls(name, settings.brand_color, settings.business_email)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


@cache
def stylesheet(color: str) -> tuple[str, str]:
    """The name (which changes with the content) and the text of the style in a brand's color."""
    text = f":root{{--brand:{color}}}\n" + (_HERE / "assets" / "customer.css").read_text(encoding="utf-8")
    return f"{sha256(text.encode()).hexdigest()[:16]}.css", text


def render(
    request: Request, template: str, words: Words, status: int = 200, **values: Any
) -> Response:  # Any: what the template names
    """The page in these words."""
    brand = Brand.of(container_of(request).settings)
    text = _environment().get_template(template).render(
        brand=brand, style=f"/assets/{stylesheet(brand.color)[0]}", w=words, **values
    )  # fmt: skip
    return Response(text, status, media_type="text/html; charset=utf-8", headers=PRIVATE)


class Page(APIRoute):
    """A route whose refusals are pages too."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:  # Any: FastAPI's own
        """What the rules refuse becomes a page that says so."""
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                return await handle(request)
            except Failure as failure:
                status, key = _told(failure)
            except RequestValidationError:
                status, key = 404, "missing"
            except HTTPException as error:
                status, key = error.status_code, "refused"
            words = chosen("en", request.headers.get("accept-language", ""))
            return render(request, "refused.html", words, status, why=key, here=_order_page(request, key))

        return handle_page


def _told(failure: Failure) -> tuple[int, str]:
    if isinstance(failure, LinkEnded):
        return 410, "ended"
    return (404, "missing") if isinstance(failure, NotFound) else (409, "refused")


def _order_page(request: Request, key: str) -> str | None:
    """Where to go back to, if the link itself was good."""
    found = _BELOW_ORDER.match(request.url.path)
    return found[1] if found is not None and key == "refused" else None
