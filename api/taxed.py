"""An order's tax, asked of another engine before the request's transaction begins. See docs/adr/0018."""

from typing import Annotated

from fastapi import Depends, Request
from pydantic import ValidationError

from api.access import InContainer, Reader
from api.schemas.placing import PlaceOrder
from orderwright.ports.tax import TaxEngine
from orderwright.services.orders import placing
from orderwright.services.pricing.ahead import Answered


async def tax_ahead(request: Request, actor: Reader, container: InContainer) -> TaxEngine | None:
    """Comes before `once`, whose transaction holds the lock of the caller's key.

    What cannot be read is not asked about: the route refuses it.
    """
    if not container.tax.is_asked:
        return None
    try:
        new = PlaceOrder.model_validate_json(await request.body()).order()
    except ValidationError:
        return Answered()
    return await container.tax.engine(lambda trial, asked: placing.place(trial, new, actor, asked))


TaxedAhead = Annotated[TaxEngine | None, Depends(tax_ahead)]
