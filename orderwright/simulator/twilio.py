"""Twilio's messages, as its SDK sees them."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from itertools import islice

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from orderwright.simulator.gate import serve
from orderwright.simulator.http import json_of, nested, params_of, whole
from orderwright.simulator.switches import Mode
from orderwright.simulator.types import Answer, Call, Json, Refused, flatten
from orderwright.simulator.world import World

NUMBER = re.compile(r"\+[1-9]\d{6,14}")
INVALID_NUMBERS = {"+15005550001"}  # Twilio's own magic numbers
UNREACHABLE_NUMBERS = {"+15005550009"}


def error(status: int, code: int, message: str) -> Refused:
    """An error in Twilio's shape."""
    more = f"https://www.twilio.com/docs/errors/{code}"
    return Refused(status, {"code": code, "message": message, "more_info": more, "status": status})


class TwilioForm:
    """What the switches `refuse` and `server_error` answer here."""

    def refusal(self, _: Call, message: str) -> Answer:
        """A message Twilio does not take."""
        return error(400, 21610, message).answer

    def server_error(self) -> Answer:
        """A 500."""
        return Answer({"code": 20500, "message": "Internal Server Error", "status": 500}, 500)


FORM = TwilioForm()


def short_hash(text: str) -> str:
    """What the books say instead of a number or a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Twilio:
    """Messages are queued when taken and delivered a moment later."""

    def __init__(self, world: World) -> None:
        self._world = world
        world.timers.on("twilio.status", self._status)

    def routes(self) -> list[Route]:
        """Below /twilio."""
        root = "/2010-04-01/Accounts/{account}/Messages"
        return [
            Route(f"{root}.json", self.create, methods=["POST"]),
            Route(f"{root}.json", self.list, methods=["GET"]),
            Route(f"{root}/{{sid}}.json", self.retrieve, methods=["GET"]),
            Route("/_text", self.text, methods=["POST"]),
        ]

    async def text(self, request: Request) -> Response:
        """Somebody texts our number: {"from", "body", "url"}; posted and signed as Twilio does."""
        wanted = await json_of(request)
        sid = "SM" + secrets.token_hex(16)
        form = {
            "MessageSid": str(wanted.get("sid") or sid), "SmsSid": sid, "AccountSid": "AC" + "0" * 32,
            "From": str(wanted["from"]), "To": str(wanted.get("to") or "+15005550006"),
            "Body": str(wanted["body"]), "NumMedia": "0", "ApiVersion": "2010-04-01",
        }  # fmt: skip
        with self._world.store.transaction():
            self._world.post.send("twilio", "message.received", form, event_id=sid, url=str(wanted["url"]))
        return JSONResponse({"sid": form["MessageSid"]}, 201)

    async def create(self, request: Request) -> Response:
        """messages.create."""
        wanted = nested(await params_of(request))
        to = str(wanted.get("To") or "")
        call = Call("twilio", "messages.create", reference=to, fields=lambda: flatten(wanted))
        account = request.path_params["account"]
        return await serve(self._world, request, call, lambda: self._create(call, account, wanted), FORM)

    def _create(self, call: Call, account: str, wanted: Json) -> Answer:
        to, sender, body = (str(wanted.get(name) or "") for name in ("To", "From", "Body"))
        if not NUMBER.fullmatch(to) or to in INVALID_NUMBERS:
            raise error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if to in UNREACHABLE_NUMBERS:
            raise error(400, 21614, f"'To' number is not a valid mobile number: {to}")
        if not sender and not wanted.get("MessagingServiceSid"):
            raise error(400, 21603, "A 'From' phone number is required.")
        if not body:
            raise error(400, 21602, "Message body is required.")
        message: Json = {
            "id": "SM" + secrets.token_hex(16),
            "account": account,
            "to": to,
            "from": sender,
            "body": body,
            "created": time.time(),
            "status": "queued",
            "callback": wanted.get("StatusCallback"),
        }
        self._world.store.put("sms", message, tags=[f"to={to}"])
        call.object_id = message["id"]
        seconds = self._world.timing("twilio", lambda: flatten(wanted))["sms"]
        self._world.after(seconds, "twilio.status", message["id"])
        return Answer(shown(message), 201)

    def _status(self, sid: str, _: Json) -> None:
        message = self._world.store.get(sid)
        if message is None:
            return
        rule = self._world.switches.take(
            Mode.UNDELIVERED, "twilio", "messages.deliver", lambda: flatten(message)
        )
        message["status"] = "undelivered" if rule else "delivered"
        self._world.store.put("sms", message)
        if not message["callback"]:
            return
        form = {
            "MessageSid": sid,
            "SmsSid": sid,
            "AccountSid": message["account"],
            "MessageStatus": message["status"],
            "SmsStatus": message["status"],
            "To": message["to"],
            "From": message["from"],
            "ApiVersion": "2010-04-01",
        }
        if rule:
            form["ErrorCode"] = str(rule.value or 30003)
        self._world.post.send(
            "twilio", f"message.{message['status']}", form, event_id=sid, lane=sid, url=message["callback"]
        )

    async def retrieve(self, request: Request) -> Response:
        """messages.retrieve."""
        sid = request.path_params["sid"]
        call = Call("twilio", "messages.retrieve", object_id=sid)

        def work() -> Answer:
            message = self._world.store.get(sid)
            if message is None:
                raise error(404, 20404, f"The requested resource {request.url.path} was not found")
            return Answer(shown(message))

        return await serve(self._world, request, call, work, FORM)

    async def list(self, request: Request) -> Response:
        """messages.list: newest first, by To, From and DateSent with < and > (the SDK's form)."""
        query = dict(request.query_params)
        call = Call("twilio", "messages.list", reference=query.get("To"), fields=lambda: flatten(query))
        account = request.path_params["account"]
        return await serve(self._world, request, call, lambda: Answer(self._page(account, query)), FORM)

    def _page(self, account: str, query: dict[str, str]) -> Json:
        size, number = min(1000, max(1, whole(query.get("PageSize"), 50))), whole(query.get("Page"), 0)
        store = self._world.store
        found = iter(store.tagged("sms", f"to={query['To']}")) if query.get("To") else store.newest("sms")
        fitting = (message for message in found if _fits(message, query))
        some = list(islice(fitting, number * size, number * size + size + 1))
        path = f"/2010-04-01/Accounts/{account}/Messages.json"

        def uri(page: int) -> str:
            kept = "".join(f"&{name}={value}" for name, value in query.items() if name in {"To", "From"})
            dates = "".join(
                f"&{_quoted(name)}={value}" for name, value in query.items() if "DateSent" in name
            )
            return f"{path}?PageSize={size}&Page={page}{kept.replace('+', '%2B')}{dates}"

        return {
            "messages": [shown(message) for message in some[:size]],
            "page": number,
            "page_size": size,
            "start": number * size,
            "end": number * size + max(0, len(some[:size]) - 1),
            "uri": uri(number),
            "first_page_uri": uri(0),
            "previous_page_uri": uri(number - 1) if number else None,
            "next_page_uri": uri(number + 1) if len(some) > size else None,
        }


def _quoted(name: str) -> str:
    return name.replace("<", "%3C").replace(">", "%3E")


def _fits(message: Json, query: dict[str, str]) -> bool:
    if query.get("From") not in {None, "", message["from"]}:
        return False
    sent = datetime.fromtimestamp(int(message["created"]), UTC)
    after, before, on = (query.get(name) for name in ("DateSent>", "DateSent<", "DateSent"))
    if after and sent < _moment(after):
        return False
    if before and sent > _moment(before):
        return False
    return not on or sent.date() == _moment(on).date()


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)


def shown(message: Json) -> Json:
    """The whole message."""
    at = format_datetime(datetime.fromtimestamp(message["created"], UTC))
    uri = f"/2010-04-01/Accounts/{message['account']}/Messages/{message['id']}"
    return {
        "sid": message["id"],
        "account_sid": message["account"],
        "api_version": "2010-04-01",
        "body": message["body"],
        "date_created": at,
        "date_sent": at,
        "date_updated": at,
        "direction": "outbound-api",
        "error_code": None,
        "error_message": None,
        "from": message["from"],
        "messaging_service_sid": None,
        "num_media": "0",
        "num_segments": str(1 + len(message["body"]) // 160),
        "price": None,
        "price_unit": "USD",
        "status": message["status"],
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": message["to"],
        "uri": f"{uri}.json",
    }
