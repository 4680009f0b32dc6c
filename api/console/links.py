"""Who has opened a customer's page: the order of the link, and in which language it is read?"""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request
from fastapi.responses import RedirectResponse

from api.access import InContainer
from api.console.pages import PRIVATE
from api.console.words import Words, chosen
from api.transaction import InTransaction
from orderwright.services.orders import reading
from orderwright.services.orders.reading import OrderRecord
from orderwright.services.telling import loading

Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{44}$")]


def opened(token: Token, container: InContainer) -> UUID:
    """The order whose link this is. Raises NotFound, LinkEnded."""
    return container.links.read(token, datetime.now(UTC).date())


Opened = Annotated[UUID, Depends(opened)]


class Visit:
    """Somebody at one order's pages. `here`: the order's own page, the begin of every address."""

    def __init__(self, request: Request, token: Token, order_id: Opened, session: InTransaction) -> None:
        self.request, self.order_id, self.session = request, order_id, session
        self.here = f"/o/{token}"

    async def words(self) -> Words:
        """Those of the browser, else of the customer. Raises NotFound."""
        language = await loading.language(self.session, self.order_id)
        return chosen(language, self.request.headers.get("accept-language", ""))

    async def record(self) -> OrderRecord:
        """The order with all its rows. Raises NotFound."""
        return await reading.order(self.session, self.order_id)

    def go_to(self, where: str) -> RedirectResponse:
        """The page that says what came of it (empty: the order's): read anew, it does nothing again."""
        return RedirectResponse(f"{self.here}/{where}".rstrip("/"), 303, headers=PRIVATE)


Visiting = Annotated[Visit, Depends()]
