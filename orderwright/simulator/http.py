"""Reading requests: bodies, forms in Stripe's bracket notation, the address we are reached at."""

from __future__ import annotations

import json
from email import message_from_bytes
from email.policy import HTTP
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from orderwright.simulator.types import Json

Params = list[tuple[str, str]]


def base_of(request: Request) -> str:
    """Our own address as the caller sees it, without a trailing slash."""
    return f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}"


async def params_of(request: Request) -> Params:
    """Query and form parameters in the order sent."""
    pairs = parse_qsl(request.url.query, keep_blank_values=True)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        return pairs + _parts(request.headers["content-type"], await request.body())
    if request.method == "POST":
        pairs += parse_qsl((await request.body()).decode(), keep_blank_values=True)
    return pairs


def _parts(content_type: str, body: bytes) -> Params:
    """A form with files: of a file its name, its size and its sum."""
    head = b"MIME-Version: 1.0\r\nContent-Type: " + content_type.encode() + b"\r\n\r\n"
    form = message_from_bytes(head + body, policy=HTTP)
    found: Params = []
    for part in form.iter_parts():
        name, file = str(part.get_param("name", header="content-disposition")), part.get_filename()
        content = part.get_payload(decode=True)
        raw = content if isinstance(content, bytes) else b""
        if file is None:
            found.append((name, raw.decode()))
        else:
            found += [(name, file), ("size", str(len(raw))), ("sha256", sha256(raw).hexdigest())]
    return found


async def json_of(request: Request) -> Json:
    """A JSON object body; anything else reads as empty."""
    body = await request.body()
    try:
        document = json.loads(body) if body else {}
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def nested(params: Params) -> Json:
    """`a[b][0]=1` as {"a": {"b": ["1"]}}: dicts whose keys are all numbers become lists."""
    tree: Json = {}
    for name, value in params:
        head, _, rest = name.partition("[")
        steps = [head, *(part.rstrip("]") for part in rest.split("["))] if rest else [head]
        place = tree
        for position, step in enumerate(steps):
            known = step or str(len(place))
            if position == len(steps) - 1:
                place[known] = value
            else:
                below = place.setdefault(known, {})
                if not isinstance(below, dict):
                    below = place[known] = {}
                place = below
    listed: Json = {name: _listed(value) for name, value in tree.items()}
    return listed


def _listed(tree: Any) -> Any:
    """Any: a form's value is a text, a list or a table."""
    if not isinstance(tree, dict):
        return tree
    if tree and all(name.isdigit() for name in tree):
        return [_listed(value) for value in tree.values()]
    return {name: _listed(value) for name, value in tree.items()}


def is_true(value: object) -> bool:
    """A form's true."""
    return value in {"true", "True", "1", True}


def whole(value: object, otherwise: int) -> int:
    """A form's integer, or what it is where it is missing or none."""
    try:
        return int(str(value)) if value is not None else otherwise
    except ValueError:
        return otherwise
