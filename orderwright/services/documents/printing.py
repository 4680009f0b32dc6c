"""What is handed out when a document is asked for: what was handed out the first time, byte for byte."""

from enum import StrEnum
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from orderwright.domain.documents.papers import Paper
from orderwright.domain.failures import NotFound
from orderwright.persistence.database import Database
from orderwright.persistence.tables import Document, MoneyDocument
from orderwright.ports.documents import Documents
from orderwright.services.documents import facturx, screen
from orderwright.services.documents.issuing import PAPER
from orderwright.services.documents.sheets import sheet
from orderwright.services.fulfillment.documents import PDF, find


class Form(StrEnum):
    """In which form a document is read, by its media type."""

    PDF = PDF
    HTML = screen.MEDIA_TYPE
    XML = facturx.MEDIA_TYPE


class NotInThatForm(NotFound):
    """There is the document, and not in that form."""

    code = "not_in_that_form"


async def printed(
    session: AsyncSession, document: MoneyDocument, form: Form, printer: Documents | None
) -> bytes:
    """The document in that form. What is made is kept, so that a later release prints the same bytes.

    Raises NotInThatForm where it is no e-invoice, or where nothing here sets PDF (`printer` is None).
    """
    kept = await find(session, document.kind, document.id, form)
    if kept is not None:
        return kept.content
    made = await _made(PAPER.validate_python(document.content), form, printer)
    return await _keep(session, document, form, made)


async def attachable(db: Database, document_id: UUID, printer: Documents) -> bytes:
    """The PDF that the API hands out too; made, if it is the first, while no session is open."""
    async with db.transaction() as session:
        document = await session.get_one(MoneyDocument, document_id)
        kept = await find(session, document.kind, document.id, Form.PDF)
    if kept is not None:
        return kept.content
    made = await _made(PAPER.validate_python(document.content), Form.PDF, printer)
    async with db.transaction() as session:
        return await _keep(session, document, Form.PDF, made)


async def _keep(session: AsyncSession, document: MoneyDocument, form: Form, made: bytes) -> bytes:
    """Of two who made it at once, the first one's."""
    await session.execute(
        insert(Document)
        .values(
            id=uuid7(), order_id=document.order_id, kind=document.kind, subject_id=document.id,
            media_type=form, content=made,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip
    kept = await find(session, document.kind, document.id, form)
    return kept.content if kept is not None else made


async def _made(paper: Paper, form: Form, printer: Documents | None) -> bytes:
    match form:
        case Form.HTML:
            return screen.html(sheet(paper))
        case Form.XML:
            if not facturx.offered(paper):
                raise NotInThatForm(
                    "no e-invoice: not to the EU, or the seller's name and tax id are unknown"
                )
            return facturx.xml(paper)
        case Form.PDF:
            if printer is None:
                raise NotInThatForm("no PDF here: the extra `documents` is not installed")
            return await printer.sheet(
                sheet(paper), attached=facturx.xml(paper) if facturx.offered(paper) else None
            )
