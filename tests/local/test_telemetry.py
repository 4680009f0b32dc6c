"""Logs carry no personal data, whoever writes them."""

import io
import json
import logging.config
from collections.abc import Iterator

import pytest
import structlog
from uvicorn.config import LOGGING_CONFIG

from orderwright.runtime import telemetry


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What was logged; the suite's own logging is put back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    out = io.StringIO()
    logging.config.dictConfig(LOGGING_CONFIG)  # as uvicorn has it when the application starts
    telemetry.configure(as_json=True, stream=out)
    yield out
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_personal_keys_are_redacted_and_technical_ones_are_kept(log: io.StringIO) -> None:
    structlog.get_logger().info(
        "placed",
        order_id="0192",
        email="ann@shop.example",
        ship_to={"city": "Ulm"},
        temporal_address="127.0.0.1:7233",
    )

    line = json.loads(log.getvalue())

    assert (line["event"], line["order_id"], line["temporal_address"]) == ("placed", "0192", "127.0.0.1:7233")
    assert line["email"] == "[redacted]"
    assert line["ship_to"] == {"city": "[redacted]"}


def test_what_looks_personal_inside_a_text_is_blotted_out(log: io.StringIO) -> None:
    logging.getLogger("a.library").warning(
        "%s paid with 4242 4242 4242 4242, call +49 170 1234567", "ann@shop.example"
    )

    assert json.loads(log.getvalue())["event"] == "[email] paid with [card], call [phone]"


def test_a_traceback_is_scrubbed_too(log: io.StringIO) -> None:
    try:
        raise ValueError("no customer ann@shop.example")
    except ValueError:
        structlog.get_logger().exception("failed")

    assert "ann@shop.example" not in log.getvalue()
    assert "[email]" in log.getvalue()


def test_a_servers_own_handlers_are_taken_away(log: io.StringIO, capsys: pytest.CaptureFixture[str]) -> None:
    logging.getLogger("uvicorn.error").error("no customer ann@shop.example")

    assert json.loads(log.getvalue())["event"] == "no customer [email]"
    assert capsys.readouterr() == ("", "")


def test_numbers_that_are_no_cards_are_kept() -> None:
    assert telemetry.scrubbed("order 4242424242424241 of 0192f0aa-1111-7222-8333-444455556666") == (
        "order 4242424242424241 of 0192f0aa-1111-7222-8333-444455556666"
    )


def test_the_sdk_of_temporal_is_quiet(log: io.StringIO) -> None:
    logging.getLogger("temporalio.worker").info("polling")

    assert log.getvalue() == ""
