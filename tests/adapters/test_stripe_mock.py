"""What we send to Stripe is valid by Stripe's own OpenAPI document: asked of its `stripe-mock`.

It answers with samples and remembers nothing, so that only the form of a request is judged, never its effect.
"""

import os
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import stripe

from orderwright.adapters.payments.stripe import StripeGateway
from orderwright.domain.money import Money
from orderwright.ports.failures import Declined
from orderwright.ports.payments import Context

pytestmark = pytest.mark.independent

CONTEXT = Context(order_id="0192", payment_id="p1", order_number="OW-1001", metadata={"channel": "web"})
TEN = Money(1000, "EUR")
OPERATIONS: dict[str, Callable[[StripeGateway], Awaitable[object]]] = {
    "authorize": lambda g: g.authorize(TEN, source="pm_card_visa", context=CONTEXT, key="0192:a:1"),
    "find_authorization": lambda g: g.find_authorization("0192:a:1"),
    "request_payment": lambda g: g.request_payment(
        TEN, context=CONTEXT, return_url="http://shop.example/back", key="0192:l:1"
    ),
    "capture": lambda g: g.capture("pi_1", Money(600, "EUR"), final=False, key="0192:c:1"),
    "find_capture": lambda g: g.find_capture("pi_1", TEN, key="0192:c:1"),
    "capture of a page": lambda g: g.capture("cs_1", TEN, final=True, key="0192:c:2"),
    "void": lambda g: g.void("pi_1", key="0192:v:1"),
    "refund": lambda g: g.refund("pi_1", Money(100, "EUR"), key="0192:r:1"),
    "find_refund": lambda g: g.find_refund("pi_1", key="0192:r:1"),
}


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    """Its address, once it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [os.environ["STRIPE_MOCK"], "-http-addr", f"127.0.0.1:{port}", "-https-addr", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - ours to start
        until = time.monotonic() + 20
        while time.monotonic() < until:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


@pytest.fixture(params=["once", "multicapture", "with a page to come back to"])
def gateway(request: pytest.FixtureRequest, mock: str, pool: ThreadPoolExecutor) -> StripeGateway:
    """Accounts that send different parameters."""
    return StripeGateway(
        "sk_test_x",
        mock,
        pool=pool,
        multicapture=request.param == "multicapture",
        return_url="http://shop.example/back" if "page" in request.param else None,
    )


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_what_we_send_is_valid(gateway: StripeGateway, operation: str) -> None:
    with suppress(Declined):  # the sample's payment has no instrument: valid, and read as what it says
        await OPERATIONS[operation](gateway)


def test_what_stripe_does_not_know_would_be_refused(mock: str) -> None:
    client = stripe.StripeClient("sk_test_x", base_addresses={"api": mock}, max_network_retries=0)

    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", "/v1/payment_intents", amount=1000, currency="eur", nonsense="1")
