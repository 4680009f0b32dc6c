"""Labels and tracking through EasyPost's own SDK."""

from io import BytesIO
from typing import Any

import httpx2
import pypdfium2
import pytest
import zxingcpp
from easypost.errors.api.http_error import HttpError
from easypost.errors.api.invalid_request_error import InvalidRequestError
from easypost.util import validate_webhook
from PIL import Image

from tests.simulator.conftest import Process, Shop, eventually

HOME = {
    "name": "Stock",
    "street1": "1 Pier",
    "city": "Oakland",
    "state": "CA",
    "zip": "94607",
    "country": "US",
}
FAR = {"name": "Ada", "street1": "2 Elm", "city": "New York", "state": "NY", "zip": "10001", "country": "US"}
NEAR = {**FAR, "city": "San Jose", "state": "CA", "zip": "95110"}
LONDON = {"name": "Ada", "street1": "3 Oak", "city": "London", "zip": "SW1A 1AA", "country": "GB"}


def rated(easypost: Any, to: dict[str, str] = FAR, ounces: float = 20.0) -> Any:
    """A shipment (the SDK is untyped)."""
    return easypost.shipment.create(
        to_address=to, from_address=HOME, parcel={"weight": ounces}, reference="o-2:label/1:1"
    )


def bought(easypost: Any) -> Any:
    """A shipment with its cheapest label."""
    shipment = rated(easypost)
    return easypost.shipment.buy(shipment.id, rate=shipment.lowest_rate())


def test_three_carriers_offer_steady_prices(easypost: Any) -> None:
    first, second, near = rated(easypost), rated(easypost), rated(easypost, NEAR)

    prices = [(rate.carrier, rate.service, rate.rate) for rate in first.rates]
    assert prices == [(rate.carrier, rate.service, rate.rate) for rate in second.rates]
    assert {rate.carrier for rate in first.rates} == {"UPS", "FedEx", "USPS"}
    assert float(near.lowest_rate().rate) < float(first.lowest_rate().rate)
    assert all(rate.delivery_days >= 1 and rate.currency == "USD" for rate in first.rates)
    assert {rate.carrier for rate in rated(easypost, LONDON).rates} == {"UPS", "FedEx", "USPS"}


def test_a_label_is_bought_once(world: Process, easypost: Any) -> None:
    shipment = bought(easypost)

    with pytest.raises(InvalidRequestError) as refused:
        easypost.shipment.buy(shipment.id, rate=shipment.rates[0])

    assert refused.value.code == "SHIPMENT.POSTAGE.EXISTS"
    found = easypost.shipment.retrieve(shipment.id)
    assert found.tracking_code == shipment.tracking_code
    assert found.reference == "o-2:label/1:1"
    [label] = world.books("o-2")["labels"]
    assert (label["purchases"], label["bought"], label["voided"]) == (1, True, False)
    assert label["rate_minor"] == round(float(shipment.selected_rate.rate) * 100)


def test_an_unknown_purchase_is_found_by_its_id(world: Process, easypost: Any) -> None:
    shipment = rated(easypost)
    world.switch("easypost", "answer_lost", operation="shipments.buy", match={"reference": "o-2:label/1:1"})

    with pytest.raises(HttpError):
        easypost.shipment.buy(shipment.id, rate=shipment.lowest_rate())

    assert easypost.shipment.retrieve(shipment.id).postage_label.label_url
    assert [call["outcome"] for call in world.ledger(operation="shipments.buy")] == ["lost"]


def test_labels_can_be_read_by_a_scanner(easypost: Any) -> None:
    shipment = bought(easypost)
    label = easypost.shipment.label(shipment.id, file_format="ZPL").postage_label

    png, pdf, zpl = (
        httpx2.get(url, trust_env=False).content
        for url in (shipment.postage_label.label_url, label.label_pdf_url, label.label_url)
    )

    assert zpl.startswith(b"^XA")
    assert shipment.tracking_code.encode() in zpl
    document = pypdfium2.PdfDocument(pdf)
    printed = document[0].render(scale=4).to_pil()
    document.close()
    for picture in (Image.open(BytesIO(png)), printed):
        assert [code.text for code in zxingcpp.read_barcodes(picture)] == [shipment.tracking_code]


def test_a_label_is_voided_unless_it_was_scanned(world: Process, easypost: Any) -> None:
    unused, used = bought(easypost), bought(easypost)
    world.http.post(f"/_sim/trackers/{used.tracking_code}/advance", json={"status": "in_transit"})

    voided = easypost.shipment.refund(unused.id)
    with pytest.raises(InvalidRequestError):
        easypost.shipment.refund(used.id)

    assert voided.refund_status == "submitted"
    eventually(lambda: easypost.shipment.retrieve(unused.id).refund_status == "refunded")
    assert [label["voided"] for label in world.books("o-2")["labels"]] == [True, False]


def test_scans_are_told_and_signed(world: Process, easypost: Any, shop: Shop) -> None:
    shipment = bought(easypost)

    world.http.post(f"/_sim/trackers/{shipment.tracking_code}/advance", json={"status": "in_transit"})

    [received] = eventually(lambda: shop.received)
    headers = {"X-Hmac-Signature": received.headers["x-hmac-signature"]}
    event = validate_webhook(received.raw, headers, "easypost_orderwright")
    assert event["description"] == "tracker.updated"
    assert event["result"]["status"] == "in_transit"
    assert event["result"]["tracking_code"] == shipment.tracking_code
    assert easypost.tracker.retrieve(shipment.tracker.id).status == "in_transit"


def test_shipments_are_listed(easypost: Any) -> None:
    ids = [bought(easypost).id for _ in range(3)]
    rated(easypost)

    page = easypost.shipment.all(page_size=2)
    rest = easypost.shipment.get_next_page(page, page_size=2)

    assert [one.id for one in page["shipments"]] == [ids[2], ids[1]]
    assert [one.id for one in rest["shipments"]] == [ids[0]]
    assert (page["has_more"], rest["has_more"]) == (True, False)


def test_a_parcel_without_weight_is_refused(world: Process, easypost: Any) -> None:
    with pytest.raises(InvalidRequestError):
        rated(easypost, ounces=0)

    assert world.books("o-2")["labels"] == []
