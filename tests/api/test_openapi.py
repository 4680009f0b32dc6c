"""The description of the API is what the API is."""

from fastapi import FastAPI

from api.openapi import routes
from tests.tools.check_openapi import COMMITTED, generated


def test_the_committed_description_is_what_the_routes_give() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == generated(), "python -m tests.tools.check_openapi --write"


def test_every_operation_says_what_it_is_and_how_it_refuses(app: FastAPI) -> None:
    described = app.openapi()

    operations = [each for path in described["paths"].values() for each in path.values()]
    assert described["openapi"] == "3.1.0"
    assert len({operation["operationId"] for operation in operations}) == len(operations) == len(routes())
    for operation in operations:
        assert operation["tags"]
        assert operation["description"]
        assert "application/problem+json" in operation["responses"]["default"]["content"]


def test_every_body_that_is_sent_refuses_unknown_fields_and_shows_an_example(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]

    bodies = {name: schema for name, schema in schemas.items() if schema.get("additionalProperties") is False}
    assert {"PlaceOrder", "LineBody", "CustomerBody", "NewProductBody", "ReceiptBody", "CancelBody"} <= set(
        bodies
    )
    assert all(
        schemas[name].get("examples") for name in ("PlaceOrder", "NewProductBody", "ReceiptBody", "HoldBody")
    )
