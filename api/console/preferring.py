"""The page on which a customer chooses among our messages, by the link at the end of each mail."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from api.access import InContainer
from api.console.forms import InForm, Sent
from api.console.pages import PRIVATE, Page, render
from api.console.words import LANGUAGES, chosen
from api.transaction import InTransaction
from orderwright.domain.failures import NotFound
from orderwright.domain.telling.kinds import Kind
from orderwright.services.contact import consent, links, preferring
from orderwright.services.contact.consent import Wish
from orderwright.services.contact.links import Purpose
from orderwright.services.contact.preferring import Preferences

router = APIRouter(route_class=Page, include_in_schema=False)
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]


def opened(token: Token, container: InContainer) -> UUID:
    """The customer whose link this is. Raises NotFound."""
    customer_id = links.read(container.manners().secret, token, Purpose.PREFER)
    if customer_id is None:
        raise NotFound("no such page")
    return customer_id


Opened = Annotated[UUID, Depends(opened)]


@router.get("/m/{token}")
async def preferences_page(
    request: Request, token: Token, customer_id: Opened, session: InTransaction, saved: str = ""
) -> Response:
    """What holds now. `saved`: it was chosen a moment ago."""
    now = await preferring.read(session, customer_id)
    words = chosen(now.language, request.headers.get("accept-language", ""))
    return render(
        request, "preferences.html", words, here=f"/m/{token}", now=now, saved=bool(saved), kinds=list(Kind),
        wishes=[Wish.MAIL, Wish.SMS], essential=Kind.ESSENTIAL, languages=LANGUAGES,
    )  # fmt: skip


@router.post("/m/{token}")
async def keep_preferences(
    token: Token, customer_id: Opened, form: InForm, session: InTransaction
) -> Response:
    """Keep what was chosen; the same form twice says nothing anew."""
    await preferring.choose(session, customer_id, _preferences(form))
    return RedirectResponse(f"/m/{token}?saved=1", 303, headers=PRIVATE)


def _preferences(form: Sent) -> Preferences:
    """A box that is not ticked is not sent. Raises HTTPException where it is no form of ours."""
    language = form.text("language")
    if language not in LANGUAGES:
        raise HTTPException(400, "no form of ours")
    wanted = {
        (wish, kind): form.text(f"{wish}.{kind}") == "yes"
        for wish in (Wish.MAIL, Wish.SMS)
        for kind in consent.choices(wish)
    }
    return Preferences(language, True, wanted, form.text("marketing") == "yes")
