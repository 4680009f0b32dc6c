"""Routing profiles: the rules by which locations are chosen, tried on past orders before they count."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from api.access import Staff
from api.paging import InPage
from api.schemas.base import Listing, Moment
from api.schemas.routing import ProfileBody, ProfileView, WhatIfView
from api.transaction import InTransaction, Once
from orderwright.reporting import whatif
from orderwright.services.sourcing import routing, solving

router = APIRouter(prefix="/v1/routing-profiles", tags=["routing"], route_class=Once)


@router.post("", operation_id="draftRoutingProfile", status_code=201)
async def draft_profile(body: ProfileBody, actor: Staff, session: InTransaction) -> ProfileView:
    """A new version under that name, as a draft."""
    return ProfileView.model_validate(await routing.draft(session, body.data(), actor))


@router.get("", operation_id="listRoutingProfiles")
async def list_profiles(_actor: Staff, session: InTransaction, page: InPage) -> Listing[ProfileView]:
    """Every version, oldest first."""
    rows = await routing.profiles(session, after=page.after(UUID), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.id,))
    return Listing(data=[ProfileView.model_validate(row) for row in shown], next=following)


@router.post("/{profile_id}/activate", operation_id="activateRoutingProfile")
async def activate_profile(profile_id: UUID, actor: Staff, session: InTransaction) -> ProfileView:
    """Put a version in force; the one before it is retired."""
    return ProfileView.model_validate(await routing.activate(session, profile_id, actor))


@router.get("/{profile_id}/what-if", operation_id="tryRoutingProfile")
async def try_profile(
    profile_id: UUID,
    _actor: Staff,
    session: InTransaction,
    since: Annotated[Moment, Query(alias="from")],
    until: Annotated[Moment, Query(alias="to")],
    against: Annotated[UUID | None, Query(description="Another version; default: as it was chosen")] = None,
) -> WhatIfView:
    """What these rules would have chosen for orders placed in that time (5,000 choices at most)."""
    draft = routing.rules_of(await routing.profile(session, profile_id))
    base = None if against is None else routing.rules_of(await routing.profile(session, against))
    found, known = await whatif.cases(session, since, until), await whatif.world(session)
    compared = await asyncio.to_thread(whatif.compare, found, known, base, draft, solving.solver())
    return WhatIfView.model_validate(compared)
