"""`orderwright availability …`: what of a cart can be promised now?"""

from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.cli.stock import goods

LINE_TITLES = ("SKU", "Wanted", "Now", "Later", "Never")
SOURCE_TITLES = ("Location", "Units", "Leaves", "Delivered")


def availability(
    lines: Annotated[list[str], typer.Argument(metavar="SKU=UNITS…", help="SKU=UNITS or SKU=UNITS:case.")],
    country: Annotated[str, typer.Option(help="Two letters.")] = "GB",
    postal_code: Annotated[str, typer.Option()] = "",
    pickup_at: Annotated[
        str | None, typer.Option(help="A location's code: the customer comes there.")
    ] = None,
    service: Annotated[str, typer.Option(help="standard or express.")] = "standard",
    channel: Annotated[str, typer.Option()] = "web",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """How many of a cart can be had, from where, delivered when. Nothing is reserved by asking."""
    body: Json = {
        "channel": channel, "service": service, "ship_to": {"country": country, "postal_code": postal_code},
        "lines": [goods.line(text, "SKU=UNITS") for text in lines],
    }  # fmt: skip
    if pickup_at is not None:
        body |= {"method": "pickup", "pickup_at": pickup_at}
    found = calling(lambda api: api.post("/v1/availability", body), url, key)
    if as_json:
        show.print_json(found)
        return
    show.table(LINE_TITLES, [_line(line) for line in found["lines"]])
    if found["sources"]:
        print()
        show.table(SOURCE_TITLES, [_source(one) for one in found["sources"]])
    print()
    print(_summary(found))


def _line(line: Json) -> tuple[str, ...]:
    later = ", ".join(f"{part['units']} on {part['delivered_on']}" for part in line["later"])
    sku = line["sku"] + (" (pre-order)" if line["preorder"] else "")
    return (sku, str(line["units"]), str(line["now"]), later, str(line["never"] or ""))


def _source(one: Json) -> tuple[str, ...]:
    units = ", ".join(f"{count} {sku}" for sku, count in one["units"].items())
    return (one["location"], units, one["leaves_on"], one["delivered_on"])


def _summary(found: Json) -> str:
    if found["now"]:
        return f"all of it now, delivered by {found['delivered_on']}"
    if found["possible"]:
        return f"all of it by {found['delivered_on']}, some of it later"
    return "not all of it can be promised"
