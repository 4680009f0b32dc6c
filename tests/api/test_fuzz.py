"""Whatever is sent, it is never our mistake: requests made up from the description give no 5xx."""

from typing import Any

import httpx2
import pytest
import pytest_asyncio
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.core.result import Ok

from api.app import create_app
from orderwright.domain.orders import Scope
from tests.api.world import Client, World

SCHEMA = schemathesis.openapi.from_dict(create_app().openapi())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)}
REAL = {"order": "ORD-10001", "sku": "MUG", "code": "LON"}
EXAMPLES = settings(
    max_examples=6,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def anybody(world: World, http: httpx2.AsyncClient, shop: Client) -> Client:
    """A key that may do everything, and one order."""
    client = Client(http, await world.key(Scope.ADMIN))
    order = {
        "customer": {"name": "Ada"},
        "ship_to": {"name": "Ada", "line1": "1 Rd", "city": "London", "country": "GB"},
        "lines": [{"sku": "MUG", "quantity": 1}],
        "payment": {"method": "manual"},
    }
    assert (await client.post("/v1/orders", order)).json()["number"] == REAL["order"]
    return client


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _request(case: schemathesis.Case[Any], key: str) -> httpx2.Request | None:
    """The made-up case as a request of ours; None where no client could send it."""
    given_ = case.as_transport_kwargs(base_url="http://api.test")
    (given_["params"] or {}).pop("wait", None)  # half a minute each would be a long test
    try:
        sent = requests.Request(**given_).prepare()
        headers = {str(name): _text(value) for name, value in sent.headers.items()}
        body: Any = sent.body  # Any: text or bytes
        content = body.encode() if isinstance(body, str) else body
        headers["Authorization"] = f"Bearer {key}"
        return httpx2.Request(str(sent.method), str(sent.url), headers=headers, content=content)
    except (ValueError, httpx2.InvalidURL):
        return None


@pytest.mark.parametrize("label", OPERATIONS)
@EXAMPLES
@given(data=st.data())
async def test_no_request_is_answered_with_a_mistake_of_ours(
    anybody: Client, label: str, data: st.DataObject
) -> None:
    operation = OPERATIONS[label]
    found = {name: value for name, value in REAL.items() if f"{{{name}}}" in operation.path}
    real = found if data.draw(st.booleans()) else {}
    mode = data.draw(
        st.sampled_from(GenerationMode if operation.body or operation.query else [GenerationMode.POSITIVE])
    )
    case = data.draw(operation.as_strategy(generation_mode=mode, path_parameters=real or None))
    request = _request(case, anybody.key or "")
    if request is None:
        return

    answer = await anybody.http.send(request)

    assert answer.status_code < 500, f"{request.method} {request.url}: {answer.text}"
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
