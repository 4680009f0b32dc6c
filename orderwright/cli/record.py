"""`orderwright migrate` and `orderwright keys`: the record's form, and who may call the API."""

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.show import AsJson

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

T = TypeVar("T")

LOCAL_KEYS = {
    "storefront": ("storefront",),
    "operations": ("operations",),
    "warehouse": ("warehouse",),
    "admin": ("admin",),
    "import": ("operations",),
}
"""The keys of a local stack, with their scopes; `import` agrees on prices and makes the catalog."""

keys = typer.Typer(name="keys", help="Who may call the API.", no_args_is_help=True)


def database_url() -> str:
    """ORDERWRIGHT_DATABASE_URL, else the database of the local stack where it runs, else the default."""
    from orderwright.local import state  # noqa: PLC0415 - keeps `--help` fast
    from orderwright.runtime.settings import Settings  # noqa: PLC0415

    if "ORDERWRIGHT_DATABASE_URL" not in os.environ:
        known = state.load()
        if known and known.running and (url := known.env.get("ORDERWRIGHT_DATABASE_URL")):
            return url
    return Settings().database_url.get_secret_value()


def in_transaction(work: "Callable[[AsyncSession], Awaitable[T]]") -> T:
    """Run one piece of work on the record in its own transaction: a command is an edge, so it commits."""
    from orderwright.persistence.database import Database  # noqa: PLC0415 - keeps `--help` fast

    async def run() -> T:
        db = Database(database_url(), pool=1)
        try:
            async with db.transaction() as session:
                return await work(session)
        finally:
            await db.close()

    with show.plain_failures():
        return asyncio.run(run())


def migrate(as_json: AsJson = False) -> None:
    """Bring the database to the newest form of the record. Harmless when repeated."""
    from orderwright.persistence.migrate import upgrade  # noqa: PLC0415 - keeps `--help` fast

    with show.plain_failures():
        upgrade(database_url())
    show.result({"migrated": True}, "the record has its newest form", as_json=as_json)


@keys.command()
def create(
    name: Annotated[str, typer.Option(help="Whose key it is; stands in every timeline.")],
    scopes: Annotated[
        str, typer.Option(help="storefront, operations, warehouse, admin; several with commas.")
    ],
    as_json: AsJson = False,
) -> None:
    """Make a key and show it: this once, and never again."""
    wanted = _scopes(scopes)

    async def work(session: "AsyncSession") -> str:
        from orderwright.services import keys as service  # noqa: PLC0415 - keeps `--help` fast

        return await service.create(session, name, wanted)

    key = in_transaction(work)
    show.result({"name": name, "scopes": sorted(wanted), "key": key}, key, as_json=as_json)


@keys.command("list")
def listed(as_json: AsJson = False) -> None:
    """Every key that was ever made, without its secret."""

    async def work(session: "AsyncSession") -> list[dict[str, Any]]:  # Any: JSON
        from orderwright.services import keys as service  # noqa: PLC0415 - keeps `--help` fast

        return [
            {
                "id": str(row.id),
                "name": row.name,
                "scopes": row.scopes.split(),
                "created_at": row.created_at.isoformat(),
                "revoked_at": row.revoked_at.isoformat() if row.revoked_at else None,
            }
            for row in await service.listed(session)
        ]

    found = in_transaction(work)
    if as_json:
        show.print_json({"keys": found})
        return
    show.table(
        ("Id", "Name", "Scopes", "Made", "Revoked"),
        [
            (
                k["id"],
                k["name"],
                " ".join(k["scopes"]),
                show.when(k["created_at"]),
                show.when(k["revoked_at"]),
            )
            for k in found
        ],
    )


@keys.command()
def revoke(
    key_id: Annotated[UUID, typer.Argument(help="As `keys list` shows it.")], as_json: AsJson = False
) -> None:
    """End a key for good. API processes forget it within half a minute."""

    async def work(session: "AsyncSession") -> str:
        from orderwright.services import keys as service  # noqa: PLC0415 - keeps `--help` fast

        return (await service.revoke(session, key_id)).name

    name = in_transaction(work)
    show.result({"id": str(key_id), "revoked": True}, f"{name} is revoked", as_json=as_json)


@keys.command()
def local(
    out: Annotated[Path | None, typer.Option(help="Write the keys there, readable by you alone.")] = None,
    as_json: AsJson = False,
) -> None:
    """One key per scope, and one for imports, for use on this machine; a file with valid keys is kept."""
    known = _read(out)

    async def work(session: "AsyncSession") -> dict[str, str]:
        from orderwright.domain.orders import Scope  # noqa: PLC0415 - keeps `--help` fast
        from orderwright.services import keys as service  # noqa: PLC0415

        valid = {}
        for name, scopes in LOCAL_KEYS.items():
            wanted = frozenset(Scope(scope) for scope in scopes)
            caller = await service.find(session, service.hashed(known.get(name, "")))
            keep = caller is not None and caller.actor.scopes == wanted
            valid[name] = known[name] if keep else await service.create(session, f"local {name}", wanted)
        return valid

    made = in_transaction(work)
    if out is None:
        show.result(made, "\n".join(f"{name:<12} {key}" for name, key in made.items()), as_json=as_json)
        return
    if made != known:
        _write(out, made)
    new = [name for name in made if made[name] != known.get(name)]
    show.result({"file": str(out), "made": new}, f"{len(new)} keys made, in {out}", as_json=as_json)


def _scopes(text: str) -> frozenset[Any]:  # Any: Scope, imported late
    from orderwright.domain.orders import Scope  # noqa: PLC0415 - keeps `--help` fast

    try:
        return frozenset(Scope(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as unknown:
        raise typer.BadParameter(f"{unknown}; there are {', '.join(Scope)}", param_hint="--scopes") from None


def _read(file: Path | None) -> dict[str, str]:
    """What an earlier run wrote; a file of another form is replaced."""
    if file is None or not file.exists():
        return {}
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(key) for name, key in found.items()} if isinstance(found, dict) else {}


def _write(file: Path, made: dict[str, str]) -> None:
    """In one step: a reader sees the old keys or the new ones. Mode 600 from the first byte."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_name(f"{file.name}.{os.getpid()}")
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        json.dump(made, opened, indent=1)
        opened.write("\n")
    partial.replace(file)
