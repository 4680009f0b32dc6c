"""The page of one return: what to do next, its label, what has happened; and how it is called off."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from fastapi.responses import RedirectResponse

from api.console import forms
from api.console.drafts import STEPS
from api.console.forms import InForm
from api.console.links import Visit, Visiting
from api.console.pages import PRIVATE, Page, render
from api.console.timelines import moments
from api.transaction import Wake
from orderwright.domain.access import Actor
from orderwright.domain.failures import NotFound
from orderwright.domain.fulfillment.shipping import ShipmentState
from orderwright.domain.orders import Scope
from orderwright.domain.returns.states import CANCELABLE, ReturnMethod, ReturnState
from orderwright.services.fulfillment.documents import LABEL, PDF, find
from orderwright.services.orders import reading as orders
from orderwright.services.portal.acting import acting, once
from orderwright.services.portal.showing import MOST_EVENTS
from orderwright.services.returns import codes, deciding, reading
from orderwright.services.returns.reading import ReturnRecord
from orderwright.services.telling.story import one_line, web_link

router = APIRouter(route_class=Page, include_in_schema=False)
Number = Annotated[str, Path(pattern=r"^RET-[0-9]{1,18}$")]


@router.get("/o/{token}/returns/{number}")
async def return_page(visit: Visiting, number: Number, new: str = "") -> Response:
    """Where it is. `new`: it was asked for a moment ago."""
    record = await _own(visit, number)
    words = await visit.words()
    events = await orders.timeline(visit.session, visit.order_id, after=0, limit=MOST_EVENTS)
    own = [event for event in events if event.data.get("number") == number]
    names = {line.id: one_line(line.name) for line in (await visit.record()).lines}
    return render(
        visit.request, "return/done.html", words, here=visit.here, steps=STEPS, reached=4, new=bool(new),
        record=record, names=names, moments=moments(own, words), key=forms.fresh_key(), label=_label(record),
        code=codes.data_uri(number), cancelable=record.row.state in CANCELABLE,
        live=record.row.state is ReturnState.APPROVED,
    )  # fmt: skip


@router.get("/o/{token}/returns/{number}/label")
async def return_label(visit: Visiting, number: Number) -> Response:
    """The label: as we keep it, or where the carrier does. Raises NotFound."""
    record = await _own(visit, number)
    if _label(record) != "ready" or record.parcel is None:
        raise NotFound("no label")
    kept = await find(visit.session, LABEL, record.parcel.id, PDF)
    if kept is not None:
        shown = PRIVATE | {"Content-Disposition": f'inline; filename="{number}.pdf"'}
        return Response(kept.content, media_type=PDF, headers=shown)
    url = web_link(record.parcel.label_url)
    if url is None:
        raise NotFound("no label")
    return RedirectResponse(url, 303, headers=PRIVATE)


@router.post("/o/{token}/returns/{number}/cancel")
async def call_off(visit: Visiting, number: Number, form: InForm, wake: Wake) -> Response:
    """Nothing is sent after all. Raises Conflict where it is on its way."""
    record = await _own(visit, number)
    actor = await acting(visit.session, visit.order_id, Scope.STOREFRONT)

    async def work(customer: Actor) -> str:
        await deciding.cancel(visit.session, record.row.id, customer)
        return f"returns/{number}"

    where = await once(visit.session, visit.order_id, actor, f"return.cancel {number}", form.key, work)
    wake(visit.order_id)
    return visit.go_to(where)


async def _own(visit: Visit, number: str) -> ReturnRecord:
    record = await reading.one(visit.session, await reading.return_id(visit.session, number))
    if record.row.order_id != visit.order_id:
        raise NotFound("no such return")
    return record


def _label(record: ReturnRecord) -> str:
    """`ready`, `coming`, or nothing: none is needed any more, or none of ours."""
    if record.row.method is not ReturnMethod.LABEL or record.row.state is not ReturnState.APPROVED:
        return ""
    parcel = record.parcel
    if parcel is None or parcel.state is ShipmentState.VOIDED:
        return ""
    return "coming" if parcel.state is ShipmentState.PLANNED else "ready"
