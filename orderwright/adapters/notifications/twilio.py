"""SMS through Twilio's official SDK."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import datetime
from typing import TypeVar

import requests
from twilio.base import values  # type: ignore[import-untyped]
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]  # no types are published
from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from orderwright.adapters.blocking import in_pool, never_sent
from orderwright.ports.failures import NotSent, ProviderFailure, Refused, Unreachable
from orderwright.ports.notifications import SentSms

T = TypeVar("T")
# From twilio.com/docs/api/errors, the ones that tell us more than "no".
CODES = {21211: "invalid_number", 21408: "country_not_allowed", 21610: "unsubscribed", 21614: "not_a_mobile"}
TRIAL_PREFIX = "Sent from your Twilio trial account - "
LOOKED_AT = 200
# At INFO the SDK writes the number into our logs; outside the tree no configuration opens this one again.
_QUIET = logging.Logger("twilio", logging.WARNING)  # noqa: LOG001 - see above


class TwilioSms:
    """One Twilio account and sender. There are no idempotency keys: what was sent is looked up."""

    def __init__(
        self,
        account_sid: str,
        token: str,
        api_base: str = "https://api.twilio.com",
        *,
        from_: str,
        pool: Executor,
        timeout: float = 10.0,
        status_url: str | None = None,
    ) -> None:
        """`from_` is the sending number; `status_url`: where Twilio tells what became of a message.

        `timeout` is seconds for one answer: the SDK has none of its own."""
        self.timeout = timeout
        self._pool, self._from, self._status_url = pool, from_, status_url
        self._client = Client(
            account_sid, token, http_client=TwilioHttpClient(timeout=timeout, logger=_QUIET)
        )
        self._client.api.base_url = api_base.rstrip("/")

    async def send(self, to: str, body: str) -> SentSms:
        """Queued at Twilio; whether it arrives is not known here."""
        message = await self._call(
            lambda: self._client.messages.create(
                to=to, from_=self._from, body=body, status_callback=self._status_url or values.unset
            )
        )
        return SentSms(str(message.sid))

    async def find(self, to: str, body: str, *, since: datetime) -> SentSms | None:
        """The newest messages to that number, compared by body.

        Not filtered by date sent: a message that still waits there has none. Their times are whole seconds.
        """
        earliest = since.replace(microsecond=0)

        def look() -> SentSms | None:
            for message in self._client.messages.stream(to=to, limit=LOOKED_AT, page_size=50):
                if message.date_created is not None and message.date_created < earliest:
                    return None
                if message.body in (body, TRIAL_PREFIX + body):
                    return SentSms(str(message.sid))
            return None

        return await self._call(look)

    async def _call(self, call: Callable[[], T]) -> T:
        try:
            return await in_pool(self._pool, call)
        except (TwilioException, requests.RequestException) as error:
            raise _classified(error) from None  # Twilio's text quotes the number


def _classified(error: Exception) -> ProviderFailure:
    """A wrong token is NotSent: it is our mistake and mended without the customer."""
    if not isinstance(error, TwilioRestException):
        return NotSent("twilio: no connection") if never_sent(error) else Unreachable("twilio: no answer")
    if error.status in (401, 403, 429):
        return NotSent(f"twilio answered {error.status}")
    if 400 <= error.status < 500:
        return Refused(
            CODES.get(error.code or 0, "sms_refused"), f"twilio error {error.code or error.status}"
        )
    return Unreachable(f"twilio answered {error.status}")
