"""The HTTP side of the mail catcher: a page to read, JSON to check, switches."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from orderwright.simulator.mail.box import Box
from orderwright.simulator.switches import Malformed, Switches
from orderwright.simulator.templates import page
from orderwright.simulator.types import Json

SANDBOX = {
    "Content-Security-Policy": "sandbox; default-src 'none'; img-src data: https:; style-src 'unsafe-inline'"
}


class Web:
    """What people and tests see of the box."""

    def __init__(self, box: Box, switches: Switches) -> None:
        self._box = box
        self._switches = switches

    def mount(self, app: FastAPI) -> None:
        """Add every address."""
        app.add_api_route("/", self.home, response_class=HTMLResponse)
        app.add_api_route("/mails/{number}", self.mail, response_class=HTMLResponse)
        app.add_api_route("/mails/{number}/html", self.html, response_model=None)
        app.add_api_route("/messages", self.messages)
        app.add_api_route("/messages", self.empty, methods=["DELETE"])
        app.add_api_route("/messages/{number}", self.message, response_model=None)
        app.add_api_route("/messages/{number}/attachments/{nth}", self.attachment, response_model=None)
        app.add_api_route("/_sim/health", self.health)
        app.add_api_route("/_sim/switches", self.switches)
        app.add_api_route("/_sim/switches", self.add, methods=["POST"], response_model=None)
        app.add_api_route("/_sim/switches", self.put, methods=["PUT"], response_model=None)
        app.add_api_route("/_sim/switches", self.remove, methods=["DELETE"])

    async def health(self) -> Json:
        """Alive, and who it is."""
        return {"status": "ok", "service": "mail", **self._box.count()}

    async def messages(self, to: str = "", subject: str = "", after: int = 0, limit: int = 200) -> Json:
        """Mails, oldest first; `next` is the `after` of the next page."""
        found = self._box.find(to=to, subject=subject, after=after, limit=limit)
        return {"messages": found, "next": found[-1]["n"] if len(found) == limit else None}

    async def message(self, number: int) -> Response:
        """One mail."""
        mail = self._box.one(number)
        return JSONResponse(mail) if mail else JSONResponse({"title": "no such mail", "status": 404}, 404)

    async def attachment(self, number: int, nth: int) -> Response:
        """One of its files, counted from 0, as it was attached."""
        found = self._box.attached(number, nth)
        if found is None:
            return JSONResponse({"title": "no such attachment", "status": 404}, 404)
        return Response(found[1], media_type=found[0])

    async def empty(self) -> Json:
        """Throw all away."""
        self._box.empty()
        return {"status": "ok"}

    async def switches(self) -> Json:
        """All rules."""
        return {"switches": [asdict(rule) for rule in self._switches.all()]}

    async def add(self, request: Request) -> Response:
        """Add one rule or a list."""
        return self._add(await request.json())

    async def put(self, request: Request) -> Response:
        """Replace all rules."""
        wanted = await request.json()
        self._switches.remove()
        return self._add(wanted)

    def _add(self, wanted: Any) -> Response:
        """`Any`: one rule, a list, or {"switches": list}; the provider is mail where none is named."""
        if isinstance(wanted, dict):
            wanted = wanted.get("switches", [wanted])
        try:
            rules = [self._switches.add({"provider": "mail", **rule}) for rule in wanted]
        except (Malformed, TypeError) as problem:
            return JSONResponse({"title": str(problem), "status": 422}, 422)
        return JSONResponse({"switches": [asdict(rule) for rule in rules]}, 201)

    async def remove(self) -> Json:
        """Remove all rules."""
        self._switches.remove()
        return await self.switches()

    async def home(self) -> str:
        """The list of mails."""
        return page("mails.html", mails=self._box.latest(), count=self._box.count())

    async def mail(self, number: int) -> Response:
        """One mail to read."""
        mail = self._box.one(number)
        return HTMLResponse(page("mail.html", mail=mail), 200 if mail else 404)

    async def html(self, number: int) -> Response:
        """Its HTML part alone, without rights: shown in a sandboxed frame."""
        mail = self._box.one(number) or {}
        return HTMLResponse(mail.get("html") or "", headers=SANDBOX)
