"""Kits, and the units of measure of products: paths of their own, as a SKU may hold slashes."""

from fastapi import APIRouter

from api.access import Anyone, Staff
from api.paging import InPage
from api.routes.parameters import Sku
from api.schemas.assortment import KitBody, KitView, UnitsBody, UnitsView, UnitView
from api.schemas.base import Listing
from api.transaction import InTransaction, Once
from orderwright.services import kits, measures

router = APIRouter(prefix="/v1", tags=["products"], route_class=Once)


@router.get("/units-of-measure/{sku:path}", operation_id="listUnits")
async def list_units(sku: Sku, _actor: Anyone, session: InTransaction) -> UnitsView:
    """In what a product is ordered and received beside single units."""
    rows = await measures.listed(session, sku)
    return UnitsView(sku=sku, units=[UnitView.model_validate(row) for row in rows])


@router.put("/units-of-measure/{sku:path}", operation_id="putUnits")
async def put_units(sku: Sku, body: UnitsBody, _actor: Staff, session: InTransaction) -> UnitsView:
    """Say in what a product is ordered and received; orders keep what they were placed in."""
    rows = await measures.put(session, sku, {unit.code: unit.units for unit in body.units})
    return UnitsView(sku=sku, units=[UnitView.model_validate(row) for row in rows])


@router.get("/kits", operation_id="listKits")
async def list_kits(_actor: Anyone, session: InTransaction, page: InPage) -> Listing[KitView]:
    """Kits by SKU, with how many there are."""
    rows = await kits.kits(session, after=page.after(str), limit=page.wanted)
    shown, following = page.cut(rows, lambda kit: (kit.sku,))
    return Listing(data=[KitView.of(kit) for kit in shown], next=following)


@router.get("/kits/{sku:path}", operation_id="readKit")
async def read_kit(sku: Sku, _actor: Anyone, session: InTransaction) -> KitView:
    """What is in a kit, and how many there are."""
    return KitView.of(await kits.kit(session, sku))


@router.put("/kits/{sku:path}", operation_id="putKit")
async def put_kit(sku: Sku, body: KitBody, _actor: Staff, session: InTransaction) -> KitView:
    """Make a product a kit, priced as itself; orders keep what they were placed with."""
    return KitView.of(await kits.put(session, sku, {one.sku: one.units for one in body.components}))
