"""Invoices, credit memos and receipts: found, read, and handed out as they were issued."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from api.access import InContainer, Reader, Staff
from api.paging import InPage
from api.routes.parameters import OrderName, file_of
from api.schemas.base import Listing
from api.schemas.money.documents import CaughtUpView, DocumentView
from api.transaction import InTransaction, InWriting, Once
from orderwright.domain.documents.papers import DocumentKind
from orderwright.services.documents import catching_up, printing, reading
from orderwright.services.documents.printing import Form
from orderwright.services.orders import reading as orders

router = APIRouter(prefix="/v1", tags=["documents"], route_class=Once)
Number = Annotated[str, Path(pattern=r"^[A-Za-z]{3}-[0-9]{4}-[0-9]{6,12}$", examples=["INV-2026-000001"])]


@router.get("/orders/{order}/documents", operation_id="listOrderDocuments")
async def list_order_documents(
    order: OrderName, _actor: Reader, session: InTransaction
) -> Listing[DocumentView]:
    """The papers of an order, oldest first."""
    rows = await reading.of_order(session, await orders.order_id(session, order))
    return Listing(data=[DocumentView.of(row) for row in rows])


@router.get("/documents", operation_id="listDocuments")
async def list_documents(
    _actor: Staff,
    session: InTransaction,
    page: InPage,
    kind: Annotated[DocumentKind | None, Query(alias="filter[kind]")] = None,
    year: Annotated[int | None, Query(alias="filter[year]", ge=2000, le=2199)] = None,
) -> Listing[DocumentView]:
    """All papers of a series (each kind is one) and year, oldest first."""
    rows = await reading.search(session, kind=kind, year=year, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda record: (record.row.id,))
    return Listing(data=[DocumentView.of(row) for row in shown], next=following)


@router.post("/documents/missing", operation_id="issueMissingDocuments")
async def issue_missing(actor: Staff, session: InTransaction) -> CaughtUpView:
    """Issue the papers of money taken before there were any, for some orders: repeat while `more`."""
    return CaughtUpView.model_validate(await catching_up.catch_up(session, actor))


@router.get("/documents/{number}", operation_id="readDocument")
async def read_document(number: Number, _actor: Reader, session: InTransaction) -> DocumentView:
    """One paper by its number."""
    return DocumentView.of(await reading.one(session, number))


@router.get(
    "/documents/{number}/pdf",
    operation_id="readDocumentPdf",
    response_class=Response,
    responses=file_of(Form.PDF),
)
async def read_document_pdf(
    number: Number, _actor: Reader, session: InWriting, container: InContainer
) -> Response:
    """As PDF/A-3; to buyers in the EU with the machine-readable invoice inside. Always the same bytes."""
    record = await reading.one(session, number)
    content = await printing.printed(session, record.row, Form.PDF, container.documents())
    return Response(content, media_type=Form.PDF, headers=_named(record.row.number, "pdf"))


@router.get(
    "/documents/{number}/html",
    operation_id="readDocumentHtml",
    response_class=Response,
    responses=file_of(Form.HTML),
)
async def read_document_html(number: Number, _actor: Reader, session: InWriting) -> Response:
    """As a page that needs nothing else."""
    record = await reading.one(session, number)
    content = await printing.printed(session, record.row, Form.HTML, None)
    return Response(content, media_type=Form.HTML, headers=_named(record.row.number, "html"))


@router.get(
    "/documents/{number}/xml",
    operation_id="readDocumentXml",
    response_class=Response,
    responses=file_of(Form.XML),
)
async def read_document_xml(number: Number, _actor: Reader, session: InWriting) -> Response:
    """The machine-readable invoice (Factur-X, EN 16931), where there is one."""
    record = await reading.one(session, number)
    content = await printing.printed(session, record.row, Form.XML, None)
    return Response(content, media_type=Form.XML, headers=_named(record.row.number, "xml"))


def _named(number: str, suffix: str) -> dict[str, str]:
    return {"Content-Disposition": f'inline; filename="{number}.{suffix}"'}
