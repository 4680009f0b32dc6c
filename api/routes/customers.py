"""Customers: who orders."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from api.access import Reader, Staff
from api.paging import InPage
from api.schemas.base import Listing, Lookup
from api.schemas.customers import CustomerBody, CustomerView, TermsBody
from api.transaction import InTransaction, Once
from api.versions import IfMatch, expected, tag
from orderwright.services import customers

router = APIRouter(prefix="/v1/customers", tags=["customers"], route_class=Once)


@router.post("", operation_id="createCustomer", status_code=201)
async def create_customer(
    body: CustomerBody, _actor: Reader, session: InTransaction, response: Response
) -> CustomerView:
    """A new customer."""
    row = await customers.create(session, body.data())
    tag(response, row.version)
    response.headers["Location"] = f"/v1/customers/{row.id}"
    return CustomerView.model_validate(row)


@router.get("", operation_id="listCustomers")
async def list_customers(
    _actor: Reader,
    session: InTransaction,
    page: InPage,
    email: Annotated[Lookup | None, Query(alias="filter[email]")] = None,
    external_id: Annotated[Lookup | None, Query(alias="filter[external_id]")] = None,
) -> Listing[CustomerView]:
    """Customers, oldest first."""
    rows = await customers.listed(
        session, email=email, external_id=external_id, after=page.after(UUID), limit=page.wanted
    )
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[CustomerView.model_validate(row) for row in shown], next=following)


@router.get("/{customer_id}", operation_id="readCustomer")
async def read_customer(
    customer_id: UUID, _actor: Reader, session: InTransaction, response: Response
) -> CustomerView:
    """One customer with the ETag."""
    row = await customers.get(session, customer_id)
    tag(response, row.version)
    return CustomerView.model_validate(row)


@router.put("/{customer_id}", operation_id="replaceCustomer")
async def replace_customer(
    customer_id: UUID,
    body: CustomerBody,
    _actor: Reader,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> CustomerView:
    """Change a customer; If-Match names the version that was read."""
    row = await customers.replace(session, customer_id, body.data(), expected(if_match))
    tag(response, row.version)
    return CustomerView.model_validate(row)


@router.put("/{customer_id}/terms", operation_id="putCustomerTerms")
async def put_customer_terms(
    customer_id: UUID, body: TermsBody, actor: Staff, session: InTransaction, response: Response
) -> CustomerView:
    """Say how many days the customer has to pay. Orders placed before stay as they were agreed."""
    row = await customers.put_terms(session, customer_id, body.days, actor)
    tag(response, row.version)
    return CustomerView.model_validate(row)
