"""What Twilio tells us: what became of a message, and what people text back."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]  # no types are published

from orderwright.adapters.headers import header
from orderwright.domain import cards
from orderwright.domain.failures import BadSignature, Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.incoming import Incoming

LONGEST = 2_000


class TwilioForms:
    """Forms signed over the address they are posted to: as Twilio knows it, whatever stands in between."""

    def __init__(self, token: str, url: str) -> None:
        self._validator, self._url = RequestValidator(token), url

    def proven(self, raw: bytes, headers: Mapping[str, str]) -> Mapping[str, str]:
        """The form's fields. Raises BadSignature, Invalid."""
        try:
            form = dict(parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=200))
        except ValueError:
            raise Invalid("not a form") from None
        if not self._validator.validate(self._url, form, header(headers, "x-twilio-signature")):
            raise BadSignature("not signed with our token")
        return form


class TwilioStatus(TwilioForms):
    """Status call-backs. `reference` is the message's SID; they bear no time and no id of their own."""

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Raises BadSignature or Invalid."""
        form = self.proven(raw, headers)
        sid, status = form.get("MessageSid", ""), form.get("MessageStatus", "")
        if not sid or not status:
            raise Invalid("neither a message nor what became of it")
        return ProviderEvent(
            source="twilio",
            event_id=hashlib.sha256(f"{sid}/{status}".encode()).hexdigest(),
            kind=EventKind.MESSAGE_STATUS,
            reference=sid[:100],
            occurred_at=datetime.now(UTC),
            data={"status": status[:30], "code": form.get("ErrorCode", "")[:30]},
        )


class TwilioTexts(TwilioForms):
    """What people text to our number."""

    def read(self, raw: bytes, headers: Mapping[str, str]) -> Incoming:
        """Raises BadSignature or Invalid."""
        form = self.proven(raw, headers)
        sid, sender = form.get("MessageSid", ""), form.get("From", "")
        if not sid or not sender:
            raise Invalid("neither a message nor its sender")
        text = form.get("Body", "").replace("\x00", "")[:LONGEST]
        return Incoming("sms", sid[:100], sender[:50], cards.redacted(text))
