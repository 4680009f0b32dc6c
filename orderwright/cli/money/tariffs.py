"""`orderwright tax …`, `orderwright fees …`, `orderwright quote`: what orders are charged by rule."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer

from orderwright.cli import show
from orderwright.cli.client import Api, Json, Key, Url, calling
from orderwright.cli.money.exemptions import exemptions
from orderwright.cli.show import AsJson
from orderwright.cli.stock import goods
from orderwright.domain.pricing.fees import FeeKind
from orderwright.domain.pricing.tax import Basis, Rounding, ShippingTax

tax = typer.Typer(name="tax", help="Tax rates by place and time; certificates.", no_args_is_help=True)
tax.add_typer(exemptions)
fees = typer.Typer(name="fees", help="What orders bear by rule.", no_args_is_help=True)

FIRST_DAY = "0001-01-01"  # of the rates that came with the record
RATE_TITLES = ("Country", "Region", "Postal", "Class", "Rate", "From", "To")
FEE_TITLES = ("Code", "Currency", "Name", "Kind", "Amount", "Rate", "From", "To")
QUOTE_TITLES = ("What", "Units", "Amount", "Discount", "Tax", "Rate", "Where", "Total")


@tax.command()
def rates(
    country: Annotated[str | None, typer.Option()] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """All rates, those that have ended too; the most exact place counts."""

    async def read(api: Api) -> list[Json]:
        return [one async for one in api.pages("/v1/tax/rates", {"filter[country]": country})]

    found = calling(read, url, key)
    if as_json:
        show.print_json({"data": found})
        return
    show.table(RATE_TITLES, [_rate(one) for one in found])


@tax.command()
def rate(
    tax_class: Annotated[str, typer.Argument(help="A product's tax class.")],
    percent: Annotated[float, typer.Argument(min=0, max=100)],
    *,
    country: Annotated[str, typer.Option(help="Two letters.")] = "*",
    region: Annotated[str, typer.Option()] = "*",
    postal: Annotated[str, typer.Option(help="How postal codes there begin.")] = "",
    inclusive: Annotated[bool, typer.Option(help="Prices hold it already.")] = False,
    since: Annotated[datetime | None, typer.Option("--from", help="Left out: today.")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="From that day on no more.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Put a rate in force; the one before it ends on that day."""
    body = {
        "tax_class": tax_class, "rate_ppm": round(percent * 10_000), "country": country, "region": region,
        "postal_prefix": postal, "inclusive": inclusive, "valid_from": _day(since or datetime.now(UTC)),
        "valid_to": _day(until),
    }  # fmt: skip
    made = calling(lambda api: api.put("/v1/tax/rates", {"rates": [body]}), url, key)
    one = made["data"][0]
    said = f"{tax_class} is taxed at {percent:g} % from {one['valid_from']} on"
    show.result(made, said, as_json=as_json)


@tax.command()
def regime(
    country: Annotated[str, typer.Argument(help="Two letters, or * for everywhere.")],
    region: Annotated[str, typer.Option()] = "*",
    basis: Annotated[Basis, typer.Option(help="Whose rates count.")] = Basis.DESTINATION,
    shipping: Annotated[ShippingTax, typer.Option()] = ShippingTax.UNTAXED,
    rounding: Annotated[Rounding, typer.Option()] = Rounding.LINE,
    seller: Annotated[str | None, typer.Option(help="The country we sell from there.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say how tax is counted in a country or region."""
    body = {
        "country": country, "region": region, "basis": basis.value, "shipping": shipping.value,
        "rounding": rounding.value, "seller_country": seller,
    }  # fmt: skip
    made = calling(lambda api: api.put("/v1/tax/regimes", body), url, key)
    show.result(made, f"in {country} tax is counted by {basis}, shipping {shipping}", as_json=as_json)


@fees.command("list")
def listed(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """All fees, those that have ended too."""
    found = calling(lambda api: api.get("/v1/fees"), url, key)
    if as_json:
        show.print_json(found)
    else:
        show.table(FEE_TITLES, [_fee(one) for one in found["data"]])


@fees.command("set")
def set_fee(
    code: Annotated[str, typer.Argument()],
    kind: Annotated[FeeKind, typer.Argument()],
    *,
    name: Annotated[str, typer.Option(help="For people; left out: the code.")] = "",
    currency: Annotated[str, typer.Option()] = "EUR",
    amount: Annotated[int, typer.Option(min=0, help="Minor units.")] = 0,
    percent: Annotated[float, typer.Option(min=0, max=100)] = 0,
    below: Annotated[int, typer.Option(min=0, help="Of a small order, a contract: minor units.")] = 0,
    below_units: Annotated[int, typer.Option(min=0, help="Of a contract: single units an order.")] = 0,
    per_unit: Annotated[bool, typer.Option(help="Of hazmat: for each unit.")] = False,
    method: Annotated[str | None, typer.Option(help="Of payment_method.")] = None,
    customer: Annotated[
        list[UUID] | None, typer.Option(help="Whose, or whose contract; may be repeated. Left out: all.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="From that day on no more.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make or change a fee, for orders from now on."""
    body = {
        "code": code, "currency": currency, "name": name or code, "kind": kind.value, "amount": amount,
        "ppm": round(percent * 10_000), "below": below, "below_units": below_units, "per_unit": per_unit,
        "method": method, "customers": [str(one) for one in customer or ()],
        "valid_from": "2000-01-01", "valid_to": _day(until),
    }  # fmt: skip
    made = calling(lambda api: api.put("/v1/fees", body), url, key)
    show.result(made, f"{code} is charged in {currency}", as_json=as_json)


def quote(
    line: Annotated[list[str], typer.Option(help="SKU=UNITS, SKU=UNITS:case.")],
    code: Annotated[list[str] | None, typer.Option(help="A promotion's code; may be repeated.")] = None,
    country: Annotated[str, typer.Option(help="Two letters.")] = "GB",
    region: Annotated[str, typer.Option()] = "",
    postal_code: Annotated[str, typer.Option()] = "",
    channel: Annotated[str, typer.Option()] = "web",
    service: Annotated[str, typer.Option(help="standard or express.")] = "standard",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """What a cart would cost now: promotions, shipping, fees, tax. Nothing is taken by it."""
    body = {
        "lines": [goods.line(text, "--line") for text in line], "promotion_codes": code or [],
        "ship_to": {"country": country, "region": region, "postal_code": postal_code},
        "channel": channel, "service": service,
    }  # fmt: skip
    found = calling(lambda api: api.post("/v1/quotes", body), url, key)
    if as_json:
        show.print_json(found)
        return
    rows = [_quoted(one, one["sku"], str(one["units"]), found["currency"]) for one in found["lines"]]
    rows += [_quoted(one, one["name"], "", found["currency"]) for one in found["charges"]]
    show.table(QUOTE_TITLES, rows)
    for one in found["promotions"]:
        off = show.amount(one["lines"] + one["shipping"], found["currency"])
        print(f"{one['code'] or one['name']} takes {off} off")
    print(f"total {show.amount(found['total'], found['currency'])}")


def _quoted(one: Json, what: str, units: str, currency: str) -> tuple[str, ...]:
    return (
        what, units, show.amount(one["amount"], currency), show.amount(one.get("discount", 0), currency),
        show.amount(one["tax"], currency), f"{one['tax_rate_ppm'] / 10_000:g} %",
        f"{one['jurisdiction']} {one['tax_reason']}".strip(), show.amount(one["total"], currency),
    )  # fmt: skip


def _rate(one: Json) -> tuple[str, ...]:
    how = " in prices" if one["inclusive"] else ""
    return (
        one["country"], one["region"], one["postal_prefix"], one["tax_class"],
        f"{one['rate_ppm'] / 10_000:g} %{how}", _since(one["valid_from"]), one["valid_to"] or "",
    )  # fmt: skip


def _since(day: str) -> str:
    return "always" if day == FIRST_DAY else day


def _fee(one: Json) -> tuple[str, ...]:
    return (
        one["code"], one["currency"], one["name"], one["kind"], show.amount(one["amount"], one["currency"]),
        f"{one['ppm'] / 10_000:g} %", one["valid_from"], one["valid_to"] or "",
    )  # fmt: skip


def _day(moment: datetime | None) -> str | None:
    return None if moment is None else moment.date().isoformat()
