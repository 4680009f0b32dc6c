"""Who is asking: keys are looked up once in half a minute, and every route names the scopes it takes."""

import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from orderwright.container import Container
from orderwright.domain.access import Actor
from orderwright.domain.failures import Unauthenticated
from orderwright.domain.orders import Scope
from orderwright.services import keys
from orderwright.services.keys import Caller

REMEMBERED_S = 30.0
MOST_REMEMBERED = 10_000
bearer = HTTPBearer(
    auto_error=False, scheme_name="key", description="An API key: `Authorization: Bearer owk_…`"
)


def container_of(request: Request) -> Container:
    """The process's container."""
    found: Container = request.app.state.container
    return found


InContainer = Annotated[Container, Depends(container_of)]


@dataclass(frozen=True, slots=True)
class _Remembered:
    caller: Caller
    until: float


class Keyring:
    """Keys seen lately, by hash. A revoked key works for half a minute more in a process that has seen it."""

    def __init__(self) -> None:
        self._seen: dict[str, _Remembered] = {}

    async def caller(self, container: Container, key: str) -> Caller:
        """Whose key that is. Raises Unauthenticated."""
        digest = keys.hashed(key)
        seen = self._seen.get(digest)
        if seen is not None and seen.until > time.monotonic():
            return seen.caller
        async with container.db.transaction() as session:
            caller = await keys.find(session, digest)
        if caller is None:
            self._seen.pop(digest, None)
            raise Unauthenticated("no such key, or revoked")
        if len(self._seen) >= MOST_REMEMBERED:
            self._seen.clear()
        self._seen[digest] = _Remembered(caller, time.monotonic() + REMEMBERED_S)
        return caller


async def caller(
    request: Request,
    container: InContainer,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)],
) -> Caller:
    """The caller of this request. Raises Unauthenticated."""
    if credentials is None or not credentials.credentials.startswith(keys.PREFIX):
        raise Unauthenticated("send Authorization: Bearer owk_…")
    keyring: Keyring = request.app.state.keyring
    return await keyring.caller(container, credentials.credentials)


class Allow:
    """A dependency that lets these scopes in, and admin always; the route table and OpenAPI read `scopes`."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = scopes

    def __call__(self, found: Annotated[Caller, Depends(caller)]) -> Actor:
        """The actor. Raises Forbidden."""
        found.actor.require(*self.scopes)
        return found.actor


Reader = Annotated[Actor, Depends(Allow(Scope.STOREFRONT, Scope.OPERATIONS))]
"""Storefronts and operations: orders and customers."""

Staff = Annotated[Actor, Depends(Allow(Scope.OPERATIONS))]
"""Operations alone."""

Floor = Annotated[Actor, Depends(Allow(Scope.WAREHOUSE, Scope.OPERATIONS))]
"""Warehouse and operations: parts and parcels."""

Anyone = Annotated[Actor, Depends(Allow(Scope.STOREFRONT, Scope.OPERATIONS, Scope.WAREHOUSE))]
"""Whoever has a key: products, locations, stock."""
