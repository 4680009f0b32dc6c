"""Invoices, credit memos, receipts and sellers, as they are read and written."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from api.schemas.base import Body, Country, Days, Email, Identifier, Note, Out, Text, Words
from orderwright.domain.addresses import Address
from orderwright.domain.documents.papers import DocumentKind, InvoicePer, Party, TaxCategory
from orderwright.persistence.tables import Seller
from orderwright.services.documents.reading import DocumentRecord
from orderwright.services.documents.sellers import TERMS_DAYS, SellerData


class DocumentLineView(Out):
    """Minor units; `total` is net and tax together."""

    description: str
    sku: str
    units: int
    unit_price: int | None
    net: int
    tax: int
    total: int
    rate_ppm: int = Field(description="The tax rate in millionths")
    category: TaxCategory = Field(description="UNTDID 5305: S standard, Z zero, AE reverse charge")


class RateSumView(Out):
    """All of one rate, in minor units."""

    rate_ppm: int
    category: TaxCategory
    net: int
    tax: int


class DocumentView(Out):
    """One invoice, credit memo or receipt; amounts in minor units, frozen when it was issued."""

    id: UUID
    kind: DocumentKind
    number: str
    order_id: UUID
    order_number: str
    refund_id: UUID | None
    payment_id: UUID | None
    issued_on: date
    due_on: date | None = Field(description="Of an invoice on terms")
    currency: str
    net: int
    tax: int
    total: int
    refers_to: list[str] = Field(description="Numbers of the invoices it is about")
    rates: list[RateSumView]
    lines: list[DocumentLineView]
    created_at: datetime

    @classmethod
    def of(cls, record: DocumentRecord) -> "DocumentView":
        """From the record."""
        own = {name: getattr(record.row, name) for name in cls.model_fields if hasattr(record.row, name)}
        return cls(
            **own,
            order_number=record.order_number,
            due_on=record.paper.due_on,
            refers_to=[one.number for one in record.paper.refers_to],
            rates=[RateSumView.model_validate(one) for one in record.paper.rates],
            lines=[DocumentLineView.model_validate(one) for one in record.paper.lines],
        )


class CaughtUpView(Out):
    """How many orders got their papers now, and whether there are more such orders."""

    orders: int
    more: bool


class SellerAddress(Body):
    """Where the seller is registered."""

    name: Words = Field(examples=["Example Ltd"])
    line1: Words
    line2: Text = ""
    city: Words
    postal_code: Text = ""
    region: Text = ""
    country: Country


class SellerBody(Body):
    """In whose name a channel sells, and how it is billed."""

    address: SellerAddress
    tax_id: Identifier | None = Field(default=None, examples=["IE1234567T"])
    email: Email | None = None
    note: Note = Field(default="", description="What must stand on papers: register, bank")
    invoice_per: InvoicePer = InvoicePer.SHIPMENT
    terms_days: Days = Field(
        default=TERMS_DAYS, description="To pay an invoice, unless the customer has terms"
    )

    def seller(self) -> SellerData:
        """As the service takes it."""
        address = Address(**self.address.model_dump())
        party = Party(address, self.tax_id or "", self.email or "", self.note)
        return SellerData(party, self.invoice_per, self.terms_days)


class SellerAddressView(Out):
    """Where the seller is registered."""

    name: str
    line1: str
    line2: str
    city: str
    postal_code: str
    region: str
    country: str


class SellerView(Out):
    """A channel's seller; `*` is every channel without one of its own."""

    channel: str
    address: SellerAddressView
    tax_id: str
    email: str
    note: str
    invoice_per: InvoicePer
    terms_days: int
    updated_at: datetime

    @classmethod
    def of(cls, row: Seller) -> "SellerView":
        """From the row."""
        return cls.model_validate(row)
