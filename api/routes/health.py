"""How are we?"""

import asyncio
from importlib.metadata import version
from typing import Literal

from fastapi import APIRouter, Response
from sqlalchemy import select

from api.access import InContainer
from api.schemas.inbound import HealthView
from orderwright.container import Container

router = APIRouter(prefix="/v1/health", tags=["health"])
PATIENCE_S = 2.0


@router.get("", operation_id="readHealth", responses={503: {"model": HealthView}})
async def read_health(container: InContainer, response: Response) -> HealthView:
    """200 while orders can be taken, 503 while they cannot. Temporal being away is `degraded`."""
    database, temporal = await asyncio.gather(_database(container), _temporal(container))
    status: Literal["ok", "degraded", "down"] = "ok" if temporal == "ok" else "degraded"
    if database == "down":
        status, response.status_code = "down", 503
    return HealthView(status=status, database=database, temporal=temporal, version=version("orderwright"))


async def _database(container: Container) -> Literal["ok", "down"]:
    try:
        async with asyncio.timeout(PATIENCE_S), container.db.transaction() as session:
            await session.execute(select(1))
    except Exception:  # noqa: BLE001 - whatever it is, the answer is that it does not answer
        return "down"
    return "ok"


async def _temporal(container: Container) -> Literal["ok", "down"]:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return "ok" if await container.orchestrator.ping() else "down"
    except Exception:  # noqa: BLE001 - whatever it is, the answer is that it does not answer
        return "down"
