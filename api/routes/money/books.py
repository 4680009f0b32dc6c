"""The books: trial balance, corrections, and the proof of an order."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api.access import Allow, InContainer, Reader, Staff
from api.routes.parameters import OrderName
from api.schemas.base import Moment
from api.schemas.money.books import AccountView, BookingView, MarginsView, ProofView, ReversalBody, TrialView
from api.transaction import InTransaction, Once
from orderwright.domain.access import Actor
from orderwright.domain.books.margin import MarginBy
from orderwright.domain.orders import Scope
from orderwright.persistence.money import ledger
from orderwright.reporting import books, exchange, margin, proofs
from orderwright.services.orders import reading

router = APIRouter(prefix="/v1", tags=["books"], route_class=Once)

Admin = Annotated[Actor, Depends(Allow(Scope.ADMIN))]


@router.get("/books/trial-balance", operation_id="readTrialBalance")
async def read_trial_balance(
    _actor: Staff,
    session: InTransaction,
    at: Annotated[Moment | None, Query(description="As it was then; later bookings never change it")] = None,
) -> TrialView:
    """Every account's balance, now or at a past moment."""
    found = await books.trial(session, at)
    return TrialView(
        at=at, balances=[AccountView.model_validate(balance) for balance in found], off=books.off(found)
    )


@router.post("/books/reversals", operation_id="reverseBooking", status_code=201)
async def reverse_booking(body: ReversalBody, actor: Admin, session: InTransaction) -> BookingView:
    """Correct a booking by its opposite, once; what was booked stays."""
    made = await ledger.reverse(session, body.source, by=actor.name, why=body.why)
    return BookingView.model_validate(made)


@router.get("/books/margin", operation_id="readMargin")
async def read_margin(
    _actor: Staff,
    session: InTransaction,
    container: InContainer,
    by: Annotated[MarginBy, Query()] = MarginBy.ORDER,
    since: Annotated[Moment | None, Query(alias="from", description="Orders placed from then")] = None,
    until: Annotated[Moment | None, Query(alias="to", description="… to before then")] = None,
    in_base: Annotated[bool, Query(description="All in the base currency, at orders' rates")] = False,
) -> MarginsView:
    """What has shipped earns, less product cost, labels, payment fees and refunds."""
    base = exchange.base_of(container.settings.base_currency) if in_base else ""
    return MarginsView.of(await margin.earned(session, by, since=since, until=until, base=base))


@router.get("/orders/{order}/proof", operation_id="readProof")
async def read_proof(order: OrderName, _actor: Reader, session: InTransaction) -> ProofView:
    """Whether the order's money and goods agree, and if not, why."""
    return ProofView.of(await proofs.of_order(session, await reading.order_id(session, order)))
