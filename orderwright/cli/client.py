"""How does the command line speak to the API: one client, its address and key found, refusals in words."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar
from uuid import uuid4

import typer

from orderwright.cli.show import Exit, fail

if TYPE_CHECKING:
    import httpx2

T = TypeVar("T")
Json = dict[str, Any]  # Any: what the API answers

Url = Annotated[
    str | None, typer.Option("--url", envvar="ORDERWRIGHT_URL", help="The API; default: the local stack's.")
]
Key = Annotated[
    str | None,
    typer.Option("--key", envvar="ORDERWRIGHT_KEY", help="An API key; default: the local stack's."),
]

PATIENCE_S = 40.0
"""Longer than the API's longest wait (30 s)."""


class Unreachable(Exception):
    """Nobody answers there, or not in the API's form: it is unknown whether anything was done."""


@dataclass(eq=False)
class Problem(Exception):
    """The API said no (RFC 9457). `more` holds what the problem says beyond its code and detail."""

    status: int
    code: str
    detail: str
    more: Mapping[str, Any] = field(default_factory=dict)  # Any: JSON
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.detail or self.code} ({self.code})"

    @property
    def passing(self) -> bool:
        """Whether the same request may succeed in a moment."""
        return self.status in (429, 502, 503, 504) or self.code == "in_progress"

    @property
    def exit(self) -> Exit:
        """What a script is told."""
        match self.status:
            case 401 | 403:
                return Exit.NOT_ALLOWED
            case 404:
                return Exit.NOT_FOUND
            case 422 if self.code in ("invalid_request", "idempotency_key_reused", "card_number_refused"):
                return Exit.USAGE
            case 400 | 413 | 415 | 428:
                return Exit.USAGE
            case status if status >= 500 or status == 429:
                return Exit.UNREACHABLE
            case _:
                return Exit.REFUSED

    def words(self) -> str:
        """For people: the sentence, the fields that are wrong, and what may be done instead."""
        wrong = [f"  {item['field']}: {item['message']}" for item in self.more.get("errors", [])]
        allowed = self.more.get("allowed_actions")
        may = [] if allowed is None else [f"  what may be done now: {', '.join(allowed) or 'nothing'}"]
        return "\n".join([str(self), *wrong, *may])


class Api:
    """One connection pool to one API with one key. Every POST carries an Idempotency-Key.

    Raises Problem for what was refused, Unreachable where there was no answer.
    """

    def __init__(self, url: str, key: str, *, connections: int = 20, timeout: float = PATIENCE_S) -> None:
        import httpx2  # noqa: PLC0415 - keeps `--help` fast

        self.url = url.rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=self.url,
            headers={"Authorization": f"Bearer {key}", "Accept": "application/json"},
            timeout=httpx2.Timeout(timeout, connect=5, pool=None),
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def get(self, path: str, **filters: Any) -> Json:
        """Read. `filters` are query parameters, None ones left out (Any: what httpx2 takes)."""
        return await self._ask("GET", path, params=_given(filters))

    async def pages(
        self, path: str, filters: Mapping[str, Any] | None = None, *, limit: int | None = None
    ) -> AsyncIterator[Json]:
        """Every item of a list, page after page, `limit` of them at most (Any: as in `get`)."""
        cursor, left = None, limit
        while left is None or left > 0:
            query = {**(filters or {}), "limit": min(200, left or 200), "cursor": cursor}
            page = await self.get(path, **query)
            for item in page["data"]:
                yield item
            cursor = page["next"]
            left = None if left is None else left - len(page["data"])
            if cursor is None:
                return

    async def post(self, path: str, body: Json | None = None, *, once: str = "", **query: Any) -> Json:
        """Do. `once` is the Idempotency-Key where the caller will repeat it (Any: as in `get`)."""
        headers = {"Idempotency-Key": once or str(uuid4())}
        return await self._ask("POST", path, json=body or {}, headers=headers, params=_given(query))

    async def put(self, path: str, body: Json, *, version: int | None = None) -> Json:
        """Replace, if nobody else has since `version`."""
        headers = {} if version is None else {"If-Match": f'"v{version}"'}
        return await self._ask("PUT", path, json=body, headers=headers)

    async def delete(self, path: str) -> None:
        """Take it away."""
        await self._ask("DELETE", path)

    async def file(self, path: str) -> bytes:
        """Read what is no JSON."""
        return (await self._answer("GET", path, headers={"Accept": "*/*"}))[0].content

    async def _ask(self, method: str, path: str, **request: Any) -> Json:  # Any: httpx2's own arguments
        response, answer = await self._answer(method, path, **request)
        if response.status_code == 204:
            return {}
        if not isinstance(answer, dict):
            raise Unreachable(f"{self.url} does not answer like Orderwright")
        return answer

    async def _answer(self, method: str, path: str, **request: Any) -> tuple["httpx2.Response", Any]:
        """Any: httpx2's own arguments, and JSON (None: it is none)."""
        import httpx2  # noqa: PLC0415 - keeps `--help` fast

        try:
            response = await self._http.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise Unreachable(f"no answer from {self.url}: {error or type(error).__name__}") from error
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if response.status_code >= 400:
            raise _problem(response, answer if isinstance(answer, dict) else {})
        return response, answer


def _given(filters: Mapping[str, Any]) -> Json:
    return {name: value for name, value in filters.items() if value is not None}


def _problem(response: "httpx2.Response", said: Json) -> Problem:
    known = {"type", "title", "status", "code", "detail", "request_id"}
    wait = response.headers.get("Retry-After", "")
    return Problem(
        status=response.status_code,
        code=str(said.get("code") or f"http_{response.status_code}"),
        detail=str(said.get("detail") or said.get("title") or response.reason_phrase),
        more={name: value for name, value in said.items() if name not in known},
        retry_after=float(wait) if wait.replace(".", "", 1).isdigit() else None,
    )


def find(url: str | None, key: str | None, *, role: str = "operations") -> tuple[str, str]:
    """Address and key: as given, else of the local stack that runs. Leaves with a word where none is."""
    if url and key:
        return url, key
    from orderwright.local import state  # noqa: PLC0415 - keeps `--help` fast

    known = state.load()
    if not url:
        if known is None or not known.running or not known.api_url:
            fail(
                Exit.UNREACHABLE,
                f"no stack is running in {state.default_data_dir()}: start one with `orderwright up`, "
                "or say --url and --key",
            )
        url = known.api_url
    if not key:
        key = _local_keys(known).get(role, "") if known and url == known.api_url else ""
    if not key:
        fail(
            Exit.NOT_ALLOWED,
            f"no key for {url}: say --key or ORDERWRIGHT_KEY; `orderwright keys create` makes one",
        )
    return url, key


def _local_keys(known: Any) -> dict[str, str]:  # Any: StackState, imported late
    try:
        found: dict[str, str] = json.loads(known.admin_key_file.read_text())
    except (OSError, ValueError):
        return {}
    return found


def calling(
    work: Callable[[Api], Awaitable[T]], url: str | None, key: str | None, *, role: str = "operations"
) -> T:
    """Run one command's work with a client; a refusal is said in plain words and becomes the exit code."""
    where, secret = find(url, key, role=role)
    return run(lambda: _with_client(work, where, secret))


def run(work: Callable[[], Awaitable[T]]) -> T:
    """Run asynchronous work of a command; the API's refusals become words and an exit code."""

    async def main() -> T:
        return await work()

    try:
        return asyncio.run(main())
    except Problem as problem:
        fail(problem.exit, problem.words())
    except Unreachable as gone:
        fail(Exit.UNREACHABLE, str(gone))
    except KeyboardInterrupt:
        fail(Exit.REFUSED, "stopped")


async def _with_client(work: Callable[[Api], Awaitable[T]], url: str, key: str) -> T:
    async with Api(url, key) as api:
        return await work(api)
