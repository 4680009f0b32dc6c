"""`orderwright locations …`: where stock lies and parcels leave, when, how many, and to whom."""

import json
from pathlib import Path
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import asked
from orderwright.domain.fulfillment.states import LocationRole, WarehouseKind

locations = typer.Typer(
    name="locations", help="Where stock lies and parcels leave, when and to whom.", no_args_is_help=True
)

TITLES = ("Code", "Name", "Kind", "Role", "Country", "Works", "Cut-off", "A day", "Serves", "Does", "State")
WEEK = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]
DOES = ("ships", "pickup", "hazmat")
CLOSED = "{} is closed until further notice: its open parts look for another place"

Code = Annotated[str, typer.Argument(help="Its code.")]
Day = Annotated[str | None, typer.Argument(help="As 2026-12-25; left out: until further notice.")]


@locations.command("list")
def listed(
    limit: asked.Limit = 100, cursor: asked.Cursor = None, url: Url = None, key: Key = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """All locations, by code."""
    asked.page("/v1/locations", {"limit": limit, "cursor": cursor}, TITLES, _row, url, key, as_json=as_json)


@locations.command("show")
def show_location(code: Code, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One location, with the days on which nothing leaves."""
    found = calling(lambda api: _with_closures(api, code), url, key)
    if as_json:
        show.print_json(found)
        return
    for name, value in _fields(found):
        print(f"{name:<13} {value}")


@locations.command()
def add(
    file: Annotated[Path, typer.Argument(help="The API's own JSON of a location.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """A new location, from a file."""
    try:
        body = json.loads(file.read_text())
    except (OSError, ValueError) as unreadable:
        raise typer.BadParameter(f"{file}: {unreadable}", param_hint="file") from None
    made = asked.act("/v1/locations", body, url, key)
    show.result(made, f"{made['code']}: {made['name']} is a location", as_json=as_json)


@locations.command("set")
def change(  # noqa: PLR0917 - typer reads options from parameters
    code: Code,
    name: Annotated[str | None, typer.Option()] = None,
    kind: Annotated[WarehouseKind | None, typer.Option(help="station: our own pick and pack.")] = None,
    role: Annotated[LocationRole | None, typer.Option()] = None,
    timezone: Annotated[str | None, typer.Option(help="As Europe/London; the cut-off is local.")] = None,
    cutoff: Annotated[str | None, typer.Option(help="As 16:00: what comes later leaves next day.")] = None,
    workdays: Annotated[str | None, typer.Option(help="As 12345: 1 is Monday.")] = None,
    capacity: Annotated[int | None, typer.Option(min=-1, help="Parcels a day; -1: any number.")] = None,
    handling_cost: Annotated[int | None, typer.Option(min=0, help="Minor units.")] = None,
    serves: Annotated[
        list[str] | None, typer.Option(help="GB, or GB:SW1; several times. Empty: everywhere.")
    ] = None,
    carrier: Annotated[list[str] | None, typer.Option(help="Several times. Empty: all.")] = None,
    latitude: Annotated[float | None, typer.Option()] = None,
    longitude: Annotated[float | None, typer.Option()] = None,
    hazmat: Annotated[bool | None, typer.Option(help="Hazardous goods may leave from here.")] = None,
    ships: Annotated[bool | None, typer.Option(help="Parcels leave from here.")] = None,
    pickup: Annotated[bool | None, typer.Option(help="Customers may collect here.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Change what is named; the rest stays as it is."""
    given: Json = {
        "name": name, "kind": kind, "role": role, "timezone": timezone, "cutoff": cutoff,
        "workdays": _days(workdays), "handling_cost": handling_cost, "serves": _named(serves),
        "carriers": _named(carrier), "latitude": latitude, "longitude": longitude, "hazmat": hazmat,
        "ships": ships, "pickup": pickup,
    }  # fmt: skip
    new: Json = {field: value for field, value in given.items() if value is not None}
    if capacity is not None:
        new["daily_capacity"] = None if capacity < 0 else capacity
    if not new:
        raise typer.BadParameter("say what to change")
    made = calling(lambda api: _replace(api, code, new), url, key)
    show.result(made, f"{code}: {', '.join(sorted(new))} changed", as_json=as_json)


@locations.command("close")
def close(
    code: Code,
    day: Day = None,
    reason: Annotated[str, typer.Option(help="Why nothing leaves on that day.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Nothing leaves on that day, or, without one, any more: what is open there is sourced anew."""
    if day is None:
        closed = calling(lambda api: _replace(api, code, {"active": False}), url, key)
        show.result(closed, CLOSED.format(code), as_json=as_json)
        return
    path = f"/v1/locations/{code}/closures/{day}"
    made = calling(lambda api: api.put(path, {"reason": reason}), url, key)
    show.result(made, f"{code} is closed on {made['day']}", as_json=as_json)


@locations.command("open")
def reopen(code: Code, day: Day = None, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """It works on that day after all, or, without one, is in use again."""
    if day is None:
        opened = calling(lambda api: _replace(api, code, {"active": True}), url, key)
        show.result(opened, f"{code} is in use again", as_json=as_json)
        return
    calling(lambda api: api.delete(f"/v1/locations/{code}/closures/{day}"), url, key)
    show.result({"code": code, "day": day}, f"{code} works on {day}", as_json=as_json)


async def _replace(api: Api, code: str, new: Json) -> Json:
    before = await api.get(f"/v1/locations/{code}")
    before.pop("code")
    return await api.put(f"/v1/locations/{code}", before | new)


async def _with_closures(api: Api, code: str) -> Json:
    found = await api.get(f"/v1/locations/{code}")
    return found | {"closures": [day async for day in api.pages(f"/v1/locations/{code}/closures")]}


def _days(typed: str | None) -> list[int] | None:
    if typed is None:
        return None
    if not typed.isdecimal():
        raise typer.BadParameter(f"{typed!r} is not like 12345", param_hint="--workdays")
    return [int(day) for day in typed]


def _named(typed: list[str] | None) -> list[str] | None:
    """What was named several times; one empty name clears the list."""
    return None if not typed else [one for one in typed if one]


def _row(one: Json) -> tuple[str, ...]:
    return (
        one["code"], one["name"], one["kind"], one["role"], one["address"]["country"], _week(one),
        f"{one['cutoff'][:5]} {one['timezone']}", _capacity(one), ", ".join(one["serves"]) or "all",
        ", ".join(name for name in DOES if one[name]) or "-", "open" if one["active"] else "closed",
    )  # fmt: skip


def _fields(one: Json) -> list[tuple[str, str]]:
    address = one["address"]
    parts = (address.get(part) for part in ("line1", "postal_code", "city", "country"))
    closed = "; ".join(f"{day['day']} {day['reason']}".strip() for day in one["closures"])
    return [
        *zip(TITLES, _row(one), strict=True),
        ("Address", ", ".join(filter(None, parts))),
        ("At", f"{one['latitude']}, {one['longitude']}"),
        ("Carriers", ", ".join(one["carriers"]) or "all"),
        ("Handling cost", str(one["handling_cost"])),
        ("Closed on", closed or "no day"),
    ]


def _week(one: Json) -> str:
    return " ".join(WEEK[day - 1] for day in one["workdays"])


def _capacity(one: Json) -> str:
    return "any" if one["daily_capacity"] is None else str(one["daily_capacity"])
