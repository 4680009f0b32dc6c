"""`orderwright …`: which command is which."""

import sys
from typing import NoReturn

import typer

from orderwright.cli import stack
from orderwright.cli.aftersale import changes
from orderwright.cli.aftersale.appeasements import appeasements
from orderwright.cli.aftersale.cases import cases
from orderwright.cli.aftersale.claims import claims
from orderwright.cli.aftersale.notifications import notifications
from orderwright.cli.aftersale.returns import returns
from orderwright.cli.aftersale.vendors import vendors
from orderwright.cli.books import books
from orderwright.cli.demo import demo
from orderwright.cli.doctor import doctor
from orderwright.cli.fulfillment import fulfillment
from orderwright.cli.imports import imports
from orderwright.cli.locations import locations
from orderwright.cli.money.balances import credit, gift_cards
from orderwright.cli.money.disputes import disputes
from orderwright.cli.money.documents import documents
from orderwright.cli.money.promotions import promotions
from orderwright.cli.money.rates import money
from orderwright.cli.money.receivables import remittances
from orderwright.cli.money.saved import customers
from orderwright.cli.money.tariffs import fees, quote, tax
from orderwright.cli.money.transfers import transfers
from orderwright.cli.orders import orders
from orderwright.cli.record import keys, migrate
from orderwright.cli.sourcing import sourcing
from orderwright.cli.stock.availability import availability
from orderwright.cli.stock.levels import stock
from orderwright.cli.tasks import tasks
from orderwright.runtime.leave import leave

app = typer.Typer(
    name="orderwright",
    help="An order management system in which every order is a durable workflow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # its frames would show settings
)
app.command()(stack.up)
app.command()(stack.down)
app.command()(stack.status)
app.command()(stack.logs)
app.command()(stack.env)
app.command()(doctor)

app.command()(demo)
app.command()(migrate)
app.add_typer(keys, name="keys")
for command in changes.COMMANDS:
    orders.command()(command)
app.add_typer(orders, name="orders")
app.add_typer(tasks, name="tasks")
app.add_typer(cases, name="cases")
app.add_typer(claims, name="claims")
app.add_typer(appeasements, name="appeasements")
app.add_typer(fulfillment, name="fulfillment")
returns.add_typer(vendors, name="vendors")
app.add_typer(returns, name="returns")
app.add_typer(stock, name="stock")
app.command()(availability)
app.add_typer(locations, name="locations")
app.add_typer(gift_cards, name="gift-cards")
app.add_typer(credit, name="credit")
app.add_typer(customers, name="customers")
app.add_typer(transfers, name="transfers")
app.add_typer(disputes, name="disputes")
app.add_typer(remittances, name="remittances")
app.add_typer(sourcing, name="sourcing")
app.command()(quote)
app.add_typer(promotions, name="promotions")
app.add_typer(tax, name="tax")
app.add_typer(fees, name="fees")
app.add_typer(money, name="money")
app.add_typer(imports, name="import")
app.add_typer(documents, name="documents")
app.add_typer(notifications, name="notifications")
app.add_typer(books, name="books")


def main() -> NoReturn:
    """Run one command and end the process with its exit code."""
    code = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - reported as Python would, then left in order
        sys.excepthook(*sys.exc_info())
        code = 1
    leave(code)


if __name__ == "__main__":
    main()
