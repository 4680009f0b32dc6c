"""How does a process log: one form for structlog and the standard library, without personal data."""

import logging
import re
import sys
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from orderwright.domain import cards

_PERSONAL = frozenset(
    {
        "email",
        "mail",
        "phone",
        "mobile",
        "name",
        "firstname",
        "lastname",
        "fullname",
        "address",
        "street",
        "street1",
        "street2",
        "city",
        "postcode",
        "postal",
        "zip",
        "recipient",
        "card",
        "cvc",
        "cvv",
        "iban",
        "password",
        "secret",
        "token",
        "authorization",
        "cookie",
    }
)
_TECHNICAL = frozenset({"temporal_address", "logger_name", "queue_name", "workflow_name", "activity_name"})
_EMAIL = re.compile(r"[^\s@<>\"'(),:;]+@[^\s@<>\"'(),:;]+\.[A-Za-z]{2,}")
_PHONE = re.compile(r"(?<![\w+])\+\d[\d ().-]{6,16}\d(?!\w)")
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}
_QUIET = (
    "temporalio",
    "httpx2",
    "httpcore2",
    "urllib3",
    "stripe",
    "twilio",
    "sqlalchemy.engine",
    "uvicorn.access",
)
_ON_THEIR_OWN = ("uvicorn", "uvicorn.access")
"""Loggers that come with handlers, which would write a request's traceback as it is."""


def configure(*, level: str = "info", as_json: bool | None = None, stream: TextIO | None = None) -> None:
    """Set up logging for this process; a later call replaces an earlier one.

    as_json: JSON lines, or text for people; left out, text where stderr is a terminal.
    """
    out = stream or sys.stderr
    render_json = not out.isatty() if as_json is None else as_json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # before redaction: a traceback may quote a name
        redacted,
    ]
    final: Processor = (
        structlog.processors.JSONRenderer()
        if render_json
        else structlog.dev.ConsoleRenderer(colors=out.isatty())
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, final],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_LEVELS[level])
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in _ON_THEIR_OWN:
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def redacted(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Drop what is personal by its key, blot out what looks personal inside a text. A structlog processor."""
    return {key: value if key.startswith("_") else _value(key, value) for key, value in event.items()}


def _value(key: str, value: Any) -> Any:
    """Any: a log line may carry whatever a developer put there."""
    if _is_personal(key) and value is not None:
        return "[redacted]"
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {inner: _value(str(inner), part) for inner, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_value("", part) for part in value]
    if value is None or isinstance(value, bool | float):
        return value
    said = scrubbed(str(value))
    return value if isinstance(value, int) and said == str(value) else said


def _is_personal(key: str) -> bool:
    lowered = key.lower()
    return lowered not in _TECHNICAL and not _PERSONAL.isdisjoint(re.split(r"[_\-. ]", lowered))


def scrubbed(text: str) -> str:
    """The text without mail addresses, international phone numbers and card numbers."""
    without_cards = cards.redacted(text)  # first: a number in international form may hold one
    return _PHONE.sub("[phone]", _EMAIL.sub("[email]", without_cards))
