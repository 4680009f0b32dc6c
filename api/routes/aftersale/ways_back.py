"""What a customer sends a return with: its label, and the code that says which return it is."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from api.access import Reader
from api.routes.aftersale.returns import ReturnName
from api.routes.fulfillment.shipments import FILE, labeled
from api.routes.parameters import file_of
from api.transaction import InTransaction, Once
from orderwright.services.fulfillment import documents
from orderwright.services.returns import codes, reading

SVG, PNG = "image/svg+xml", "image/png"
router = APIRouter(prefix="/v1/returns/{name}", tags=["returns"], route_class=Once)


async def returned(name: ReturnName, _actor: Reader, session: InTransaction) -> UUID:
    """The return of that name. Raises NotFound."""
    return await reading.return_id(session, name)


Returned = Annotated[UUID, Depends(returned)]


@router.get("/label", operation_id="readReturnLabel", response_class=Response, responses=FILE)
async def read_return_label(return_id: Returned, session: InTransaction) -> Response:
    """The label for the way back in whatever form there is; 404 while none is bought, and once it is void."""
    return labeled(await documents.return_label(session, return_id, None))


@router.get("/label.pdf", operation_id="readReturnLabelPdf", response_class=Response, responses=FILE)
async def read_return_label_pdf(return_id: Returned, session: InTransaction) -> Response:
    """The label for the way back as PDF."""
    return labeled(await documents.return_label(session, return_id, documents.PDF))


@router.get("/label.zpl", operation_id="readReturnLabelZpl", response_class=Response, responses=FILE)
async def read_return_label_zpl(return_id: Returned, session: InTransaction) -> Response:
    """The label for the way back for a label printer."""
    return labeled(await documents.return_label(session, return_id, documents.ZPL))


@router.get("/code.svg", operation_id="readReturnCodeSvg", response_class=Response, responses=file_of(SVG))
async def read_return_code_svg(return_id: Returned, session: InTransaction) -> Response:
    """The number as a QR code, to be shown at a counter or put into the parcel."""
    number = (await reading.one(session, return_id)).row.number
    return Response(codes.svg(number), media_type=SVG)


@router.get("/code.png", operation_id="readReturnCodePng", response_class=Response, responses=file_of(PNG))
async def read_return_code_png(return_id: Returned, session: InTransaction) -> Response:
    """The same as a picture."""
    number = (await reading.one(session, return_id)).row.number
    return Response(codes.png(number), media_type=PNG)
