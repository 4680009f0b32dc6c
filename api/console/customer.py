"""The page of an order, opened by its link: where it is, what it costs, its papers."""

import re
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from api.access import InContainer
from api.console.pages import Page, render, stylesheet
from api.console.words import Words, chosen
from api.transaction import InTransaction
from orderwright.domain.failures import NotFound
from orderwright.domain.headlines import STEPS, steps_reached
from orderwright.services.documents import printing, reading
from orderwright.services.documents.printing import Form
from orderwright.services.portal import showing
from orderwright.services.portal.showing import OrderPage

router = APIRouter(route_class=Page, include_in_schema=False)
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{48}$")]


def opened(token: Token, container: InContainer) -> UUID:
    """The order whose link this is. Raises NotFound, LinkEnded."""
    return container.links.read(token, datetime.now(UTC).date())


Opened = Annotated[UUID, Depends(opened)]


@router.get("/o/{token}")
async def order_page(request: Request, token: Token, order_id: Opened, session: InTransaction) -> Response:
    """Where it is."""
    page = await showing.page(session, order_id)
    words = _words(request, page)
    return render(
        request, "order.html", words, page=page, here=f"/o/{token}", steps=STEPS,
        reached=steps_reached(page.headline), moments=_moments(page, words),
    )  # fmt: skip


@router.get("/o/{token}/documents/{number}.{form}")
async def order_document(
    order_id: Opened,
    number: Annotated[str, Path(pattern=r"^[A-Z]{3}-[0-9]{4}-[0-9]{6,12}$")],
    form: Annotated[str, Path(pattern="^(pdf|html)$")],
    session: InTransaction,
    container: InContainer,
) -> Response:
    """One of its papers, as it was issued."""
    record = await reading.one(session, number)
    if record.row.order_id != order_id:
        raise NotFound("no such document")
    kind = Form.PDF if form == "pdf" else Form.HTML
    content = await printing.printed(session, record.row, kind, container.documents())
    headers = {
        "Content-Disposition": f'inline; filename="{number}.{form}"', "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }  # fmt: skip
    return Response(content, media_type=kind, headers=headers)


@router.get("/assets/{name}")
async def style(name: str, container: InContainer) -> Response:
    """The stylesheet under the name of its content."""
    known, text = stylesheet(container.settings.brand_color)
    if name != known:
        raise NotFound("no such file")
    return Response(
        text, media_type="text/css", headers={"Cache-Control": "public, max-age=31536000, immutable"}
    )


def _words(request: Request, page: OrderPage) -> Words:
    return chosen(page.language, request.headers.get("accept-language", ""))


def _moments(page: OrderPage, words: Words) -> list[tuple[datetime, str]]:
    """What happened that a customer has words for, the newest first; a thing told twice is told once."""
    told = [(event.at, f"moments.{_key(event.kind)}") for event in page.events]
    named = [(at, words.say(key)) for at, key in told if words.has(key)]
    return [one for one, before in zip(reversed(named), [*reversed(named[:-1]), None], strict=True)
            if before is None or before[1] != one[1]]  # fmt: skip


def _key(kind: str) -> str:
    return re.sub(r"[^a-z_]", "_", kind)
