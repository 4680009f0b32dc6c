"""Mail that comes in: what customers write, and what mail servers say of ours. RFC 5322 and RFC 3464."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import Literal, cast

from pydantic import BaseModel, ValidationError

from orderwright.adapters.headers import header
from orderwright.adapters.warehouses.signatures import Signer
from orderwright.domain import cards
from orderwright.domain.failures import Invalid
from orderwright.ports.inbound import EventKind, ProviderEvent
from orderwright.ports.incoming import Incoming

LONGEST = 20_000
MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
STATUS = {"hard": "bounced", "complaint": "complained", "failed": "failed", "soft": "delayed"}
UNSEEN = frozenset({"script", "style", "head", "title", "template"})
BLOCKS = frozenset({"p", "div", "br", "tr", "li", "h1", "h2", "h3", "blockquote"})


class _Said(BaseModel):
    """A mail provider's own notice; what else it holds is passed over."""

    event_id: str
    message_id: str
    kind: Literal["hard", "soft", "complaint"]
    status: str = ""


class MailBounces:
    """Bounces as signed JSON, or as the delivery report itself. `reference` is our Message-ID."""

    def __init__(self, secret: str) -> None:
        self._signer = Signer(secret)

    def verify(self, raw: bytes, headers: Mapping[str, str]) -> ProviderEvent:
        """Raises BadSignature or Invalid."""
        self._signer.prove(raw, headers)
        if not raw.lstrip().startswith(b"{"):
            return self.report(raw)
        try:
            said = _Said.model_validate_json(raw)
        except ValidationError:
            raise Invalid(
                "not a bounce: event_id, message_id, kind (hard, soft, complaint), status"
            ) from None
        return _event(said.event_id, said.message_id, said.kind, said.status)

    def report(self, raw: bytes) -> ProviderEvent:
        """A delivery report. Raises Invalid where it is none, or names no mail of anybody's."""
        parsed = message_from_bytes(raw, policy=policy.default)
        fields = [block for part in _parts(parsed, "message/delivery-status") for block in _blocks(part)]
        told = next((block for block in fields if block.get("Action")), None)
        original = _original(parsed)
        if told is None or not original:
            raise Invalid("not a delivery report of a mail")
        failed = str(told["Action"]).strip().lower() == "failed"
        status = str(told.get("Status", "")).strip()
        kind = "hard" if failed and status.startswith("5.1.") else "failed" if failed else "soft"
        return _event(hashlib.sha256(raw).hexdigest(), original, kind, status)


class MailIn:
    """Whole mails from our mail server, signed as Standard Webhooks."""

    def __init__(self, secret: str) -> None:
        self._signer, self._bounces = Signer(secret), MailBounces(secret)

    def report(self, raw: bytes) -> ProviderEvent | None:
        """What a server reports of a mail of ours, where that is what it is. Raises Invalid."""
        return self._bounces.report(raw) if is_report(raw) else None

    def read(self, raw: bytes, headers: Mapping[str, str]) -> Incoming:
        """Its text; HTML loses its marks, what is attached is not looked at. Raises BadSignature, Invalid."""
        self._signer.prove(raw, headers)
        parsed = message_from_bytes(raw, policy=policy.default)
        try:
            _, sender = parseaddr(str(parsed.get("From", "")))
            names = " ".join(str(parsed.get(name, "")) for name in ("In-Reply-To", "References"))
            own = MESSAGE_ID.search(str(parsed.get("Message-ID", "")))
            subject = " ".join(str(parsed.get("Subject", "")).split())
            text = _text(parsed)
        except (ValueError, LookupError, IndexError, AttributeError, KeyError):
            raise Invalid("a mail that cannot be read") from None
        if "@" not in sender:
            raise Invalid("a mail from nobody")
        written = str(parsed.get("Auto-Submitted", "no")).lower().split(";")[0].strip()
        bulk = str(parsed.get("Precedence", "")).lower() in ("bulk", "auto_reply", "junk", "list")
        return Incoming(
            channel="mail",
            reference=own.group() if own else header(headers, "webhook-id"),
            sender=sender.lower()[:254],
            text=cards.redacted(_clean(text)[:LONGEST]),
            subject=cards.redacted(_clean(subject)[:300]),
            answers=tuple(MESSAGE_ID.findall(names))[:50],
            automatic=written != "no" or bulk,
        )


def is_report(raw: bytes) -> bool:
    """Whether a mail is a server's report about another one."""
    kind = message_from_bytes(raw, policy=policy.default)
    return kind.get_content_type() == "multipart/report" and bool(_parts(kind, "message/delivery-status"))


def _event(event_id: str, message_id: str, kind: str, status: str) -> ProviderEvent:
    return ProviderEvent(
        source="mail-bounce", event_id=event_id[:100], kind=EventKind.MESSAGE_STATUS,
        reference=message_id.strip()[:300], occurred_at=datetime.now(UTC),
        data={"status": STATUS[kind], "code": status[:30]},
    )  # fmt: skip


def _parts(parsed: EmailMessage, kind: str) -> list[Message]:
    return [part for part in parsed.walk() if part.get_content_type() == kind]


def _blocks(part: Message) -> list[Message]:
    """The groups of fields of a delivery-status: one of the message, then one for each recipient."""
    blocks = part.get_payload()
    return (
        cast(list[Message], blocks) if isinstance(blocks, list) else []
    )  # cast: typeshed knows no such payload


def _original(parsed: EmailMessage) -> str:
    """The Message-ID of the mail that came back, from the copy or the headers that came with it."""
    for part in parsed.walk():
        if (
            part.get_content_type() == "message/rfc822"
            and isinstance(inner := part.get_payload(), list)
            and inner
        ):
            return str(cast(Message, inner[0]).get("Message-ID", ""))
        if part.get_content_type() == "text/rfc822-headers":
            found = re.search(r"(?im)^message-id:\s*(<[^<>\s]+>)", str(part.get_payload()))
            return found.group(1) if found else ""
    return ""


def _text(parsed: EmailMessage) -> str:
    body = parsed.get_body(preferencelist=("plain", "html"))
    if body is None:
        return ""
    text = str(body.get_content())
    return text if body.get_content_type() == "text/plain" else stripped(text)


def _clean(text: str) -> str:
    """Without control characters, lines of any kind as ours, at most one empty one between two."""
    plain = "".join(
        char if char in "\n\t" or char.isprintable() else " " for char in text.replace("\r\n", "\n")
    )
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", plain)).strip()


class _Stripping(HTMLParser):
    """Text that a reader would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """A block begins a line; what is not shown is skipped."""
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block, or of what is not shown."""
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        if tag in BLOCKS and tag != "br":
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        """A piece of text."""
        if not self._unseen:
            self.said.append(re.sub(r"\s+", " ", data))


def stripped(html: str) -> str:
    """HTML as plain text."""
    parser = _Stripping()
    parser.feed(html[: LONGEST * 10])
    parser.close()
    return "".join(parser.said)
