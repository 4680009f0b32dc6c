"""The page on which a customer cancels an order: what will happen, and what has."""

from fastapi import APIRouter, Response

from api.console import forms
from api.console.forms import InForm, Problems
from api.console.links import Visit, Visiting
from api.console.pages import Page, render
from api.transaction import Wake
from orderwright.domain.access import Actor
from orderwright.domain.failures import Conflict
from orderwright.domain.fulfillment.states import PAST_PIVOT, FulfillmentState
from orderwright.domain.orders import CancelState, OrderState, Scope
from orderwright.services.orders import cancellation
from orderwright.services.orders.reading import OrderRecord
from orderwright.services.portal.acting import acting, once
from orderwright.services.portal.offers import Offer, offers

router = APIRouter(route_class=Page, include_in_schema=False)
UNSAID = "the customer, without a reason"


@router.get("/o/{token}/cancel")
async def cancel_page(visit: Visiting) -> Response:
    """Sure? Or how far it has come."""
    return await _page(visit, forms.fresh_key())


@router.post("/o/{token}/cancel")
async def cancel(visit: Visiting, form: InForm, wake: Wake) -> Response:
    """Cancel it, as far as it may still be; the page then says how far that was."""
    problems = forms.words_problems(form.text("note"))
    if problems:
        return await _page(visit, form.key, form.text("note"), problems)
    actor = await acting(visit.session, visit.order_id, Scope.STOREFRONT)

    async def work(customer: Actor) -> str:
        reason = form.text("note") or UNSAID
        await cancellation.request(visit.session, visit.order_id, customer, reason)
        return "cancel"

    try:
        where = await once(visit.session, visit.order_id, actor, "cancel", form.key, work)
    except Conflict:
        return await _page(visit, forms.fresh_key())
    wake(visit.order_id)
    return visit.go_to(where)


async def _page(visit: Visit, key: str, note: str = "", problems: Problems | None = None) -> Response:
    record, words = await visit.record(), await visit.words()
    offered = await offers(visit.session, record)
    told = _told(record, may=Offer.CANCEL in offered)
    status = 422 if problems else 409 if told == "late" else 200
    return render(
        visit.request, "cancel.html", words, status, here=visit.here, number=record.order.number, told=told,
        ended=record.order.state is OrderState.COMPLETED, offers=list(Offer), offered=offered, key=key,
        note=note, problems=problems or {},
    )  # fmt: skip


def _told(record: OrderRecord, *, may: bool) -> str:
    """What has come of it already; else what would, in the order in which the service looks."""
    order, states = record.order, {part.row.state for part in record.parts}
    if order.state is OrderState.CANCELED:
        return "accepted"
    if order.cancel is CancelState.REQUESTED:
        return "requested"
    if order.cancel is CancelState.PARTLY and not may:
        return "partly"
    if not may:
        return "late"
    if states & PAST_PIVOT:
        return "rest"
    return "ask" if FulfillmentState.RELEASED in states else "all"
