"""The page of an order, opened by its link: where it is, what it costs, its papers."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.access import InContainer
from api.console.links import Opened, Visiting
from api.console.pages import Page, render, stylesheet
from api.console.timelines import moments
from api.transaction import InWriting
from orderwright.domain.failures import NotFound
from orderwright.domain.telling.headlines import STEPS, steps_reached
from orderwright.services.documents import printing, reading
from orderwright.services.documents.printing import Form
from orderwright.services.portal import showing
from orderwright.services.portal.offers import Offer

router = APIRouter(route_class=Page, include_in_schema=False)


@router.get("/o/{token}")
async def order_page(visit: Visiting) -> Response:
    """Where it is."""
    page = await showing.page(visit.session, visit.order_id)
    words = await visit.words()
    return render(
        visit.request, "order.html", words, page=page, here=visit.here, steps=STEPS, offers=list(Offer),
        reached=steps_reached(page.headline), moments=moments(page.events, words),
    )  # fmt: skip


@router.get("/o/{token}/documents/{number}.{form}")
async def order_document(
    order_id: Opened,
    number: Annotated[str, Path(pattern=r"^[A-Z]{3}-[0-9]{4}-[0-9]{6,12}$")],
    form: Annotated[str, Path(pattern="^(pdf|html)$")],
    session: InWriting,
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
