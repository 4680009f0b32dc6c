"""Products: what can be ordered."""

from fastapi import APIRouter, Response

from api.access import Anyone, Staff
from api.paging import InPage
from api.routes.parameters import Sku
from api.schemas.base import Listing
from api.schemas.catalog import Counted, NewProductBody, ProductBatch, ProductBody, ProductView
from api.transaction import InTransaction, Once
from api.versions import IfMatch, expected, tag
from orderwright.services import catalog
from orderwright.services.catalog import ProductData

router = APIRouter(prefix="/v1/products", tags=["products"], route_class=Once)


@router.post("", operation_id="createProduct", status_code=201)
async def create_product(
    body: NewProductBody, _actor: Staff, session: InTransaction, response: Response
) -> ProductView:
    """A new product."""
    row = await catalog.create_product(session, body.data())
    tag(response, row.version)
    return ProductView.model_validate(row)


@router.post("/batch", operation_id="putProducts")
async def put_products(body: ProductBatch, _actor: Staff, session: InTransaction) -> Counted:
    """Make or change up to 500 products at once; the last of one SKU wins."""
    return Counted(count=await catalog.put_products(session, [product.data() for product in body.products]))


@router.get("", operation_id="listProducts")
async def list_products(_actor: Anyone, session: InTransaction, page: InPage) -> Listing[ProductView]:
    """Products by SKU."""
    rows = await catalog.products(session, after=page.after(str), limit=page.wanted)
    shown, following = page.cut(rows, lambda row: (row.sku,))
    return Listing(data=[ProductView.model_validate(row) for row in shown], next=following)


@router.get("/{sku:path}", operation_id="readProduct")
async def read_product(sku: Sku, _actor: Anyone, session: InTransaction, response: Response) -> ProductView:
    """One product with its ETag."""
    row = await catalog.product(session, sku)
    tag(response, row.version)
    return ProductView.model_validate(row)


@router.put("/{sku:path}", operation_id="replaceProduct")
async def replace_product(
    sku: Sku,
    body: ProductBody,
    _actor: Staff,
    session: InTransaction,
    response: Response,
    if_match: IfMatch = None,
) -> ProductView:
    """Change a product; If-Match names the version that was read."""
    data = ProductData(sku=sku, **body.model_dump())
    row = await catalog.replace_product(session, data, expected(if_match))
    tag(response, row.version)
    return ProductView.model_validate(row)
