"""`orderwright sourcing …`: rules by which locations are chosen, and what they would have changed."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.show import AsJson, Exit
from orderwright.domain.sourcing import PARTS

sourcing = typer.Typer(name="sourcing", help="Which locations ship, by which rules.", no_args_is_help=True)

PROFILE_TITLES = (
    "Profile", "State", "Parcel", "Km", "Cost", "Postage", "Late", "Load", "Balance", "Margin", "By", "Note",
)  # fmt: skip
FIGURE_TITLES = ("Figure", "Base", "Draft", "Difference")
CHANGE_TITLES = ("Order", "Ships from", "Would ship from", "Parcels", "Km", "Cost", "Days")
FIGURES = ("parcels", "split", "km", "handling", "labels", "estimated", "cost", "days", "kept")

Profile = Annotated[str, typer.Argument(help="NAME, its newest version, or NAME/VERSION.")]


@sourcing.command()
def profiles(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All versions, oldest first. Without an active one: fewest locations, then the nearest."""
    found = calling(_profiles, url, key)
    if as_json:
        show.print_json({"data": found, "next": None})
    else:
        show.table(PROFILE_TITLES, [_row(one) for one in found])


@sourcing.command()
def draft(
    name: Annotated[str, typer.Argument(help="Of old or new rules.")],
    *,
    parcel: Annotated[int, typer.Option(min=0, help="Points for each location used.")] = 0,
    km: Annotated[int, typer.Option(min=0, help="Points for each kilometer.")] = 0,
    cost: Annotated[int, typer.Option(min=0, help="Points for each minor unit of handling.")] = 0,
    postage: Annotated[int, typer.Option(min=0, help="For each minor unit of the expected label.")] = 0,
    late: Annotated[int, typer.Option(min=0, help="For each working day after the best promise.")] = 0,
    load: Annotated[int, typer.Option(min=0, help="For each percent of the day's capacity in use.")] = 0,
    balance: Annotated[int, typer.Option(min=0, help="For each percent of its free units it gives.")] = 0,
    margin: Annotated[int, typer.Option(min=0, help="For each minor unit the goods cost there.")] = 0,
    note: Annotated[str, typer.Option(help="For people.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Write a version of rules: the locations with the fewest points ship."""
    body = {
        "name": name, "parcel": parcel, "km": km, "cost": cost, "postage": postage, "late": late,
        "load": load, "balance": balance, "margin": margin, "note": note,
    }  # fmt: skip
    made = calling(lambda api: api.post("/v1/routing-profiles", body), url, key)
    show.result(made, f"{made['name']}/{made['version']} is a draft", as_json=as_json)


@sourcing.command()
def activate(profile: Profile, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Put a version in force for the orders that are sourced from now on."""

    async def put(api: Api) -> Json:
        found = await _named(api, profile)
        return await api.post(f"/v1/routing-profiles/{found['id']}/activate")

    made = calling(put, url, key)
    show.result(made, f"{made['name']}/{made['version']} is in force", as_json=as_json)


@sourcing.command("what-if")
def what_if(
    profile: Annotated[str, typer.Option(help="NAME or NAME/VERSION: the draft.")],
    since: Annotated[datetime, typer.Option("--from", help="Orders placed from then on (UTC).")],
    until: Annotated[datetime | None, typer.Option("--to", help="Until then; left out: now.")] = None,
    against: Annotated[
        str | None, typer.Option(help="NAME or NAME/VERSION; left out: as it was chosen.")
    ] = None,
    most: Annotated[int, typer.Option(min=0, help="Changed orders to list.")] = 20,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Choose anew for past orders by other rules, from what there was to choose from. Nothing is changed."""

    async def ask(api: Api) -> Json:
        query: Json = {"from": _utc(since), "to": _utc(until or datetime.now(UTC))}
        if against is not None:
            query["against"] = (await _named(api, against))["id"]
        found = await _named(api, profile)
        return await api.get(f"/v1/routing-profiles/{found['id']}/what-if", **query)

    began = time.monotonic()
    compared = calling(ask, url, key)
    if as_json:
        show.print_json(compared)
    else:
        _show(compared, most)
        print(f"{compared['cases']:,} choices were made anew in {time.monotonic() - began:.1f} s")


async def _profiles(api: Api) -> list[Json]:
    return [one async for one in api.pages("/v1/routing-profiles")]


async def _named(api: Api, name: str) -> Json:
    """The version that is meant. Leaves with a word where there is none."""
    wanted, _, version = name.partition("/")
    fits = [one for one in await _profiles(api) if one["name"] == wanted]
    fits = [one for one in fits if not version or str(one["version"]) == version]
    if not fits:
        show.fail(Exit.NOT_FOUND, f"no routing profile {name}: see `orderwright sourcing profiles`")
    return fits[-1]


def _utc(moment: datetime) -> str:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _row(one: Json) -> tuple[str, ...]:
    return (
        f"{one['name']}/{one['version']}", one["state"], *(str(one[name]) for name in PARTS),
        one["activated_by"] or one["created_by"], one["note"],
    )  # fmt: skip


def _show(compared: Json, most: int) -> None:
    base, other, changes = compared["base"], compared["draft"], compared["changes"]
    rows = [
        (
            _title(name, compared["currency"]), f"{base[name]:,}", f"{other[name]:,}",
            f"{other[name] - base[name]:+,}",
        )
        for name in FIGURES
    ]  # fmt: skip
    show.table(
        FIGURE_TITLES, rows, title=f"{base['rules']} and {other['rules']}, {compared['cases']:,} choices"
    )
    if compared["cases"]:
        print("\n" + "; ".join(_rates(side, compared["cases"]) for side in (base, other)))
    if compared["cut"]:
        print("there are more choices: say a shorter time to see the rest")
    print(f"\n{len(changes):,} would ship from elsewhere, {compared['later']:,} be promised for a later day")
    if changes and most:
        print()
        show.table(CHANGE_TITLES, [_change(one) for one in changes[:most]])
    if len(changes) > most:
        print(f"… {len(changes) - most:,} more: --most {len(changes)}, or --json")


def _rates(side: Json, cases: int) -> str:
    """What people compare first."""
    return (
        f"{side['rules']}: {side['split'] / cases:.1%} split, {side['kept'] / cases:.1%} of promises kept,"
        f" {side['days'] / cases:.2f} working days, {side['cost'] / cases:,.0f} an order"
    )


def _title(name: str, currency: str | None) -> str:
    titles = {
        "parcels": "parcels",
        "split": "split orders",
        "km": "kilometers",
        "handling": "handling (minor units)",
        "labels": f"labels, expected (minor units, {currency or 'none bought yet'})",
        "estimated": "labels estimated by way and weight",
        "cost": "labels and handling (minor units)",
        "days": "working days to the last part",
        "kept": "orders there by the promised day",
    }
    return titles[name]


def _change(one: Json) -> tuple[str, ...]:
    return (
        one["order"], "+".join(one["before"]), "+".join(one["after"]),
        *(f"{one[name]:+,}" for name in ("parcels", "km", "cost", "days")),
    )  # fmt: skip
