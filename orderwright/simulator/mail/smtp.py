"""The SMTP side: takes mail, unless a switch says otherwise."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from aiosmtpd.smtp import SMTP

from orderwright.simulator.mail.box import Box
from orderwright.simulator.switches import Mode, Switches
from orderwright.simulator.types import Fields

DEFAULT_REFUSAL = "451 4.3.0 Try again later"
ANSWER = re.compile(r"[45]\d\d\b.*")


class Receiver:
    """aiosmtpd's handler. Its objects carry no types, hence Any."""

    def __init__(self, box: Box, switches: Switches) -> None:
        self._box = box
        self._switches = switches

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: ARG002, N802
        """One mail has come."""
        raw = bytes(envelope.content)
        recipients = [str(one) for one in envelope.rcpt_tos]

        def fields() -> Fields:
            head = raw.split(b"\r\n\r\n", 1)[0].decode("utf-8", "replace")
            lines = dict(line.split(": ", 1) for line in head.split("\r\n") if ": " in line)
            named = {name.lower().replace("-", "_"): {value} for name, value in lines.items()}
            return {**named, "to": set(recipients), "from": {str(envelope.mail_from)}}

        if rule := self._switches.take(Mode.DELAY, "mail", "send", fields):
            await asyncio.sleep(float(rule.value or 1.0))
        if rule := self._switches.take(Mode.REFUSE, "mail", "send", fields):
            return refusal(rule.value)
        if self._switches.take(Mode.SERVER_ERROR, "mail", "send", fields):
            return "421 4.3.2 Service not available"
        self._box.receive(str(envelope.mail_from), recipients, raw)
        if rule := self._switches.take(Mode.ANSWER_LOST, "mail", "send", fields):
            await asyncio.sleep(float(rule.value or 0))
            if server.transport is not None:
                server.transport.abort()
            return ""
        return "250 2.0.0 OK: caught"


def refusal(value: object) -> str:
    """451 or 550, or a whole SMTP answer."""
    text = str(value or "")
    if text == "550":
        return "550 5.1.1 No such mailbox"
    return text if ANSWER.fullmatch(text) and len(text) > 3 else DEFAULT_REFUSAL


def protocol(box: Box, switches: Switches) -> Any:
    """One connection's protocol (aiosmtpd publishes no types)."""
    return SMTP(
        Receiver(box, switches),
        hostname="mail.simulator",
        enable_SMTPUTF8=True,
        ident="Orderwright mail catcher",
    )
