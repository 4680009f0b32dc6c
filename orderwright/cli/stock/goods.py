"""How are goods written on the command line: `SKU=UNITS`, `SKU=UNITS:case`, `SKU=UNITS@MINOR`?"""

import typer

from orderwright.cli.client import Json


def line(text: str, option: str) -> Json:
    """As the API has it. Leaves with a word about `option` where it is written otherwise."""
    sku, _, rest = text.rpartition("=")
    counted, _, price = rest.partition("@")
    units, _, unit = counted.partition(":")
    try:
        found: Json = {"sku": sku, "quantity": int(units)}
        return found | ({"unit": unit} if unit else {}) | ({"unit_price": int(price)} if price else {})
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not SKU=UNITS", param_hint=option) from None
