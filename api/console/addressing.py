"""The page on which a customer sends an order elsewhere, while it has not left."""

from collections.abc import Mapping
from uuid import UUID

from babel import Locale
from fastapi import APIRouter, Response
from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from api.access import InContainer
from api.console import forms
from api.console.forms import Faulty, InForm, Problems
from api.console.links import Visit, Visiting
from api.console.pages import Page, render
from api.schemas.customers import AddressBody
from api.transaction import Wake
from orderwright.domain.access import Actor
from orderwright.domain.addresses import Address
from orderwright.domain.addresses import problems as address_problems
from orderwright.domain.failures import Conflict, Invalid, Stale
from orderwright.domain.orders import Scope
from orderwright.ports.tax import TaxEngine
from orderwright.services.changes import addressing
from orderwright.services.portal.acting import acting, once
from orderwright.services.portal.offers import Offer, offers

router = APIRouter(route_class=Page, include_in_schema=False)
FIELDS = ("name", "company", "line1", "line2", "postal_code", "city", "region", "phone")
_WORDED = frozenset({"postal_code_wrong", "postal_code_missing", "region_missing"})


@router.get("/o/{token}/address")
async def address_page(visit: Visiting) -> Response:
    """Where it goes now, to be changed."""
    return await _page(visit, forms.fresh_key())


@router.post("/o/{token}/address")
async def change_address(visit: Visiting, form: InForm, container: InContainer, wake: Wake) -> Response:
    """Send it there."""
    key, typed = form.key, {field: form.text(field) for field in FIELDS}
    actor = await acting(visit.session, visit.order_id, Scope.OPERATIONS)
    country = str((await visit.record()).order.ship_to.get("country", ""))

    async def change(session: AsyncSession, tax: TaxEngine | None) -> UUID:
        version = int(form.text("version")) if form.text("version").isdecimal() else 0
        there = _address(typed, country)
        return await addressing.change_address(session, visit.order_id, there, version, actor, tax)

    tax = await container.tax.engine(change)

    async def work(_customer: Actor) -> str:
        await change(visit.session, tax)
        return ""

    try:
        where = await once(visit.session, visit.order_id, actor, "address", key, work)
    except Faulty as faulty:
        return await _page(visit, key, typed, faulty.problems)
    except Invalid:
        return await _page(visit, key, typed, {"": "tax"})
    except (Stale, Conflict):
        return await _page(visit, key, typed, {"": "stale"})
    wake(visit.order_id)
    return visit.go_to(where)


def _address(typed: Mapping[str, str], country: str) -> Address:
    """Raises Faulty with what is wrong beside which field."""
    try:
        address = AddressBody(**typed, country=country).address()
    except ValidationError as error:
        raise Faulty("address", forms.problems_of(error)) from None
    found = {
        problem.rpartition("_")[0]: problem if problem in _WORDED else "missing"
        for problem in address_problems(address)
    }
    if found:
        raise Faulty("address", found)
    return address


async def _page(
    visit: Visit, key: str, typed: Mapping[str, str] | None = None, problems: Problems | None = None
) -> Response:
    record, words = await visit.record(), await visit.words()
    offered = await offers(visit.session, record)
    may = Offer.ADDRESS in offered
    ship_to = record.order.ship_to
    country = str(ship_to.get("country", ""))
    status = 409 if not may else 422 if problems else 200
    return render(
        visit.request, "address.html", words, status, here=visit.here, may=may, key=key, offered=offered,
        offers=list(Offer), version=record.order.version, problems=problems or {},
        typed=typed or {field: str(ship_to.get(field) or "") for field in FIELDS},
        country=Locale(words.language).territories.get(country, country),
    )  # fmt: skip
