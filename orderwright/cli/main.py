"""`orderwright …`: which command is which."""

import importlib
import sys
from typing import NoReturn

import typer

from orderwright.cli import stack
from orderwright.cli.doctor import doctor
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

# Commands by name, module and the name in that module. Heavy imports belong inside the commands.
_COMMANDS = (
    ("demo", "demo", "demo"),
    ("migrate", "record", "migrate"),
    ("keys", "record", "keys"),
    ("orders", "orders", "orders"),
    ("tasks", "tasks", "tasks"),
    ("stock", "stock", "stock"),
    ("import", "imports", "imports"),
    ("books", "books", "books"),
)


def _register() -> None:
    """Add what is there. To be replaced by plain imports once every module has landed."""
    for command, module_name, attribute in _COMMANDS:
        path = f"orderwright.cli.{module_name}"
        try:
            module = importlib.import_module(path)
        except ModuleNotFoundError as missing:
            if missing.name != path:
                raise
            continue
        found = getattr(module, attribute, None) or getattr(module, "app", None)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=command)
        elif callable(found):
            app.command(command)(found)


_register()


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
