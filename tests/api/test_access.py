"""Who may do what: every route, every scope."""

import re

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.access import Keyring
from api.openapi import routes, scopes_of
from orderwright.domain.orders import Scope
from orderwright.services import keys
from tests.api.world import Client, World

STORE, STAFF, FLOOR = "storefront", "operations", "warehouse"
OPEN: tuple[str, ...] | None = None
MATRIX: dict[str, tuple[str, ...] | None] = {
    "placeOrder": (STORE, STAFF),
    "listOrders": (STORE, STAFF),
    "readOrder": (STORE, STAFF),
    "readTimeline": (STORE, STAFF),
    "readSourcing": (STAFF,),
    "draftRoutingProfile": (STAFF,),
    "listRoutingProfiles": (STAFF,),
    "listUnroutableOrders": (STAFF,),
    "activateRoutingProfile": (STAFF,),
    "tryRoutingProfile": (STAFF,),
    "cancelOrder": (STORE, STAFF),
    "changeAddress": (STAFF,),
    "previewCancel": (STORE, STAFF),
    "previewChange": (STORE, STAFF),
    "changeOrder": (STORE, STAFF),
    "listChanges": (STORE, STAFF),
    "holdOrder": (STAFF,),
    "retryOrder": (STAFF,),
    "refundOrder": (STAFF,),
    "previewReturn": (STORE, STAFF),
    "requestReturn": (STORE, STAFF),
    "listReturns": (STORE, STAFF),
    "readReturn": (STORE, STAFF),
    "readReturnLabel": (STORE, STAFF),
    "readReturnLabelPdf": (STORE, STAFF),
    "readReturnLabelZpl": (STORE, STAFF),
    "readReturnCodeSvg": (STORE, STAFF),
    "readReturnCodePng": (STORE, STAFF),
    "approveReturn": (STAFF,),
    "declineReturn": (STAFF,),
    "cancelReturn": (STORE, STAFF),
    "receiveReturn": (FLOOR, STAFF),
    "inspectReturn": (FLOOR, STAFF),
    "gatherVendorReturn": (FLOOR, STAFF),
    "listVendorReturns": (FLOOR, STAFF),
    "listVendorWaiting": (FLOOR, STAFF),
    "readVendorReturn": (FLOOR, STAFF),
    "shipVendorReturn": (FLOOR, STAFF),
    "settleVendorReturn": (STAFF,),
    "cancelVendorReturn": (FLOOR, STAFF),
    "listReturnPolicies": (STAFF,),
    "putReturnPolicy": (STAFF,),
    "setCustomerSegment": (STAFF,),
    "receiveBankTransfer": (STAFF,),
    "listBankTransfers": (STAFF,),
    "assignBankTransfer": (STAFF,),
    "returnBankTransfer": (STAFF,),
    "listDisputes": (STAFF,),
    "readDispute": (STAFF,),
    "defendDispute": (STAFF,),
    "acceptDispute": (STAFF,),
    "listReceivables": (STAFF,),
    "readAging": (STAFF,),
    "recordRemittance": (STAFF,),
    "listRemittances": (STAFF,),
    "assignRemittanceLine": (STAFF,),
    "returnRemittanceLine": (STAFF,),
    "putCustomerTerms": (STAFF,),
    "issueGiftCard": (STAFF,),
    "listGiftCards": (STAFF,),
    "blockGiftCard": (STAFF,),
    "unblockGiftCard": (STAFF,),
    "checkGiftCard": (STORE, STAFF),
    "readBalance": (STAFF,),
    "listBalanceMoves": (STAFF,),
    "listPaymentMethods": (STORE, STAFF),
    "forgetPaymentMethod": (STORE, STAFF),
    "grantCredit": (STAFF,),
    "readCredit": (STORE, STAFF),
    "releaseHold": (STAFF,),
    "approveOrder": (STAFF,),
    "rejectOrder": (STAFF,),
    "listTasks": (STAFF,),
    "readTask": (STAFF,),
    "approveTask": (STAFF,),
    "rejectTask": (STAFF,),
    "listFulfillmentOrders": (FLOOR, STAFF),
    "readFulfillmentOrder": (FLOOR, STAFF),
    "readPackingSlip": (FLOOR, STAFF),
    "acceptFulfillment": (FLOOR, STAFF),
    "rejectFulfillment": (FLOOR, STAFF),
    "pickFulfillment": (FLOOR, STAFF),
    "shortFulfillment": (FLOOR, STAFF),
    "shipFulfillment": (FLOOR, STAFF),
    "readyForPickup": (FLOOR, STAFF),
    "collectPickup": (FLOOR, STAFF),
    "keepPickup": (FLOOR, STAFF),
    "listPurchaseOrders": (STAFF,),
    "readPurchaseOrder": (STAFF,),
    "listShipments": (STORE, STAFF),
    "readShipment": (STORE, STAFF, FLOOR),
    "readLabel": (FLOOR, STAFF),
    "readLabelPdf": (FLOOR, STAFF),
    "readLabelZpl": (FLOOR, STAFF),
    "scanShipment": (FLOOR, STAFF),
    "listCases": (STAFF,),
    "readCase": (STAFF,),
    "openCase": (STORE, STAFF),
    "decideCase": (STAFF,),
    "trackOrder": (STORE, STAFF),
    "fileCarrierClaim": (STAFF,),
    "acceptCarrierClaim": (STAFF,),
    "rejectCarrierClaim": (STAFF,),
    "paidCarrierClaim": (STAFF,),
    "appeaseCustomer": (STAFF,),
    "listAppeasementLimits": (STAFF,),
    "setAppeasementLimit": ("admin",),
    "createProduct": (STAFF,),
    "putProducts": (STAFF,),
    "listProducts": (STORE, STAFF, FLOOR),
    "readProduct": (STORE, STAFF, FLOOR),
    "replaceProduct": (STAFF,),
    "createLocation": (STAFF,),
    "listLocations": (STORE, STAFF, FLOOR),
    "readLocation": (STORE, STAFF, FLOOR),
    "replaceLocation": (STAFF,),
    "listClosures": (STORE, STAFF, FLOOR),
    "closeLocationOn": (STAFF,),
    "openLocationOn": (STAFF,),
    "receiveStock": (FLOOR, STAFF),
    "askAvailability": (STORE, STAFF),
    "askQuote": (STORE, STAFF),
    "createPromotion": (STAFF,),
    "listPromotions": (STAFF,),
    "readPromotion": (STAFF,),
    "endPromotion": (STAFF,),
    "putTaxRates": (STAFF,),
    "listTaxRates": (STAFF,),
    "putTaxRegime": (STAFF,),
    "listTaxRegimes": (STAFF,),
    "createTaxExemption": (STAFF,),
    "listTaxExemptions": (STAFF,),
    "endTaxExemption": (STAFF,),
    "putFee": (STAFF,),
    "listFees": (STAFF,),
    "listLots": (STORE, STAFF, FLOOR),
    "setSafetyStock": (STAFF,),
    "setUnitCost": (STAFF,),
    "setChannelBuffer": (STAFF,),
    "listChannelBuffers": (STORE, STAFF, FLOOR),
    "setChannelQuota": (STAFF,),
    "listChannelQuotas": (STORE, STAFF, FLOOR),
    "listUnits": (STORE, STAFF, FLOOR),
    "putUnits": (STAFF,),
    "listKits": (STORE, STAFF, FLOOR),
    "readKit": (STORE, STAFF, FLOOR),
    "putKit": (STAFF,),
    "listStock": (STORE, STAFF, FLOOR),
    "adjustStock": (FLOOR, STAFF),
    "listStockMoves": (FLOOR, STAFF),
    "listStockDifferences": (FLOOR, STAFF),
    "listExpectedStock": (FLOOR, STAFF),
    "readExpectedStock": (FLOOR, STAFF),
    "receiveExpectedStock": (FLOOR, STAFF),
    "requestTransfer": (FLOOR, STAFF),
    "listTransfers": (FLOOR, STAFF),
    "readTransfer": (FLOOR, STAFF),
    "shipTransfer": (FLOOR, STAFF),
    "receiveTransfer": (FLOOR, STAFF),
    "cancelTransfer": (FLOOR, STAFF),
    "openCount": (FLOOR, STAFF),
    "listCounts": (FLOOR, STAFF),
    "readCount": (FLOOR, STAFF),
    "enterCount": (FLOOR, STAFF),
    "submitCount": (FLOOR, STAFF),
    "cancelCount": (FLOOR, STAFF),
    "announceStock": (STAFF,),
    "changeExpectedStock": (STAFF,),
    "cancelExpectedStock": (STAFF,),
    "approveCount": (STAFF,),
    "rejectCount": (STAFF,),
    "createCustomer": (STORE, STAFF),
    "listCustomers": (STORE, STAFF),
    "readCustomer": (STORE, STAFF),
    "replaceCustomer": (STORE, STAFF),
    "listOrderDocuments": (STORE, STAFF),
    "listDocuments": (STAFF,),
    "issueMissingDocuments": (STAFF,),
    "readDocument": (STORE, STAFF),
    "readDocumentPdf": (STORE, STAFF),
    "readDocumentHtml": (STORE, STAFF),
    "readDocumentXml": (STORE, STAFF),
    "listSellers": (STAFF,),
    "putSeller": (STAFF,),
    "readTrialBalance": (STAFF,),
    "reverseBooking": ("admin",),
    "readMargin": (STAFF,),
    "recordExchangeRates": (STAFF,),
    "listExchangeRates": (STAFF,),
    "readExchange": (STAFF,),
    "readProof": (STORE, STAFF),
    "listPaymentDifferences": (STAFF,),
    "readPaymentDifference": (STAFF,),
    "adoptMoney": (STAFF,),
    "giveMoneyBack": (STAFF,),
    "receiveEvent": OPEN,
    "readHealth": OPEN,
    "receiveSms": OPEN,
    "receiveMail": OPEN,
    "readPreferences": (STORE, STAFF),
    "sayPreference": (STORE, STAFF),
    "previewNotification": (STAFF,),
    "listNotifications": (STAFF,),
    "resendNotification": (STAFF,),
    "listNotificationTemplates": (STAFF,),
    "saveNotificationTemplate": (STAFF,),
    "withdrawNotificationTemplate": (STAFF,),
    "listBrands": (STAFF,),
    "saveBrand": (STAFF,),
    "writeNote": (STAFF,),
    "listNotes": (STAFF,),
    "listOrderMessages": (STAFF,),
    "listUnmatchedMessages": (STAFF,),
    "attachMessage": (STAFF,),
}
ROUTES = routes()
NOBODY = "0199a7b2-0000-7000-8000-000000000000"


def _name(route: APIRoute) -> str:
    return str(route.operation_id)


def _method(route: APIRoute) -> str:
    return next(iter(route.methods or ()))


def _path(route: APIRoute) -> str:
    return re.sub(r"\{\w+(:path)?\}", NOBODY, route.path)


def test_the_matrix_names_every_route_and_what_it_declares() -> None:
    assert {_name(route): scopes_of(route) for route in ROUTES} == MATRIX


@pytest.mark.parametrize("route", ROUTES, ids=_name)
async def test_a_route_lets_in_whom_the_matrix_names(
    world: World, http: httpx2.AsyncClient, route: APIRoute
) -> None:
    allowed = MATRIX[_name(route)]
    method = _method(route)

    for scope in Scope:
        client = Client(http, await world.key(scope))
        answer = await client.call(method, _path(route), {} if method != "GET" else None)

        may = allowed is None or scope is Scope.ADMIN or scope.value in allowed
        assert (answer.status_code != 403) == may, scope
        assert answer.status_code != 401 or answer.json()["code"] == "bad_signature"


@pytest.mark.parametrize("route", [route for route in ROUTES if MATRIX[_name(route)]], ids=_name)
async def test_a_route_lets_nobody_in_without_a_key(nobody: Client, route: APIRoute) -> None:
    method = _method(route)

    answer = await nobody.call(method, _path(route), {} if method != "GET" else None)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "value", ["Bearer owk_wrong", "Bearer", "Basic b3drOg==", "Bearer x", "Bearer owk_\u00e9"]
)
async def test_what_is_no_key_of_ours_is_refused(http: httpx2.AsyncClient, value: str) -> None:
    answer = await http.get("/v1/products", headers={b"Authorization": value.encode("latin-1")})

    assert answer.status_code == 401


async def test_a_revoked_key_is_refused_once_it_is_forgotten(
    world: World, app: FastAPI, http: httpx2.AsyncClient
) -> None:
    key = await world.key(Scope.OPERATIONS)
    client = Client(http, key)
    assert (await client.get("/v1/products")).status_code == 200

    async with world.db.transaction() as session:
        caller = await keys.find(session, keys.hashed(key))
        assert caller is not None
        await keys.revoke(session, caller.id)
    app.state.keyring = Keyring()  # half a minute later

    assert (await client.get("/v1/products")).status_code == 401


async def test_a_key_is_shown_once_and_stored_hashed(world: World) -> None:
    async with world.db.transaction() as session:
        key = await keys.create(session, "import", [Scope.ADMIN])
        rows = await keys.listed(session)

    stored = next(row for row in rows if row.name == "import")
    assert stored.hash == keys.hashed(key)
    assert key not in (stored.name, stored.hash, stored.scopes)


async def test_a_storefront_sees_neither_tasks_nor_what_labels_cost(
    shop: Client, store: Client, staff: Client, new_order: dict[str, object]
) -> None:
    order = (await store.post("/v1/orders", new_order)).json()

    told = (await store.get(f"/v1/orders/{order['id']}")).json()

    assert (told["tasks"], told["risk_score"]) == ([], None)
