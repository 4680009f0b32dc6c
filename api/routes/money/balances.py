"""Gift cards and store credit: issued, looked at, and what moved them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from api.access import Reader, Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.money.balances import (
    BalanceEntryView,
    BalanceView,
    BlockBody,
    CreditBody,
    CreditView,
    GiftCardBody,
    GiftCardCodeBody,
    IssuedView,
)
from api.transaction import InTransaction, Once, stored_instead
from orderwright.persistence.money import balances
from orderwright.services.wallet import ending_cards, keeping

router = APIRouter(prefix="/v1", tags=["balances"], route_class=Once)


@router.post("/gift-cards", operation_id="issueGiftCard", status_code=201)
async def issue_gift_card(
    body: GiftCardBody, actor: Staff, session: InTransaction, request: Request
) -> IssuedView:
    """Issue a gift card. The code is in this answer alone: it is stored nowhere."""
    row, code = await keeping.issue(
        session, body.amount, body.currency, actor, granted=body.granted, reason=body.reason,
        expires_at=body.expires_at,
    )  # fmt: skip
    card = BalanceView.of(row)
    stored_instead(request, IssuedView(card=card, code=None))
    return IssuedView(card=card, code=code)


@router.get("/gift-cards", operation_id="listGiftCards")
async def list_gift_cards(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    last4: Annotated[Lookup | None, Query(alias="filter[last4]")] = None,
) -> Listing[BalanceView]:
    """Gift cards, oldest first."""
    rows = await keeping.cards(session, last4=last4, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[BalanceView.of(row) for row in shown], next=following)


@router.post("/gift-cards/check", operation_id="checkGiftCard")
async def check_gift_card(body: GiftCardCodeBody, _actor: Reader, session: InTransaction) -> BalanceView:
    """What is on a gift card."""
    return BalanceView.of(await keeping.card(session, body.code))


@router.post("/gift-cards/{balance_id}/block", operation_id="blockGiftCard")
async def block_gift_card(
    balance_id: UUID, body: BlockBody, actor: Staff, session: InTransaction
) -> BalanceView:
    """Nothing more is paid with it; orders under way keep what is held for them."""
    return BalanceView.of(await ending_cards.block(session, balance_id, actor, why=body.reason))


@router.post("/gift-cards/{balance_id}/unblock", operation_id="unblockGiftCard")
async def unblock_gift_card(
    balance_id: UUID, body: BlockBody, actor: Staff, session: InTransaction
) -> BalanceView:
    """It may be used again."""
    return BalanceView.of(await ending_cards.unblock(session, balance_id, actor, why=body.reason))


@router.get("/balances/{balance_id}", operation_id="readBalance")
async def read_balance(balance_id: UUID, _actor: Staff, session: InTransaction) -> BalanceView:
    """One gift card or store credit."""
    return BalanceView.of(await balances.read(session, balance_id))


@router.get("/balances/{balance_id}/moves", operation_id="listBalanceMoves")
async def list_moves(
    balance_id: UUID, _actor: Staff, session: InTransaction, page: InPage
) -> Listing[BalanceEntryView]:
    """What moved it, oldest first."""
    rows = await keeping.moves(session, balance_id, after=page.after(int) or 0, limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.seq,))
    return Listing(data=[BalanceEntryView.model_validate(row) for row in shown], next=following)


@router.post("/customers/{customer_id}/credit", operation_id="grantCredit", status_code=201)
async def grant_credit(
    customer_id: UUID, body: CreditBody, actor: Staff, session: InTransaction
) -> BalanceView:
    """Give a customer store credit."""
    row = await keeping.grant_credit(
        session, customer_id, body.amount, body.currency, actor, reason=body.reason
    )
    return BalanceView.of(row)


@router.get("/customers/{customer_id}/credit", operation_id="readCredit")
async def read_credit(customer_id: UUID, _actor: Reader, session: InTransaction) -> CreditView:
    """A customer's store credit, by currency."""
    return CreditView(data=[BalanceView.of(row) for row in await keeping.credit(session, customer_id)])
