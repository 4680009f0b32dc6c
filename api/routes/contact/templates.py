"""A shop's own words, and its brands."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from api.access import InContainer, Staff
from api.schemas.base import Listing
from api.schemas.contact import BrandBody, BrandView, TemplateBody, TemplateView
from api.transaction import InTransaction, Once
from orderwright.services.contact import brands, templates

router = APIRouter(prefix="/v1", tags=["notifications"], route_class=Once)
Code = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9_.-]{0,49}$", examples=["red"])]


@router.get("/notification-templates", operation_id="listNotificationTemplates")
async def list_templates(_actor: Staff, session: InTransaction) -> Listing[TemplateView]:
    """The newest version of each; stages without one use the words that ship."""
    return Listing(data=[TemplateView.model_validate(row) for row in await templates.listed(session)])


@router.post("/notification-templates", operation_id="saveNotificationTemplate", status_code=201)
async def save_template(
    body: TemplateBody, actor: Staff, session: InTransaction, container: InContainer
) -> TemplateView:
    """Keep the next version; it was tried on a sample first, and an error names the part and the line."""
    row = await templates.save(session, body.key(), body.sources(), container.shop(), by=actor.name)
    return TemplateView.model_validate(row)


@router.post("/notification-templates/{template_id}/withdraw", operation_id="withdrawNotificationTemplate")
async def withdraw_template(template_id: UUID, actor: Staff, session: InTransaction) -> TemplateView:
    """Use the words that ship again, from a new version on."""
    return TemplateView.model_validate(await templates.withdraw(session, template_id, by=actor.name))


@router.get("/brands", operation_id="listBrands")
async def list_brands(_actor: Staff, session: InTransaction) -> Listing[BrandView]:
    """All brands."""
    found = await brands.listed(session)
    return Listing(data=[BrandView.with_channels(row, list(channels)) for row, channels in found])


@router.put("/brands/{code}", operation_id="saveBrand")
async def save_brand(code: Code, body: BrandBody, _actor: Staff, session: InTransaction) -> BrandView:
    """Make or replace a brand."""
    row = await brands.save(session, code, body.data(), body.channels)
    return BrandView.with_channels(row, sorted(set(body.channels)))
