"""`orderwright promotions …`: made, listed, shown, ended."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.show import AsJson
from orderwright.domain.pricing.promotions import PromotionKind, Stacking

promotions = typer.Typer(
    name="promotions", help="What customers get off, by code or for all.", no_args_is_help=True
)

TITLES = ("Code", "Name", "Gives", "For", "Stacking", "From", "To", "Uses", "Of", "Given")
Name = Annotated[str, typer.Argument(help="Its code or id.")]


@promotions.command()
def create(  # noqa: PLR0917 - typer reads options from parameters
    name: Annotated[str, typer.Argument(help="For people.")],
    kind: Annotated[PromotionKind, typer.Option()] = PromotionKind.PERCENTAGE,
    code: Annotated[str | None, typer.Option(help="Left out: for everybody.")] = None,
    percent: Annotated[float, typer.Option(min=0, max=100)] = 0,
    amount: Annotated[int, typer.Option(min=0, help="Minor units.")] = 0,
    currency: Annotated[str | None, typer.Option(help="Of the amounts.")] = None,
    buy: Annotated[int, typer.Option(min=0, help="Units at the full price …")] = 0,
    get: Annotated[int, typer.Option(min=0, help="… for so many reduced ones.")] = 0,
    tier: Annotated[
        list[str] | None, typer.Option(help="MINOR=PERCENT%, or MINOR=MINOR off; may be repeated.")
    ] = None,
    minimum: Annotated[int, typer.Option(min=0, help="Minor units of goods it needs.")] = 0,
    sku: Annotated[list[str] | None, typer.Option(help="Only for these goods.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Only on these channels.")] = None,
    customer: Annotated[list[str] | None, typer.Option(help="Only for these customers' ids.")] = None,
    priority: Annotated[int, typer.Option(help="The highest is counted first.")] = 0,
    stacking: Annotated[Stacking, typer.Option()] = Stacking.COMBINABLE,
    since: Annotated[datetime | None, typer.Option("--from", help="UTC; left out: now.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="UTC.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Uses in all.")] = None,
    per_customer: Annotated[int | None, typer.Option(min=1, help="Uses of one customer.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a promotion; it is never changed, only ended."""
    body = {
        "name": name, "kind": kind.value, "code": code, "currency": currency,
        "ppm": _ppm(percent), "amount": amount, "buy": buy, "get": get,
        "tiers": [_tier(text) for text in tier or []], "minimum": minimum, "skus": sku or [],
        "channels": channel or [], "customers": customer or [], "priority": priority,
        "stacking": stacking.value, "valid_from": _utc(since), "valid_to": _utc(until),
        "limit_total": limit, "limit_per_customer": per_customer,
    }  # fmt: skip
    made = calling(lambda api: api.post("/v1/promotions", body), url, key)
    show.result(made, f"{made['code'] or made['name']} is in force: {_gives(made)}", as_json=as_json)


@promotions.command("list")
def listed(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All of them, oldest first, with their uses and what they gave."""

    async def read(api: Api) -> list[Json]:
        return [one async for one in api.pages("/v1/promotions")]

    found = calling(read, url, key)
    if as_json:
        show.print_json({"data": found, "next": None})
    else:
        show.table(TITLES, [_row(one) for one in found])


@promotions.command("show")
def show_promotion(promotion: Name, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """One promotion."""
    found = calling(lambda api: api.get(f"/v1/promotions/{promotion}"), url, key)
    if as_json:
        show.print_json(found)
    else:
        show.table(TITLES, [_row(found)])


@promotions.command()
def end(promotion: Name, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """No order uses it from now on."""
    ended = calling(lambda api: api.post(f"/v1/promotions/{promotion}/end"), url, key)
    show.result(ended, f"{ended['code'] or ended['name']} has ended", as_json=as_json)


def _ppm(percent: float) -> int:
    return round(percent * 10_000)


def _tier(text: str) -> Json:
    minimum, _, gives = text.partition("=")
    try:
        if gives.endswith("%"):
            return {"minimum": int(minimum), "ppm": _ppm(float(gives[:-1]))}
        return {"minimum": int(minimum), "amount": int(gives)}
    except ValueError as unreadable:
        raise typer.BadParameter(f"{text}: write 5000=10% or 5000=500") from unreadable


def _utc(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _gives(one: Json) -> str:
    percent, amount = f"{one['ppm'] / 10_000:g} %", show.amount(one["amount"], one["currency"] or "")
    match PromotionKind(one["kind"]):
        case PromotionKind.PERCENTAGE:
            return f"{percent} off"
        case PromotionKind.AMOUNT:
            return f"{amount} off"
        case PromotionKind.FREE_SHIPPING:
            return f"shipping up to {amount} free" if one["amount"] else "free shipping"
        case PromotionKind.BUY_X_GET_Y:
            return f"buy {one['buy']}, get {one['get']} with {percent} off"
        case PromotionKind.TIERED:
            return f"{len(one['tiers'])} steps"


def _row(one: Json) -> tuple[str, ...]:
    given = ", ".join(show.amount(minor, currency) for currency, minor in one["given"].items())
    return (
        one["code"] or "-", one["name"], _gives(one), ", ".join(one["skus"]) or "all goods", one["stacking"],
        show.when(one["valid_from"]), show.when(one["ended_at"] or one["valid_to"]), str(one["uses"]),
        str(one["limit_total"] or "-"), given,
    )  # fmt: skip
