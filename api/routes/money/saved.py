"""The cards that a customer lets the payment provider keep."""

from uuid import UUID

from fastapi import APIRouter

from api.access import Reader
from api.paging import InPage
from api.schemas.base import Listing
from api.schemas.money.saved import SavedMethodView
from api.transaction import InTransaction, Once
from orderwright.services.wallet import saving

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=Once)


@router.get("/{customer_id}/payment-methods", operation_id="listPaymentMethods")
async def list_payment_methods(
    customer_id: UUID, _actor: Reader, session: InTransaction, page: InPage
) -> Listing[SavedMethodView]:
    """What the customer may pay with by `saved`, oldest first."""
    rows = await saving.listed(session, customer_id, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[SavedMethodView.model_validate(row) for row in shown], next=following)


@router.delete(
    "/{customer_id}/payment-methods/{saved_id}", operation_id="forgetPaymentMethod", status_code=204
)
async def forget_payment_method(
    customer_id: UUID, saved_id: UUID, _actor: Reader, session: InTransaction
) -> None:
    """Nothing more is paid with it from now on; the provider gives it up soon after. Again is no error."""
    await saving.forget(session, customer_id, saved_id)
