"""What a customer wants to hear: said by staff or storefront, and by the link in every mail."""

from uuid import UUID

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse

from api.access import InContainer, Reader
from api.schemas.contact import ConsentBody, ConsentView, KindsView, PreferencesView
from api.transaction import InTransaction, Once
from orderwright.domain.telling.kinds import Kind
from orderwright.services import customers
from orderwright.services.contact import consent, links, pages, preferring
from orderwright.services.contact.consent import Wish
from orderwright.services.contact.preferring import Preferences

router = APIRouter(tags=["contact"], route_class=Once)
open_router = APIRouter(tags=["contact"], include_in_schema=False)  # pages for people
SAFE = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


async def _shown(session: InTransaction, customer_id: UUID) -> PreferencesView:
    now = await consent.preferences(session, customer_id)
    chosen = await preferring.read(session, customer_id)
    said = [
        ConsentView(
            channel=row.channel, kind=row.kind, wanted=row.wanted, source=row.source, by=row.actor, at=row.at
        )
        for row in await consent.history(session, customer_id)
    ]
    return PreferencesView(
        mail=now[Wish.MAIL], sms=now[Wish.SMS], marketing=now[Wish.MARKETING],
        mail_kinds=_kinds(chosen, Wish.MAIL), sms_kinds=_kinds(chosen, Wish.SMS), language=chosen.language,
        history=said,
    )  # fmt: skip


def _kinds(chosen: Preferences, wish: Wish) -> KindsView:
    return KindsView(**{kind.value: chosen.wanted[wish, kind] for kind in Kind})


@router.get("/v1/customers/{customer_id}/preferences", operation_id="readPreferences")
async def read_preferences(customer_id: UUID, _actor: Reader, session: InTransaction) -> PreferencesView:
    """What holds now, and how it came to."""
    return await _shown(session, customer_id)


@router.post("/v1/customers/{customer_id}/preferences", operation_id="sayPreference", status_code=201)
async def say_preference(
    customer_id: UUID, body: ConsentBody, actor: Reader, session: InTransaction
) -> PreferencesView:
    """Add what the customer said; nothing said before is changed."""
    if body.kind is None:
        await consent.say(
            session, customer_id, body.channel, wanted=body.wanted, source=body.source, by=actor.name
        )
    else:
        await consent.say_kinds(
            session, customer_id, body.channel, {body.kind: body.wanted}, body.source, actor.name
        )
    return await _shown(session, customer_id)


@open_router.get("/u/{token}", operation_id="askUnsubscribe", response_class=HTMLResponse)
async def ask_unsubscribe(token: str, container: InContainer) -> Response:
    """The page behind the link in a mail: it asks, and changes nothing."""
    return await _page(token, container, "ask")


@open_router.post("/u/{token}", operation_id="unsubscribe", response_class=HTMLResponse)
async def unsubscribe(token: str, container: InContainer) -> Response:
    """By the page's button, or by a mail program in one click (RFC 8058)."""
    return await _page(token, container, "done")


async def _page(token: str, container: InContainer, state: pages.State) -> Response:
    customer_id = links.read(container.manners().secret, token)
    async with container.db.transaction() as session:
        customer = await customers.find(session, customer_id) if customer_id else None
        if customer is None:
            return HTMLResponse(pages.page(container.shop(), "en", "gone"), 404, headers=SAFE)
        if state == "done" and (await consent.preferences(session, customer.id))[Wish.MAIL]:
            by = f"customer:{customer.id}"
            await consent.say(session, customer.id, Wish.MAIL, wanted=False, source="link in a mail", by=by)
        return HTMLResponse(pages.page(container.shop(), customer.language, state), headers=SAFE)
