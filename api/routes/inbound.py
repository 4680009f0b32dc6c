"""Events of providers: proven, stored once, answered at once; the relay does the rest."""

from fastapi import APIRouter, Request

from api.access import InContainer
from api.schemas.inbound import Received
from orderwright.domain.failures import NotFound
from orderwright.persistence import inbox

router = APIRouter(prefix="/v1/inbound", tags=["inbound"])


@router.post("/{source}", operation_id="receiveEvent")
async def receive_event(source: str, request: Request, container: InContainer) -> Received:
    """A signed event of a provider, 256 kB at most. The body is proven as sent, translated, and dropped."""
    provider = container.inbound.get(source)
    if provider is None:
        raise NotFound("no such source")
    event = provider.verify(await request.body(), request.headers)
    async with container.db.transaction() as session:
        await inbox.store(session, event)
    return Received(received=True)
